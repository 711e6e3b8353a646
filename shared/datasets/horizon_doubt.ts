/**
 * Whether a horizon that alone says where episodes were cut is the one at which the states jump.
 * @module
 */
import type { Rows } from "./blocks/block_rows.ts";
import { sampleRows } from "./doubtful_ends.ts";

const ROWS = 20_000;
const FEWEST_CUTS = 8;
const LONGEST = 2_000;
/** In some column three quarters of the cuts are this many usual steps wide. */
const JUMP = 2.5;

/**
 * Another length at which the states jump again and again, of episodes that lie one after the other.
 *
 * @param rows states among which no episode ends by itself
 * @returns undefined where the states jump at the horizon and at no part of it, or at no length that could be seen
 */
export function otherHorizon(rows: Rows, horizon: number): number | undefined {
  const { columns } = rows;
  const size = Math.min(rows.size, ROWS);
  const states = rows.read(0, Math.min(rows.size, size + 1));
  const all = Array.from({ length: columns }, (_, column) => stepsOf(states, columns, column, size));
  const own = multiplesOf(horizon, size);
  const jumpsEvery = (length: number) => {
    const cuts = multiplesOf(length, size);
    const others = own.filter((row) => (row + 1) % length !== 0);
    return cuts.length >= FEWEST_CUTS &&
      all.some((column) => column.jumpsAt(cuts) && column.isCalmAt(others));
  };
  const isRight = jumpsEvery(horizon);
  for (let length = 2; length <= Math.min(LONGEST, size / FEWEST_CUTS); length++) {
    if (length === horizon || (isRight && horizon % length !== 0)) continue;
    if (jumpsEvery(length)) return length;
  }
  return undefined;
}

/** Last rows of stretches of this length that have a row after them. */
function multiplesOf(length: number, size: number): number[] {
  const cuts: number[] = [];
  for (let row = length - 1; row + 1 < size; row += length) cuts.push(row);
  return cuts;
}

interface ColumnSteps {
  jumpsAt(rows: readonly number[]): boolean;
  isCalmAt(rows: readonly number[]): boolean;
}

/** How far one column of the states moves between rows. */
function stepsOf(states: Float32Array, columns: number, column: number, size: number): ColumnSteps {
  const sorted = (rows: readonly number[]) =>
    Float64Array.from(
      rows,
      (row) => Math.abs(states[(row + 1) * columns + column]! - states[row * columns + column]!),
    ).sort();
  const steps = sorted(sampleRows(size - 1));
  const usual = quantile(steps, 0.5);
  // A column that mostly stands still takes more than its usual step without a cut.
  const wide = Math.max(JUMP * usual, quantile(steps, 0.9));
  return {
    jumpsAt: (rows) => wide > 0 && quantile(sorted(rows), 0.25) >= wide,
    isCalmAt: (rows) => quantile(sorted(rows), 0.5) <= 1.5 * usual,
  };
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}
