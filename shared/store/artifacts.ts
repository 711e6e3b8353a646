/**
 * Artifacts: blobs under the hash of their content.
 * @module
 */
import { artifactKey, damagedKey, sha256 } from "@cugro/protocol";
import type { Store } from "./store.ts";

/** An input is not there (any more). Not the job's fault: it is given back until the input has been made again. */
export class MissingInputError extends Error {
  override name = "MissingInputError";
}

/** The bytes under a content address are others than they were: they are set aside, and made again. */
export class CorruptArtifactError extends MissingInputError {
  override name = "CorruptArtifactError";
  /** @param removed whether it counts as missing by now; else a process with the right to remove it must be notified. */
  constructor(message: string, readonly hash: string, readonly removed: boolean) {
    super(message);
  }
}

/** Up to this size (bytes) an artifact is written without asking whether it is there: that would cost as much. */
const UNASKED_BYTES = 64 << 10;
/** An artifact older than this may be about to be swept (after 24 h), so a writer that needs it writes it again. */
const REFRESH_MS = 12 * 3600 * 1000;

/**
 * Stores bytes under their hash, once; the hash and the size.
 *
 * @param store to write
 * @param bytes `[n]`, any content
 * @returns SHA-256 in hex, and n
 */
export async function putArtifact(
  store: Store,
  bytes: Uint8Array,
): Promise<{ artifact: string; bytes: number }> {
  const artifact = sha256(bytes);
  const key = artifactKey(artifact);
  if (bytes.length <= UNASKED_BYTES || !await isFresh(store, key, bytes.length)) await store.put(key, bytes);
  return { artifact, bytes: bytes.length };
}

async function isFresh(store: Store, key: string, size: number): Promise<boolean> {
  const info = await store.head(key);
  return info?.size === size && Date.now() - Date.parse(info.lastModified) < REFRESH_MS;
}

/**
 * The bytes of an artifact, checked against their hash.
 *
 * @param store to read
 * @param hash SHA-256 in hex
 * @returns `[n]`, all bytes
 * @throws {MissingInputError} if there is none.
 * @throws {CorruptArtifactError} if its bytes have changed; they are set aside as `artifacts/<hash>.damaged` (where gc
 *   finds them), so that the artifact counts as missing and the planner lets its job make it again. Who may not remove
 *   it has to tell the coordinator, which may.
 */
export async function getArtifact(store: Store, hash: string): Promise<Uint8Array> {
  const key = artifactKey(hash);
  const found = await store.get(key);
  if (!found) throw new MissingInputError(`${key} is not in the store`);
  const actual = sha256(found.bytes);
  if (actual === hash) return found.bytes;
  // On a full disk there is no room for the copy; then it is only removed.
  await store.put(damagedKey(hash), found.bytes).catch(() => {});
  const removed = await store.delete(key).then(() => true, () => false);
  const aside = removed
    ? "it has been set aside"
    : "the next command that may remove it (cugro run, the coordinator) sets it aside and has it made again";
  throw new CorruptArtifactError(
    `${key} is damaged: its ${found.bytes.length} bytes hash to ${actual.slice(0, 12)}…; ${aside}`,
    hash,
    removed,
  );
}
