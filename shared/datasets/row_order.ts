/**
 * In which order the rows lie: in that of time, from several environments in turn, or shuffled.
 * @module
 */
import { DatasetError } from "./dataset.ts";
import { distanceOf, median, sampleRows, spreadsOf } from "./doubtful_ends.ts";
import { type Fields, keepRows } from "./fields.ts";
import { keysOfRows } from "./row_keys.ts";

/** Environments that are looked for. */
const MOST_ENVIRONMENTS = 128;
/** Below this share of rows whose next state is the following row's, the rows are in another order. */
const IN_ORDER = 0.5;

/** Whether row `i` of `a` and row `j` of `b` are the same state up to float32 rounding. */
export function sameState(a: Float32Array, i: number, b: Float32Array, j: number, columns: number): boolean {
  for (let column = 0; column < columns; column++) {
    const left = a[i * columns + column]!;
    const right = b[j * columns + column]!;
    // Not "greater": NaN equals nothing.
    if (!(Math.abs(left - right) <= 1e-5 * (1 + Math.abs(left)))) return false;
  }
  return true;
}

/**
 * Rows of `environments` environments that were stepped together (row i is environment i mod n): one environment after the
 * other.
 *
 * @throws {DatasetError} where there are not two rows for each
 */
export function separateEnvironments(fields: Fields, environments: number): Fields {
  if (environments === 1) return fields;
  const { size, file } = fields;
  if (size < 2 * environments) {
    const fault = `${size} rows are too few for ${environments} environments`;
    throw new DatasetError({ file, field: fields.found.states!.name }, fault);
  }
  const order = new Int32Array(size);
  const cuts = new Set<number>();
  let row = 0;
  for (let environment = 0; environment < environments; environment++) {
    // The last step may have been written for the first environments alone.
    for (let from = environment; from < size; from += environments) order[row++] = from;
    cuts.add(row - 1);
  }
  return keepRows(fields, order, cuts);
}

/** How the rows lie. `stride`: environments in turn; `sure`: next states or ends say so, not the states' nearness alone. */
export type RowOrder =
  | { kind: "time" }
  | { kind: "interleaved"; stride: number; sure: boolean }
  | { kind: "shuffled" }
  | { kind: "blocks" };

/**
 * Judges the order of the rows.
 *
 * @param states `[N, S]`
 * @param nextStates `[N, S]`, where the file has them
 * @param ends 1 where an episode is known to end, `[N]`
 */
export function orderOf(
  states: Float32Array,
  nextStates: Float32Array | undefined,
  ends: Uint8Array,
  columns: number,
): RowOrder {
  return nextStates
    ? orderBySuccessors(states, nextStates, ends, columns)
    : orderBySmoothness(states, ends, columns);
}

function orderBySuccessors(
  states: Float32Array,
  nextStates: Float32Array,
  ends: Uint8Array,
  columns: number,
): RowOrder {
  const size = ends.length;
  const rows = sampleRows(size).filter((row) => !ends[row]);
  const share = (stride: number) => {
    const inside = rows.filter((row) => row + stride < size);
    const hits = inside.filter((row) => sameState(nextStates, row, states, row + stride, columns)).length;
    return inside.length < 8 ? 0 : hits / inside.length;
  };
  if (rows.length < 8) return { kind: "time" };
  if (share(1) >= IN_ORDER) {
    return { kind: inBlocks(states, nextStates, ends.length, columns) ? "blocks" : "time" };
  }
  for (let stride = 2; stride <= Math.min(MOST_ENVIRONMENTS, size / 2); stride++) {
    if (share(stride) >= IN_ORDER) return { kind: "interleaved", stride, sure: true };
  }
  const known = new Set(keysOfRows([[states, columns]], size));
  const following = keysOfRows([[nextStates, columns]], size);
  const elsewhere = rows.filter((row) => known.has(following[row]!)).length / rows.length;
  return { kind: elsewhere >= IN_ORDER ? "shuffled" : "time" };
}

/** Whether the trajectories go on at another stretch of rows wherever one breaks off: stretches in another order. */
function inBlocks(
  states: Float32Array,
  nextStates: Float32Array,
  size: number,
  columns: number,
): boolean {
  const breaks: number[] = [];
  for (let row = 0; row + 1 < size; row++) {
    if (!sameState(nextStates, row, states, row + 1, columns)) breaks.push(row);
  }
  if (breaks.length < 4) return false;
  const keys = keysOfRows([[states, columns]], size);
  const following = keysOfRows([[nextStates, columns]], size);
  const starts = new Set([0, ...breaks.map((row) => row + 1)].map((row) => keys[row]!));
  // Starts that are all alike are resets, to which a trajectory may come back by itself.
  if (starts.size < breaks.length / 2) return false;
  const elsewhere = breaks.filter((row) => starts.has(following[row]!) && following[row] !== keys[row]);
  return elsewhere.length >= IN_ORDER * breaks.length;
}

/**
 * Without next states: a state is nearer to its successor than to any other row. Distances are medians over rows of the
 * mean absolute difference in units of each column's spread.
 */
function orderBySmoothness(states: Float32Array, ends: Uint8Array, columns: number): RowOrder {
  const size = states.length / columns;
  const rows = sampleRows(size).filter((row) => !ends[row]);
  if (rows.length < 64) return { kind: "time" };
  const spread = spreadsOf(states, columns);
  const distance = (stride: number) => {
    const inside = rows.filter((row) => row + stride < size);
    return median(inside.map((row) => distanceOf(states, row, row + stride, columns, spread)));
  };
  const one = distance(1);
  const far = distance(Math.floor(size / 2) - 1);
  if (one < 0.25 * far || far === 0) return { kind: "time" };
  let best = { stride: 1, value: one };
  for (let stride = 2; stride <= Math.min(32, Math.floor(size / 4)); stride++) {
    const value = distance(stride);
    if (value < 0.4 * best.value) best = { stride, value };
  }
  const runs = lengthOfRuns(ends);
  if (best.stride > 1) return { kind: "interleaved", stride: best.stride, sure: runs === best.stride };
  if (one <= 0.9 * far) return { kind: "time" };
  return runs > 1 ? { kind: "interleaved", stride: runs, sure: false } : { kind: "shuffled" };
}

/** Ends that come in runs of one length are those of environments that were cut together; 1: they do not. */
function lengthOfRuns(ends: Uint8Array): number {
  const lengths: number[] = [];
  for (let row = 0, length = 0; row < ends.length; row++) {
    length = ends[row] ? length + 1 : 0;
    if (length > 0 && !ends[row + 1]) lengths.push(length);
  }
  const usual = median(lengths);
  const same = lengths.filter((length) => length === usual).length;
  return lengths.length >= 3 && same >= 0.8 * lengths.length ? usual : 1;
}
