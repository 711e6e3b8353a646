/**
 * Reading objects that are files: bytes, size, time, etag. What takes microseconds is done at once: an asynchronous
 * call costs several times as much as looking at a file or reading a small one, and a job makes dozens of them.
 * @module
 */
import { existsSync, readFileSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { sha256 } from "@cugro/protocol";
import { HASHED_BYTES, largeEtag, largeEtagOf } from "./etags.ts";
import type { ObjectInfo } from "../store.ts";

/** Files up to this size (bytes) are read, and written, without waiting for another thread. */
export const SMALL_BYTES = 64 << 10;

/**
 * An object of a folder store.
 *
 * @param path of its file
 * @param range from byte, to byte (exclusive); cut to the object's size
 * @returns undefined if the path is a folder
 * @throws {Error} ENOENT and the like, as the file system does
 */
export async function readObject(
  key: string,
  path: string,
  range?: [number, number],
): Promise<{ bytes: Uint8Array; info: ObjectInfo } | undefined> {
  const seen = statSync(path);
  if (!seen.isFile()) return undefined;
  if (seen.size <= SMALL_BYTES) return readSmall(key, path, seen, range);
  const file = await open(path, "r");
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    const start = Math.min(range?.[0] ?? 0, stats.size);
    const bytes = await readFrom(file, start, Math.min(range?.[1] ?? stats.size, stats.size) - start);
    const whole = bytes.length === stats.size;
    if (stats.size > HASHED_BYTES) return { bytes, info: toInfo(key, stats, await largeEtagOf(file, stats)) };
    const content = whole ? bytes : await readFrom(file, 0, stats.size);
    return { bytes, info: toInfo(key, stats, sha256(content)) };
  } finally {
    await file.close();
  }
}

function readSmall(key: string, path: string, stats: Stats, range?: [number, number]) {
  const { buffer, byteOffset, length } = readFileSync(path);
  const content = new Uint8Array(buffer, byteOffset, length);
  // The file may have been replaced since it was looked at: what was read is what counts.
  const info = { ...toInfo(key, stats, sha256(content)), size: length };
  return { bytes: range ? content.slice(range[0], range[1]) : content, info };
}

/**
 * The first `length` bytes of a file.
 *
 * @param length in bytes
 * @returns fewer where the file is shorter
 */
export async function readStart(path: string, length: number): Promise<Uint8Array> {
  if (length <= SMALL_BYTES) return readFileSync(path).subarray(0, length);
  const file = await open(path, "r");
  try {
    return await readFrom(file, 0, length);
  } finally {
    await file.close();
  }
}

async function readFrom(file: FileHandle, start: number, length: number) {
  if (length <= 0) return new Uint8Array(0);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? bytes : bytes.slice(0, filled);
}

/**
 * Info of the object with this key.
 *
 * @param key the object's key
 * @param stats of its file
 * @param etag its etag, which is not made here
 * @returns size in bytes, time in ISO 8601
 */
export function toInfo(key: string, stats: Stats, etag: string): ObjectInfo {
  return { key, size: stats.size, etag, lastModified: new Date(stats.mtimeMs).toISOString() };
}

/**
 * Etag of a file that is not in place yet: neither link nor rename changes its inode or time.
 *
 * @param size in bytes: small files have the hash of their content
 * @param hash of the whole content, computed only where it is needed
 * @returns the etag that it will have in its place
 */
export async function etagOf(path: string, size: number, hash: () => string): Promise<string> {
  return size <= HASHED_BYTES ? hash() : await largeEtag(path, await stat(path));
}

/**
 * Whether an error of the file system means that there is no such object; where the store's folder is gone, nobody knows.
 *
 * @param error of the file system
 * @param root folder of the store
 * @returns false where the store's own folder is gone
 */
export function isAbsence(error: unknown, root: string): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") && existsSync(root);
}
