/**
 * The one judgement of a file: what `validate` says, an import does.
 * @module
 */
import {
  DatasetError,
  type Judged,
  type JudgedRows,
  type Notice,
  type OpenDataset,
  type RangeOptions,
  readIsolated,
  readIsolatedFile,
  type ReadOptions,
} from "@cugro/datasets";
import type { EnvironmentRef } from "@cugro/protocol";
import { findEnvironment, noticeOfEnvironment } from "./environment_of.ts";

/** A dataset with its notices, and the simulator's task it belongs to, if there is one. */
export interface JudgedFile extends Judged {
  environment: EnvironmentRef | null;
}

/** The same of a dataset that is read by ranges until it is closed. */
export interface OpenFile extends OpenDataset {
  environment: EnvironmentRef | null;
}

/** Which environments may be run that a file names. */
export type Trust = "registered" | "any";

/** Files of more bytes are read by ranges, whatever they unpack to. */
export const READ_WHOLE_BYTES = 2 * 2 ** 20;

/**
 * Reads a file in a thread of its own, and judges all of it.
 *
 * @param bytes `[n]`, the whole file; it is handed over, and empty afterwards
 * @param trust whether any environment may be run that the file names. @default "registered"
 * @param options how to read it
 * @returns dataset, notices, and the simulator's task
 * @throws {DatasetError} naming file, field, row and value
 *
 * @example
 * ```ts
 * import { judgeFile } from "@cugro/judging";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = Array.from({ length: 100 }, (_, i) => `${i % 10},${Math.sin(i)},1,${i % 10 === 9 ? 1 : 0}`);
 * const map = { states: ["state"], actions: ["action"], rewards: ["reward"], terminals: ["terminal"] };
 * const judged = await judgeFile(new TextEncoder().encode(["state,action,reward,terminal", ...rows].join("\n")), "task.csv", { map });
 * assertEquals([judged.dataset.size, judged.environment], [100, null]);
 * ```
 */
export async function judgeFile(
  bytes: Uint8Array,
  file: string,
  options: ReadOptions = {},
  trust: Trust = "registered",
): Promise<JudgedFile> {
  const judged = await readIsolated(bytes, file, options);
  return { ...judged, ...environmentOf(judged, file, options, trust) };
}

/**
 * Reads a file on disk by ranges, in a thread of its own, and judges all of it.
 *
 * @param path of a file that nobody changes meanwhile
 * @param options how to read it
 * @returns dataset by rows, notices, and the simulator's task; close it
 * @throws {DatasetError} naming file, field, row and value
 */
export async function judgeFileAt(
  path: string,
  file: string,
  options: ReadOptions = {},
  { trust = "registered", ...ranges }: RangeOptions & { trust?: Trust } = {},
): Promise<OpenFile> {
  const judged = await readIsolatedFile(path, file, options, ranges);
  try {
    return { ...judged, ...environmentOf(judged, file, options, trust) };
  } catch (error) {
    judged.close();
    throw error;
  }
}

/** The environment it can be run in; and its notices, with that of an environment that is not run. */
function environmentOf(
  { dataset, notices }: Judged | JudgedRows,
  file: string,
  options: ReadOptions,
  trust: Trust,
): { environment: EnvironmentRef | null; notices: Notice[] } {
  const environment = findEnvironment(dataset, file);
  const notice = trust === "any" ? undefined : noticeOfEnvironment(environment);
  if (!notice) return { environment, notices };
  if (options.strict) {
    throw new DatasetError({ file, field: notice.field! }, `${notice.message}; ${notice.advice}`);
  }
  return { environment: null, notices: [...notices, notice] };
}
