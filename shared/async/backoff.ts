/**
 * How long to wait before trying again.
 * @module
 */

/**
 * Milliseconds to wait after `failures` in a row (from 1): `firstMs`, doubled with each further failure, at most
 * `longestMs`.
 *
 * @param failures in a row, from 1
 * @param times the first wait and the longest, in ms
 * @returns ms
 */
export function backoffMs(
  failures: number,
  { firstMs, longestMs = Infinity }: { firstMs: number; longestMs?: number },
): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1));
}
