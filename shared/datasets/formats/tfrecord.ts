/**
 * Tells TFRecord files, in which RLDS keeps its episodes: a length, and a checksum of it.
 * @module
 */

const POLYNOMIAL = 0x82f63b78;
const MASK = 0xa282ead8;

/**
 * Whether the bytes begin as a TFRecord does.
 *
 * @param bytes the first bytes of the file
 * @param fileBytes of the whole file
 * @returns by length and checksum of the first record
 */
export function isTfRecord(bytes: Uint8Array, fileBytes: number): boolean {
  if (bytes.length < 16) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const isShort = view.getBigUint64(0, true) <= BigInt(fileBytes);
  return isShort && view.getUint32(8, true) === masked(castagnoli(bytes.subarray(0, 8)));
}

/** CRC-32C. */
function castagnoli(bytes: Uint8Array): number {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  }
  return ~sum >>> 0;
}

function masked(sum: number): number {
  return (((sum >>> 15) | (sum << 17)) + MASK) >>> 0;
}
