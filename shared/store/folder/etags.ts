/**
 * Etags of files. A small file's is the hash of its content. A larger one's is its size, time of change and inode, and
 * a hash of pieces of it: listing must not read gigabytes, and times alone do not tell a file from one that was written
 * over it with the same size and its time kept, as tools that copy times do.
 * @module
 */
import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** Objects up to this size (bytes) have their content's hash as etag. */
export const HASHED_BYTES = 4 << 20;

/** How many pieces of a large file are read, the first and the last among them; bytes of each. */
const PIECES = 64;
const PIECE_BYTES = 4096;
/** Hexadecimal digits of the pieces' hash. */
const DIGITS = 16;

/**
 * What changes whenever a file is written, moved or touched: as long as it is the same, what was read holds.
 *
 * @param stats of the file
 * @returns size, times and inode, as text
 */
export function changeMark(stats: Stats): string {
  return `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino}`;
}

/**
 * Etag of a file of more than {@link HASHED_BYTES}; neither link nor rename changes it.
 *
 * @param stats of the same file
 * @returns size, time, inode and a hash of {@link PIECES} pieces of it
 */
export async function largeEtag(path: string, stats: Stats): Promise<string> {
  const file = await open(path, "r");
  try {
    return await largeEtagOf(file, stats);
  } finally {
    await file.close();
  }
}

/**
 * The same as {@link largeEtag}, of an open file.
 *
 * @param file open for reading
 * @returns size, time, inode and a hash of {@link PIECES} pieces of it
 */
export async function largeEtagOf(file: FileHandle, { size, mtimeMs, ino }: Stats): Promise<string> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE_BYTES);
  for (let n = 0; n < PIECES; n++) {
    const at = Math.floor((size - PIECE_BYTES) * n / (PIECES - 1));
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at);
    hash.update(piece.subarray(0, bytesRead));
  }
  return `${size}-${Math.round(mtimeMs)}-${ino}-${hash.digest("hex").slice(0, DIGITS)}`;
}

/**
 * Whether a fact speaks of an object: by its etag, or by the one that earlier software gave a large file in a folder,
 * which lacks the pieces.
 *
 * @param object with its etag of today
 * @param written the etag in a fact
 * @returns whether both are of the same content
 */
export function isEtagOf(object: { etag: string }, written: string): boolean {
  return object.etag === written || /^\d+-\d+-\d+$/.test(written) && object.etag.startsWith(`${written}-`);
}
