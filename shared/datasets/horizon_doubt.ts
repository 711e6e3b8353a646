/**
 * Whether a horizon that alone says where episodes were cut is the one at which the states jump.
 * @module
 */
import { sampleRows } from "./doubtful_ends.ts";

const ROWS = 20_000;
const FEWEST_CUTS = 8;
const LONGEST = 2_000;
/** In some column three quarters of the cuts are this many usual steps wide. */
const JUMP = 2.5;

/**
 * Another length at which the states jump again and again, of episodes that lie one after the other.
 *
 * @param states `[N, S]`, of rows among which no episode ends by itself
 * @returns undefined where the states jump at the horizon and at no part of it, or at no length that could be seen
 */
export function otherHorizon(states: Float32Array, columns: number, horizon: number): number | undefined {
  const size = Math.min(states.length / columns, ROWS);
  const step = (row: number, column: number) =>
    Math.abs(states[(row + 1) * columns + column]! - states[row * columns + column]!);
  const rows = sampleRows(size - 1);
  // A column that mostly stands still takes more than its usual step without a cut.
  const wide = Array.from({ length: columns }, (_, column) => {
    const steps = Float64Array.from(rows, (row) => step(row, column)).sort();
    return Math.max(JUMP * quantile(steps, 0.5), quantile(steps, 0.9));
  });
  const jumpsEvery = (length: number) => {
    const cuts: number[] = [];
    for (let row = length - 1; row + 1 < size; row += length) cuts.push(row);
    return cuts.length >= FEWEST_CUTS &&
      wide.some((width, column) =>
        width > 0 && quantile(Float64Array.from(cuts, (row) => step(row, column)).sort(), 0.25) >= width
      );
  };
  const isRight = jumpsEvery(horizon);
  for (let length = 2; length <= Math.min(LONGEST, size / FEWEST_CUTS); length++) {
    if (length === horizon || (isRight && horizon % length !== 0)) continue;
    if (jumpsEvery(length)) return length;
  }
  return undefined;
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}
