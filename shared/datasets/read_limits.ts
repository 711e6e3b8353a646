/**
 * How much one file may take: judged from its header, before anything is allocated.
 * @module
 */

const MEBIBYTE = 2 ** 20;

/**
 * Bytes that the fields of a file may have when they are unpacked: small files may hold some, large ones in proportion.
 *
 * @param fileBytes size of the file
 * @returns bytes
 */
export function unpackedLimit(fileBytes: number): number {
  return Math.min(32 * MEBIBYTE + 32 * fileBytes, Math.max(4096 * MEBIBYTE, 2 * fileBytes));
}
