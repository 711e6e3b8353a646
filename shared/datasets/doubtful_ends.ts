/**
 * Ends of episodes that the rows contradict, where there are no next states to tell: flags a row too early or too late,
 * cuts that nothing marks.
 * @module
 */
import { type Rows, takeRows, visitBlocks } from "./blocks/block_rows.ts";
import type { Ends } from "./episode_ends.ts";
import type { Fields } from "./fields.ts";
import type { Notice } from "./notice.ts";

/** How many times a usual step a jump is. */
const JUMP = 3;
const FEWEST = 3;

/**
 * Judges ends by the jumps of the states between rows, without next states.
 *
 * @param fields of the file
 * @param states `[N, S]`
 * @param ends flags, `[N]`
 * @param horizon whether a horizon alone says where episodes were cut
 * @returns notices where the states jump elsewhere
 */
export function judgeJumps(fields: Fields, states: Rows, ends: Ends, byHorizon: boolean): Notice[] {
  const shift = shiftOf(states, ends);
  const field = fields.found.timeouts?.name ?? "timeouts";
  if (shift !== 0) {
    const [where, off] = shift > 0 ? ["before", "early"] : ["after", "late"];
    return [{
      code: "episode-ends-shifted",
      field,
      message:
        `the states jump one row ${where === "before" ? "after" : "before"} the rows that ${field} marks: ` +
        `the ends look marked one row too ${off}`,
      advice: `write 1 at the last row of each episode, not at the row ${where} it` +
        (shift > 0 ? "; leave out reset steps of vector environments" : ""),
    }];
  }
  const unmarked = byHorizon || !ends.timeouts.subarray(0, -1).includes(1);
  const jumps = unmarked ? jumpsInside(states, ends) : 0;
  if (jumps === 0) return [];
  return [{
    code: "episode-ends-unknown",
    field: byHorizon ? "@horizon" : field,
    message: `the states jump at ${jumps} rows inside episodes, as if episodes were cut there` +
      (byHorizon ? ", and not after every horizon" : `, and ${field} marks none`),
    advice: byHorizon
      ? "put the attribute horizon right, or write timeouts (1 at the last row of each episode that was cut)"
      : "write 1 in timeouts at the last row of each episode that was cut",
  }];
}

/** 1: the states jump a row after the marked ends, -1: a row before, 0: at them, or nowhere that could be seen. */
function shiftOf(states: Rows, { timeouts }: Ends): number {
  const { size, columns } = states;
  let marked: number[] = [];
  for (let row = 2; row + 3 < size; row++) {
    if (timeouts[row] && !timeouts[row + 1] && !timeouts[row - 1]) marked.push(row);
  }
  if (marked.length < FEWEST) return 0;
  marked = atMost(marked, columns);
  const stepsAt = (rows: readonly number[]) => {
    const [from, to] = [takeRows(states, rows), takeRows(states, rows.map((row) => row + 1))];
    return (column: number) =>
      rows.map((_, i) => Math.abs(to[i * columns + column]! - from[i * columns + column]!));
  };
  const sampled = stepsAt(sampleRows(size - 1));
  const around = [-1, 0, 1].map((offset) => stepsAt(marked.map((row) => row + offset)));
  const votes = { early: 0, right: 0, late: 0 };
  for (let column = 0; column < columns; column++) {
    const usual = median(sampled(column));
    if (usual === 0) continue;
    const [before = 0, here = 0, after = 0] = around.map((steps) => median(steps(column)) / usual);
    if (here >= JUMP) votes.right++;
    else if (after >= JUMP && here < after / 2 && before < after / 2) votes.early++;
    else if (before >= JUMP && here < before / 2 && after < before / 2) votes.late++;
  }
  if (votes.right > 0 || votes.early === votes.late) return 0;
  return votes.early > votes.late ? 1 : -1;
}

/** Numbers of rows at ends that are held at once: of more ends, some that lie evenly among them stand for all. */
const MOST_NUMBERS = 2 ** 23;

/**
 * These rows, or as many of them as may be held at once.
 *
 * @param rows at ends of episodes
 * @param columns numbers in a row
 * @returns the same ones where they are few enough
 */
export function atMost(rows: number[], columns: number): number[] {
  const most = Math.max(1, Math.floor(MOST_NUMBERS / columns));
  if (rows.length <= most) return rows;
  return Array.from({ length: most }, (_, i) => rows[Math.floor(i * rows.length / most)]!);
}

/** Rows inside episodes at which the states jump, where jumps stand apart from usual steps; else 0. */
function jumpsInside(states: Rows, { terminals, timeouts }: Ends): number {
  const { size, columns } = states;
  const spread = spreadsOf(states);
  const all = new Float64Array(size);
  let count = 0;
  visitBlocks(states, (from, to) => {
    const block = states.read(from, Math.min(size, to + 1));
    for (let row = from; row < to && row + 1 < size; row++) {
      if (terminals[row] || timeouts[row]) continue;
      all[count++] = distanceOf(block, row - from, block, row - from + 1, columns, spread);
    }
  });
  const steps = all.subarray(0, count).sort();
  const usual = steps[Math.floor(count / 2)] ?? 0;
  const between = (least: number, most: number) =>
    steps.reduce((sum, step) => step >= least * usual && step < most * usual ? sum + 1 : sum, 0);
  const jumps = between(JUMP, Infinity);
  const few = jumps >= FEWEST && jumps < steps.length / 8;
  return usual > 0 && few && between(2, 2.6) <= 0.5 * jumps ? jumps : 0;
}

const SAMPLES = 2048;

/**
 * Rows spread evenly over the dataset, at most {@link SAMPLES}.
 *
 * @param size rows in all
 * @returns rising
 */
export function sampleRows(size: number): number[] {
  const count = Math.min(size, SAMPLES);
  return Array.from({ length: count }, (_, i) => Math.floor(i * size / count));
}

/**
 * Standard deviation of each column.
 *
 * @param states `[N, S]`
 * @returns `[S]`
 */
export function spreadsOf(states: Rows): Float64Array {
  const { size, columns } = states;
  const shift = states.read(0, 1).slice();
  const sums = new Float64Array(columns), squares = new Float64Array(columns);
  visitBlocks(states, (from, to) => {
    const block = states.read(from, to);
    for (let i = 0; i < block.length;) {
      for (let column = 0; column < columns; column++, i++) {
        const value = block[i]! - shift[column]!;
        sums[column]! += value;
        squares[column]! += value * value;
      }
    }
  });
  return sums.map((sum, column) => Math.sqrt(Math.max(0, squares[column]! / size - (sum / size) ** 2)));
}

/**
 * Mean absolute difference of a row of `a` and one of `b` in units of each column's spread.
 *
 * @param a `[rows, columns]`
 * @param i row of `a`
 * @param b `[rows, columns]`
 * @param j row of `b`
 * @param columns how many
 * @param spread `[columns]`; columns of 0 do not count
 * @returns 0 or more
 */
export function distanceOf(
  a: Float32Array,
  i: number,
  b: Float32Array,
  j: number,
  columns: number,
  spread: Float64Array,
): number {
  let sum = 0;
  for (let column = 0; column < columns; column++) {
    if (spread[column] === 0) continue;
    sum += Math.abs(a[i * columns + column]! - b[j * columns + column]!) / spread[column]!;
  }
  return sum / columns;
}

/**
 * The middle of the values; 0 of none.
 *
 * @param values not changed
 * @returns of an even number the upper one of the middle
 */
export function median(values: readonly number[]): number {
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? 0;
}
