/**
 * The two checksums of HDF5: of its newer structures (Jenkins' lookup3) and of chunks (Fletcher-32).
 * @module
 */
import {
  bytesIn,
  type Cursor,
  cursorAt,
  DAMAGED,
  expectSignature,
  type FileBytes,
  spend,
  StorageFault,
  uint,
} from "./bytes.ts";

const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));

/**
 * Bob Jenkins' `hashlittle` of May 2006 with an initial value of 0.
 *
 * @param bytes a block without its checksum
 * @returns 32 bits, unsigned
 */
export function lookup3(bytes: Uint8Array): number {
  let left = bytes.length;
  let a = (0xdeadbeef + left) | 0;
  let b = a;
  let c = a;
  let at = 0;
  const word = (from: number) =>
    (bytes[from] ?? 0) | ((bytes[from + 1] ?? 0) << 8) | ((bytes[from + 2] ?? 0) << 16) |
    ((bytes[from + 3] ?? 0) << 24);
  for (; left > 12; left -= 12, at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = (a - c) ^ rotate(c, 4), c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6), a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8), b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16), c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19), a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4), b = (b + a) | 0;
  }
  if (left === 0) return c >>> 0;
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

/**
 * A block that begins with a signature and version 0, and ends with its checksum; the cursor stands behind the version and
 * ends before the checksum.
 *
 * @param at address of the block
 * @param size of the block, its checksum included
 * @param signature four letters
 * @returns a cursor behind the version, which ends before the checksum
 * @throws {StorageFault} where the checksum does not fit
 */
export function checkedBlock(
  file: FileBytes,
  at: number | undefined,
  size: number,
  signature: string,
): Cursor {
  const cursor = cursorAt(file, at, size);
  expectSignature(cursor, signature);
  checkBlock(file, at!, size);
  if (uint(cursor, 1) !== 0) throw new StorageFault(DAMAGED);
  cursor.end -= 4;
  return cursor;
}

/**
 * Checks a block against its last four bytes.
 *
 * @param at address of the block
 * @param size in bytes, the checksum included
 * @throws {StorageFault} where the last four bytes of a block are not its checksum
 */
export function checkBlock(file: FileBytes, at: number, size: number): void {
  cursorAt(file, at, size);
  spend(file, size);
  if (size < 4) throw new StorageFault(DAMAGED);
  const bytes = bytesIn(file, at, at + size);
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(size - 4, true);
  if (lookup3(bytes.subarray(0, -4)) !== stored) throw new StorageFault(DAMAGED);
}

/**
 * Fletcher's checksum of 16-bit words, the first byte of each the higher one, as HDF5 computes it.
 *
 * @param bytes an odd last one counts as the higher half of a word
 * @returns 32 bits, unsigned
 */
export function fletcher32(bytes: Uint8Array): number {
  let low = 0;
  let high = 0;
  const even = bytes.length & ~1;
  for (let at = 0; at < even;) {
    // So few words that the sums stay whole numbers of 32 bits.
    for (const end = Math.min(even, at + 720); at < end; at += 2) {
      low += (bytes[at]! << 8) | bytes[at + 1]!;
      high += low;
    }
    low = (low & 0xffff) + (low >>> 16);
    high = (high & 0xffff) + (high >>> 16);
  }
  if (even < bytes.length) {
    low += bytes[even]! << 8;
    high += low;
    low = (low & 0xffff) + (low >>> 16);
    high = (high & 0xffff) + (high >>> 16);
  }
  low = (low & 0xffff) + (low >>> 16);
  high = (high & 0xffff) + (high >>> 16);
  return ((high << 16) | low) >>> 0;
}
