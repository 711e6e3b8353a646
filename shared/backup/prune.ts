/**
 * Snapshots that are no longer wanted, and the contents that only they had.
 * @module
 */
import { contentKey, snapshotKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { listContents } from "./contents.ts";
import { listSnapshots, readSnapshot } from "./snapshot.ts";

/** The removed objects. */
export interface Pruned {
  snapshots: string[];
  contents: number;
  bytes: number;
  kept: number;
}

/**
 * Removes all but the newest snapshots, then the contents that none of those has. Not while a backup is being made there:
 * that one would notice, and fail.
 *
 * @param keep how many, at least 1.
 * @returns what was removed, with its size in bytes
 * @throws {BackupError} if a snapshot that stays cannot be read, since what it has could not be told from what may
 *   go.
 * @throws {RangeError} if `keep` is below 1
 */
export async function prune(backup: Store, keep: number): Promise<Pruned> {
  if (!(Number.isInteger(keep) && keep >= 1)) {
    throw new RangeError(`At least 1 snapshot is kept: current value is ${keep}`);
  }
  const names = await listSnapshots(backup);
  const kept = names.slice(-keep);
  const wanted = new Set<string>();
  for (const name of kept) {
    const { objects, tokens } = await readSnapshot(backup, name);
    for (const { sha256 } of objects) wanted.add(sha256);
    if (tokens) wanted.add(tokens.sha256);
  }
  const snapshots = names.slice(0, -keep);
  // Snapshots before contents: none must promise what is gone.
  for (const name of snapshots) await backup.delete(snapshotKey(name));
  let [contents, bytes] = [0, 0];
  for (const [hash, size] of await listContents(backup)) {
    if (wanted.has(hash)) continue;
    await backup.delete(contentKey(hash));
    contents++;
    bytes += size;
  }
  return { snapshots, contents, bytes, kept: kept.length };
}
