/**
 * The one judgement of a file: what `validate` says, an import does.
 * @module
 */
import { DatasetError, type Judged, readIsolated, type ReadOptions } from "@cugro/datasets";
import type { EnvironmentRef } from "@cugro/protocol";
import { findEnvironment, noticeOfEnvironment } from "./environment_of.ts";

/** A dataset with its notices, and the simulator's task it belongs to, if there is one. */
export interface JudgedFile extends Judged {
  environment: EnvironmentRef | null;
}

/**
 * Reads a file in a thread of its own, and judges all of it.
 *
 * @param bytes the whole file; it is handed over, and empty afterwards
 * @param trust whether any environment may be run that the file names. @default "registered"
 * @throws {DatasetError} naming file, field, row and value
 */
export async function judgeFile(
  bytes: Uint8Array,
  file: string,
  options: ReadOptions = {},
  trust: "registered" | "any" = "registered",
): Promise<JudgedFile> {
  const judged = await readIsolated(bytes, file, options);
  const environment = findEnvironment(judged.dataset, file);
  const notice = trust === "any" ? undefined : noticeOfEnvironment(environment);
  if (!notice) return { ...judged, environment };
  if (options.strict) {
    throw new DatasetError({ file, field: notice.field! }, `${notice.message}; ${notice.advice}`);
  }
  return { ...judged, notices: [...judged.notices, notice], environment: null };
}
