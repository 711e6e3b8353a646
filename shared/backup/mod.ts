/**
 * Backups of whole stores: made while others learn, kept by content, proved, restored.
 * @module
 */
export { backUp, type BackupDone, type BackupOptions, type BackupProgress } from "./back_up.ts";
export { checkSnapshot, type ReadProgress } from "./check_snapshot.ts";
export { prune, type Pruned } from "./prune.ts";
export { restore, type Restored, type RestoreOptions, type RestoreProgress } from "./restore.ts";
export {
  BackupError,
  type Entry,
  listSnapshots,
  type NamedSnapshot,
  openSnapshot,
  readSnapshot,
  type Snapshot,
} from "./snapshot.ts";
export { snapshotStore } from "./snapshot_store.ts";
export { readContent } from "./contents.ts";
