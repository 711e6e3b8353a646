/**
 * In which order the rows lie: in that of time, from several environments in turn, or shuffled.
 * @module
 */
import { type Rows, takeRows, visitBlocks } from "./blocks/block_rows.ts";
import { DatasetError } from "./dataset.ts";
import { distanceOf, median, sampleRows, spreadsOf } from "./doubtful_ends.ts";
import { type Fields, keepRows } from "./fields.ts";
import { isAmong, keyOf, keysOfRows } from "./plausibility/row_keys.ts";
import { sameState } from "./steps.ts";

/** Environments that are looked for. */
const MOST_ENVIRONMENTS = 128;
/** Below this share of rows whose next state is the following row's, the rows are in another order. */
const IN_ORDER = 0.5;

/**
 * Rows of `environments` environments that were stepped together (row i is environment i mod n): one environment after the
 * other.
 *
 * @param fields of the file
 * @param environments how many; 1: nothing is changed
 * @returns the same rows in another order
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

/** Next states, and 1 at rows whose next state is the following row's. */
export interface Following {
  nextStates: Rows;
  leadsOn: Uint8Array;
}

/**
 * Judges the order of the rows.
 *
 * @param states `[N, S]`
 * @param following where the file has next states
 * @param ends 1 where an episode is known to end, `[N]`
 * @returns by time, or what it looks like instead
 */
export function orderOf(states: Rows, following: Following | undefined, ends: Uint8Array): RowOrder {
  return following ? orderBySuccessors(states, following, ends) : orderBySmoothness(states, ends);
}

function orderBySuccessors(states: Rows, following: Following, ends: Uint8Array): RowOrder {
  const { size, columns } = states;
  const { nextStates } = following;
  const rows = sampleRows(size).filter((row) => !ends[row]);
  const next = takeRows(nextStates, rows);
  const share = (stride: number) => {
    // Rows rise: those that have one so far behind them come first.
    const inside = rows.filter((row) => row + stride < size);
    const others = takeRows(states, inside.map((row) => row + stride));
    const hits = inside.filter((_, i) => sameState(next, i, others, i, columns)).length;
    return inside.length < 8 ? 0 : hits / inside.length;
  };
  if (rows.length < 8) return { kind: "time" };
  if (share(1) >= IN_ORDER) return { kind: inBlocks(states, following) ? "blocks" : "time" };
  for (let stride = 2; stride <= Math.min(MOST_ENVIRONMENTS, size / 2); stride++) {
    if (share(stride) >= IN_ORDER) return { kind: "interleaved", stride, sure: true };
  }
  const known = keysOfRows([states]).sort();
  const keys = rows.map((_, i) => keyOf(next.subarray(i * columns, (i + 1) * columns)));
  const elsewhere = keys.filter((key) => isAmong(known, key)).length / rows.length;
  return { kind: elsewhere >= IN_ORDER ? "shuffled" : "time" };
}

/** Whether the trajectories go on at another stretch of rows wherever one breaks off: stretches in another order. */
function inBlocks(states: Rows, { nextStates, leadsOn }: Following): boolean {
  const { size, columns } = states;
  let breaks = 0;
  for (let row = 0; row + 1 < size; row++) if (!leadsOn[row]) breaks++;
  if (breaks < 4) return false;
  const own = new Float64Array(breaks), next = new Float64Array(breaks);
  const starts = new Set<number>([keyOf(states.read(0, 1))]);
  let found = 0;
  visitBlocks(states, (from, to) => {
    const block = states.read(from, Math.min(size, to + 1));
    const following = nextStates.read(from, to);
    for (let row = from; row < to && row + 1 < size; row++) {
      if (leadsOn[row]) continue;
      const at = (row - from) * columns;
      own[found] = keyOf(block.subarray(at, at + columns));
      next[found++] = keyOf(following.subarray(at, at + columns));
      starts.add(keyOf(block.subarray(at + columns, at + 2 * columns)));
    }
  });
  // Starts that are all alike are resets, to which a trajectory may come back by itself.
  if (starts.size < breaks / 2) return false;
  let elsewhere = 0;
  for (let i = 0; i < breaks; i++) if (starts.has(next[i]!) && next[i] !== own[i]) elsewhere++;
  return elsewhere >= IN_ORDER * breaks;
}

/**
 * Without next states: a state is nearer to its successor than to any other row. Distances are medians over rows of the
 * mean absolute difference in units of each column's spread.
 */
function orderBySmoothness(states: Rows, ends: Uint8Array): RowOrder {
  const { size, columns } = states;
  const rows = sampleRows(size).filter((row) => !ends[row]);
  if (rows.length < 64) return { kind: "time" };
  const spread = spreadsOf(states);
  const own = takeRows(states, rows);
  const distance = (stride: number) => {
    const inside = rows.filter((row) => row + stride < size);
    const others = takeRows(states, inside.map((row) => row + stride));
    return median(inside.map((_, i) => distanceOf(own, i, others, i, columns, spread)));
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
