/**
 * The one judgement of a file: what `validate` says, an import does.
 * @module
 */
import { type Judged, readIsolated, type ReadOptions } from "@cugro/datasets";
import type { EnvironmentRef } from "@cugro/protocol";
import { findEnvironment } from "./environment_of.ts";

/** A dataset with its notices, and the simulator's task it belongs to, if there is one. */
export interface JudgedFile extends Judged {
  environment: EnvironmentRef | null;
}

/**
 * Reads a file in a thread of its own, and judges all of it.
 *
 * @param bytes the whole file; it is handed over, and empty afterwards
 * @throws {DatasetError} naming file, field, row and value
 */
export async function judgeFile(
  bytes: Uint8Array,
  file: string,
  options: ReadOptions = {},
): Promise<JudgedFile> {
  const judged = await readIsolated(bytes, file, options);
  return { ...judged, environment: findEnvironment(judged.dataset, file) };
}
