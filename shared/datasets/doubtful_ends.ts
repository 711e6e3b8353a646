/**
 * Ends of episodes that the rows contradict, where there are no next states to tell: flags a row too early or too late,
 * cuts that nothing marks.
 * @module
 */
import type { Ends } from "./episode_ends.ts";
import type { Fields } from "./fields.ts";
import type { Notice } from "./notice.ts";

/** How many times a usual step a jump is. */
const JUMP = 3;
const FEWEST = 3;

/**
 * Judges ends by the jumps of the states between rows, without next states.
 *
 * @param horizon whether a horizon alone says where episodes were cut
 */
export function judgeJumps(fields: Fields, states: Float32Array, ends: Ends, byHorizon: boolean): Notice[] {
  const columns = states.length / fields.size;
  const shift = shiftOf(states, ends, columns);
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
  const jumps = unmarked ? jumpsInside(states, ends, columns) : 0;
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
function shiftOf(states: Float32Array, { timeouts }: Ends, columns: number): number {
  const size = timeouts.length;
  const marked: number[] = [];
  for (let row = 2; row + 3 < size; row++) {
    if (timeouts[row] && !timeouts[row + 1] && !timeouts[row - 1]) marked.push(row);
  }
  if (marked.length < FEWEST) return 0;
  const votes = { early: 0, right: 0, late: 0 };
  for (let column = 0; column < columns; column++) {
    const step = (row: number) =>
      Math.abs(states[(row + 1) * columns + column]! - states[row * columns + column]!);
    const usual = median(sampleRows(size - 1).map(step));
    if (usual === 0) continue;
    const at = (offset: number) => median(marked.map((row) => step(row + offset))) / usual;
    const [before, here, after] = [at(-1), at(0), at(1)];
    if (here >= JUMP) votes.right++;
    else if (after >= JUMP && here < after / 2 && before < after / 2) votes.early++;
    else if (before >= JUMP && here < before / 2 && after < before / 2) votes.late++;
  }
  if (votes.right > 0 || votes.early === votes.late) return 0;
  return votes.early > votes.late ? 1 : -1;
}

/** Rows inside episodes at which the states jump, where jumps stand apart from usual steps; else 0. */
function jumpsInside(states: Float32Array, { terminals, timeouts }: Ends, columns: number): number {
  const size = terminals.length;
  const spread = spreadsOf(states, columns);
  const steps: number[] = [];
  for (let row = 0; row + 1 < size; row++) {
    if (terminals[row] || timeouts[row]) continue;
    steps.push(distanceOf(states, row, row + 1, columns, spread));
  }
  const usual = median(steps);
  const between = (least: number, most: number) =>
    steps.filter((step) => step >= least * usual && step < most * usual).length;
  const jumps = between(JUMP, Infinity);
  const few = jumps >= FEWEST && jumps < steps.length / 8;
  return usual > 0 && few && between(2, 2.6) <= 0.5 * jumps ? jumps : 0;
}

const SAMPLES = 2048;

/** Rows spread evenly over the dataset, at most {@link SAMPLES}. */
export function sampleRows(size: number): number[] {
  const count = Math.min(size, SAMPLES);
  return Array.from({ length: count }, (_, i) => Math.floor(i * size / count));
}

/** Standard deviation of each column. */
export function spreadsOf(states: Float32Array, columns: number): Float64Array {
  const size = states.length / columns;
  const spread = new Float64Array(columns);
  for (let column = 0; column < columns; column++) {
    const shift = states[column]!;
    let sum = 0, squares = 0;
    for (let row = 0; row < size; row++) {
      const value = states[row * columns + column]! - shift;
      sum += value;
      squares += value * value;
    }
    spread[column] = Math.sqrt(Math.max(0, squares / size - (sum / size) ** 2));
  }
  return spread;
}

/** Mean absolute difference of two rows in units of each column's spread. */
export function distanceOf(
  states: Float32Array,
  i: number,
  j: number,
  columns: number,
  spread: Float64Array,
): number {
  let sum = 0;
  for (let column = 0; column < columns; column++) {
    if (spread[column] === 0) continue;
    sum += Math.abs(states[i * columns + column]! - states[j * columns + column]!) / spread[column]!;
  }
  return sum / columns;
}

/** The middle of the values; 0 of none. */
export function median(values: readonly number[]): number {
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? 0;
}
