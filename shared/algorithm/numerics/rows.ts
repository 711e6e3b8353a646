/**
 * Which rows of a task are used, and taking them.
 * @module
 */
import { createRng } from "./rng.ts";

/** Ten percent of the rows, chosen by `seed`, are held out of all training. Both parts are in rising order. */
export function heldOutRows(size: number, seed: number): { train: Int32Array; heldOut: Int32Array } {
  const order = createRng(seed, "heldOut").permutation(size);
  const count = Math.floor(size / 10);
  return { heldOut: order.slice(0, count).sort(), train: order.slice(count).sort() };
}

/** Rows `indices` of a matrix `[N, width]`. @returns `[indices.length, width]` */
export function takeRows(matrix: Float32Array, width: number, indices: Int32Array): Float32Array {
  const taken = new Float32Array(indices.length * width);
  indices.forEach((row, i) => taken.set(matrix.subarray(row * width, (row + 1) * width), i * width));
  return taken;
}
