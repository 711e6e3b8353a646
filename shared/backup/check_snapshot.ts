/**
 * The proof of a snapshot: that all of it is there, and is what it was.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { contentKey, PREFIXES } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import {
  BLOB_WIDTH,
  contentPieces,
  damagedContent,
  FACT_WIDTH,
  hashInName,
  hashOf,
  listContents,
  readContent,
} from "./contents.ts";
import { missingReferences } from "./references.ts";
import { BackupError, type Entry, type Snapshot, some } from "./snapshot.ts";
import { snapshotStore } from "./snapshot_store.ts";

const BLOBS = [PREFIXES.artifacts, PREFIXES.datasets, PREFIXES.incoming];

/**
 * Whether an object may be large; all others are facts and notes.
 *
 * @param entry of a snapshot
 * @returns by its key's prefix
 */
export function isBlob({ key }: Pick<Entry, "key">): boolean {
  return BLOBS.some((prefix) => key.startsWith(prefix));
}

/**
 * Checks everything about a snapshot but the bytes of its blobs: that each content is there with its size, that every fact
 * is what it was, and that whatever facts speak of and somebody needs is in the snapshot.
 *
 * @param from the backup, as a store
 * @throws {BackupError} naming the first key that is damaged or missing.
 */
export async function checkFacts(from: Store, snapshot: Snapshot): Promise<void> {
  const { objects, missing, tokens } = snapshot;
  const present = await listContents(from);
  const all = tokens ? [...objects, { key: "the file of tokens", ...tokens }] : objects;
  for (const entry of all) {
    const size = present.get(entry.sha256);
    if (size === entry.size) continue;
    throw damagedContent(
      entry,
      size === undefined ? "it is not there" : `it has ${size} of ${entry.size} bytes`,
    );
  }
  const contents = new Map<string, Uint8Array>();
  await mapConcurrently(objects.filter((entry) => !isBlob(entry)), FACT_WIDTH, async (entry) => {
    contents.set(entry.sha256, await readContent(from, entry));
  });
  for (const { key, sha256 } of objects) {
    if ((hashInName(key) ?? sha256) !== sha256) {
      throw new BackupError(`${key} is not what its name says: its content is ${contentKey(sha256)}`);
    }
  }
  const known = new Set(missing);
  const lost = (await missingReferences(snapshotStore(from, snapshot, contents))).filter((key) =>
    !known.has(key)
  );
  if (lost.length > 0) {
    throw new BackupError(`The snapshot is not whole: its facts need ${some(lost)}, which it does not have`);
  }
}

/** How far reading is. */
export interface ReadProgress {
  objects: number;
  of: number;
  bytes: number;
}

/**
 * Checks the whole snapshot, every byte of it.
 *
 * @param from the backup, as a store
 * @param onProgress called after each object
 * @returns how many objects and bytes have been read
 * @throws {BackupError} naming the first key that is damaged or missing
 */
export async function checkSnapshot(
  from: Store,
  snapshot: Snapshot,
  onProgress: (progress: ReadProgress) => void = () => {},
): Promise<ReadProgress> {
  await checkFacts(from, snapshot);
  const progress = { objects: 0, of: snapshot.objects.length, bytes: 0 };
  const seen = new Set<string>();
  await mapConcurrently(snapshot.objects, BLOB_WIDTH, async (entry) => {
    if (isBlob(entry) && !seen.has(entry.sha256)) {
      seen.add(entry.sha256);
      await hashOf(contentPieces(from, entry));
    }
    progress.objects++;
    progress.bytes += entry.size;
    onProgress({ ...progress });
  });
  return progress;
}
