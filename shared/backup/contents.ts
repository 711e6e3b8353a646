/**
 * Contents by hash: read from a store, kept in a backup, and checked whenever they are read from there.
 * @module
 */
import { createHash } from "node:crypto";
import { contentKey, parseKey, PREFIXES, sha256 } from "@cugro/protocol";
import { type ObjectInfo, readPieces, type Store, StoreError } from "@cugro/store";
import { BackupError, type Entry } from "./snapshot.ts";

/** Larger objects (bytes) are streamed. */
const STREAMED_BYTES = 8 << 20;
/** Objects on their way at a time: large ones, and facts. */
export const BLOB_WIDTH = 4;
/** Facts read or written at a time. */
export const FACT_WIDTH = 16;

/** Which contents a backup has: size by hash. */
export type Present = Map<string, number>;

/**
 * Looks which contents a backup has.
 *
 * @param backup the backup, as a store
 * @returns size in bytes by hash
 */
export async function listContents(backup: Store): Promise<Present> {
  const present: Present = new Map();
  for (const { key, size } of await backup.list(PREFIXES.contents)) {
    const parsed = parseKey(key);
    if (parsed?.kind === "content") present.set(parsed.hash, size);
  }
  return present;
}

/** The result of copying an object into a backup. */
export interface Kept {
  entry: Entry;
  /** Its bytes, of a small one that was read. */
  bytes?: Uint8Array;
  added: boolean;
}

/**
 * Copies an object into a backup, unless its content is there.
 *
 * @param info of the object as it was listed
 * @returns undefined if the object is gone, or is replaced again and again while it is read.
 */
export async function keep(
  { store, to, present }: { store: Store; to: Store; present: Present },
  info: ObjectInfo,
): Promise<Kept | undefined> {
  for (let found: ObjectInfo | undefined = info, attempt = 0; found && attempt < 3; attempt++) {
    const kept = found.size > STREAMED_BYTES
      ? await keepLarge({ store, to, present }, found)
      : await keepSmall({ store, to, present }, found.key);
    if (kept) return kept;
    found = await store.head(info.key);
  }
  return undefined;
}

async function keepSmall(
  { store, to, present }: { store: Store; to: Store; present: Present },
  key: string,
): Promise<Kept | undefined> {
  const found = await store.get(key);
  if (!found) return undefined;
  const { bytes, info: { etag } } = found;
  const entry = { key, size: bytes.length, sha256: sha256(bytes), etag };
  const added = present.get(entry.sha256) !== entry.size;
  if (added) await to.put(contentKey(entry.sha256), bytes);
  present.set(entry.sha256, entry.size);
  return { entry, bytes, added };
}

/** Read twice, since where it goes follows from all of it; not so what is named by its content. */
async function keepLarge(
  { store, to, present }: { store: Store; to: Store; present: Present },
  info: ObjectInfo,
): Promise<Kept | undefined> {
  const { key, size, etag } = info;
  const named = hashInName(key);
  try {
    if (named !== undefined && present.get(named) === size) {
      return { entry: { key, size, sha256: named, etag }, added: false };
    }
    const hash = await hashOf(readPieces(store, info));
    const entry = { key, size, sha256: hash, etag };
    const added = present.get(hash) !== size;
    if (added) await to.putStream(contentKey(hash), readPieces(store, info));
    present.set(hash, size);
    return { entry, added };
  } catch (error) {
    // Replaced or removed while it was read.
    const now = await store.head(key);
    if (error instanceof StoreError && now?.etag !== etag) return undefined;
    throw error;
  }
}

/**
 * The hash that a key promises of its bytes; undefined for most keys.
 *
 * @param key any key of a store
 * @returns SHA-256 as hexadecimal digits
 */
export function hashInName(key: string): string | undefined {
  const parsed = parseKey(key);
  return parsed?.kind === "artifact" ? parsed.hash : undefined;
}

/**
 * SHA-256 of pieces.
 *
 * @param pieces bytes, read to the end
 * @returns hexadecimal digits
 */
export async function hashOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/**
 * A content that is small enough for memory.
 *
 * @param backup the backup, as a store
 * @param entry its hash, and the key that it is wanted for
 * @returns the bytes, whose hash is the entry's
 * @throws {BackupError} naming the key if it is not what it should be
 */
export async function readContent(backup: Store, entry: Entry): Promise<Uint8Array> {
  const found = await backup.get(contentKey(entry.sha256));
  if (!found) throw damagedContent(entry, "it is not there");
  const actual = sha256(found.bytes);
  if (actual !== entry.sha256) throw damagedContent(entry, describeBytes(found.bytes.length, actual));
  return found.bytes;
}

/**
 * A content in pieces; at their end an error if they are not what they should be.
 *
 * @param backup the backup, as a store
 * @param entry its hash, and the key that it is wanted for
 * @yields bytes, which are proved only when the last has been read
 * @throws {BackupError} at the end, if they are not what they should be
 */
export async function* contentPieces(backup: Store, entry: Entry): AsyncGenerator<Uint8Array> {
  const info = await backup.head(contentKey(entry.sha256));
  if (!info) throw damagedContent(entry, "it is not there");
  const hash = createHash("sha256");
  for await (const piece of readPieces(backup, info)) {
    hash.update(piece);
    yield piece;
  }
  const actual = hash.digest("hex");
  if (actual !== entry.sha256) throw damagedContent(entry, describeBytes(info.size, actual));
}

/**
 * Writes a content under its key in a store.
 *
 * @param backup the backup, as a store
 * @param entry the object's key and its content's hash
 * @returns the object's etag there
 */
export async function putContent(
  backup: Store,
  store: Store,
  entry: Entry,
): Promise<{ etag: string }> {
  const once = { ifNoneMatch: true } as const;
  if (entry.size <= STREAMED_BYTES) return await store.put(entry.key, await readContent(backup, entry), once);
  return await store.putStream(entry.key, contentPieces(backup, entry), once);
}

/**
 * The backup cannot give back an object.
 *
 * @param why after a colon, without a full stop
 * @returns an error that names the key and says what to do
 */
export function damagedContent(
  { key, sha256: hash }: { key: string; sha256: string },
  why: string,
): BackupError {
  return new BackupError(
    `${key} cannot be restored: its content in the backup, ${contentKey(hash)}, is damaged: ${why}. ` +
      "Another snapshot may be whole (cugro backup list). If the store still has the object, remove that content and make the " +
      "backup again",
  );
}

function describeBytes(size: number, actual: string): string {
  return `its ${size} bytes hash to ${actual.slice(0, 12)}…`;
}
