/**
 * In which order the rows lie: in that of time, from several environments in turn, or shuffled.
 * @module
 */
import { DatasetError } from "./dataset.ts";
import { type Fields, keepRows } from "./fields.ts";

/** Environments that are looked for. */
const MOST_ENVIRONMENTS = 128;
const SAMPLES = 2048;
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
 * @throws {DatasetError} where the rows cannot be dealt out evenly
 */
export function separateEnvironments(fields: Fields, environments: number): Fields {
  if (environments === 1) return fields;
  const { size, file } = fields;
  if (size % environments !== 0) {
    const fault = `${size} rows are no multiple of ${environments} environments`;
    throw new DatasetError({ file, field: fields.found.states!.name }, fault);
  }
  const steps = size / environments;
  const order = Int32Array.from(
    { length: size },
    (_, i) => Math.floor(i / steps) + (i % steps) * environments,
  );
  return keepRows(
    fields,
    order,
    new Set(Array.from({ length: environments }, (_, e) => (e + 1) * steps - 1)),
  );
}

/** How the rows lie. `stride`: environments in turn. */
export type RowOrder = { kind: "time" } | { kind: "interleaved"; stride: number } | { kind: "shuffled" };

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
    : orderBySmoothness(states, columns);
}

/** Rows spread evenly over the dataset, at most {@link SAMPLES}. */
function sampleRows(size: number): number[] {
  const count = Math.min(size, SAMPLES);
  return Array.from({ length: count }, (_, i) => Math.floor(i * size / count));
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
  if (rows.length < 8 || share(1) >= IN_ORDER) return { kind: "time" };
  for (let stride = 2; stride <= Math.min(MOST_ENVIRONMENTS, size / 2); stride++) {
    if (share(stride) >= IN_ORDER) return { kind: "interleaved", stride };
  }
  const known = new Set(Array.from({ length: size }, (_, row) => keyOf(states, row, columns)));
  const elsewhere = rows.filter((row) => known.has(keyOf(nextStates, row, columns))).length / rows.length;
  return { kind: elsewhere >= IN_ORDER ? "shuffled" : "time" };
}

/** A state as text, rounded so that equal ones are equal. */
function keyOf(states: Float32Array, row: number, columns: number): string {
  let key = "";
  for (let column = 0; column < columns; column++) {
    key += states[row * columns + column]!.toPrecision(4) + " ";
  }
  return key;
}

/**
 * Without next states: a state is nearer to its successor than to any other row. Distances are medians over rows of the
 * mean absolute difference in units of each column's spread.
 */
function orderBySmoothness(states: Float32Array, columns: number): RowOrder {
  const size = states.length / columns;
  if (size < 64) return { kind: "time" };
  const spread = spreadsOf(states, columns);
  const rows = sampleRows(size);
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
  if (best.stride > 1) return { kind: "interleaved", stride: best.stride };
  return { kind: one > 0.9 * far ? "shuffled" : "time" };
}

function spreadsOf(states: Float32Array, columns: number): Float64Array {
  const size = states.length / columns;
  const spread = new Float64Array(columns);
  for (let column = 0; column < columns; column++) {
    let sum = 0, squares = 0;
    for (let row = 0; row < size; row++) {
      const value = states[row * columns + column]!;
      sum += value;
      squares += value * value;
    }
    spread[column] = Math.sqrt(Math.max(0, squares / size - (sum / size) ** 2));
  }
  return spread;
}

function distanceOf(
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

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
