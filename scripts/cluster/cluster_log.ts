/**
 * Where a cluster keeps what its processes log, for `cugro logs`.
 * @module
 */
import { join } from "node:path";

/** Folder of a cluster unless a command names another. */
export const DEFAULT_FOLDER = ".cugro-cluster";

/** The file that is written; beside it is the one before. */
export function logOfCluster(folder: string): string {
  return join(folder, "logs", "cluster.jsonl");
}
