/**
 * Choosing and taking the rows of a task.
 * @module
 */
import { createRng } from "./rng.ts";

/** The least number of runs, however few rows are wanted, and the most rows of one. */
const LEAST_RUNS = 256;
const LONGEST_RUN = 4_096;

/**
 * Ten percent of the rows, chosen by `seed`, are held out of all training. Both parts are in rising order.
 *
 * @param size N
 * @param seed decides which
 * @returns row numbers, rising, N together
 */
export function heldOutRows(size: number, seed: number): { train: Int32Array; heldOut: Int32Array } {
  return splitRows(countRows(size), size, seed);
}

/**
 * The same split of a task's `size` rows, of which only `rows` are wanted (rising).
 *
 * @param rows `[n]`, rising
 * @param size N
 * @param seed decides which
 * @returns row numbers, rising, n together
 */
export function splitRows(
  rows: Int32Array,
  size: number,
  seed: number,
): { train: Int32Array; heldOut: Int32Array } {
  const flags = heldOutFlags(size, seed);
  return { heldOut: rows.filter((row) => flags[row]), train: rows.filter((row) => !flags[row]) };
}

/**
 * 1 at the rows that are held out by {@linkcode heldOutRows}, `[size]`.
 *
 * @param size N
 * @param seed decides which
 * @returns `[N]`, 0 or 1
 */
export function heldOutFlags(size: number, seed: number): Uint8Array {
  const flags = new Uint8Array(size);
  const count = Math.floor(size / 10);
  const order = createRng(seed, "heldOut").permutation(size);
  for (let i = 0; i < count; i++) flags[order[i]!] = 1;
  return flags;
}

/**
 * The rows of a task that its trainings read, rising: all, or `limit` of them, the same for the same size, limit and seed.
 *
 * The task, taken as a ring that begins anywhere, is cut into equal parts, and each part gives one run of consecutive
 * rows that begins anywhere in it and goes round within it. So every row is as likely to be read as any other, every
 * stage of the recording is represented in proportion, and reads are contiguous.
 *
 * @param size N
 * @param limit the most rows
 * @param seed decides which
 * @returns row numbers, rising
 */
export function trainingRows(size: number, limit: number, seed: number): Int32Array {
  if (size <= limit) return countRows(size);
  const rng = createRng(seed, "trainingRows");
  const origin = rng.integer(size);
  const parts = Math.min(limit, Math.max(LEAST_RUNS, Math.ceil(limit / LONGEST_RUN)));
  const rows = new Int32Array(limit);
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const [begin, end] = [shareOf(part, size, parts), shareOf(part + 1, size, parts)];
    const length = shareOf(end, limit, size) - shareOf(begin, limit, size);
    const start = rng.integer(end - begin);
    for (let i = 0; i < length; i++) rows[at++] = (origin + begin + (start + i) % (end - begin)) % size;
  }
  return rows.sort();
}

/** floor(`part` * `whole` / `parts`), exact beyond 2^53. */
function shareOf(part: number, whole: number, parts: number): number {
  return Number(BigInt(part) * BigInt(whole) / BigInt(parts));
}

function countRows(size: number): Int32Array {
  const rows = new Int32Array(size);
  for (let row = 0; row < size; row++) rows[row] = row;
  return rows;
}

/**
 * Rows `indices` of a matrix `[N, width]`.
 *
 * @param matrix `[N, width]`
 * @param width numbers in a row
 * @param indices `[n]`, row numbers
 * @returns `[indices.length, width]`
 */
export function takeRows(matrix: Float32Array, width: number, indices: Int32Array): Float32Array {
  const taken = new Float32Array(indices.length * width);
  indices.forEach((row, i) => taken.set(matrix.subarray(row * width, (row + 1) * width), i * width));
  return taken;
}
