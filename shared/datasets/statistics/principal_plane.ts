/**
 * States seen from where they differ most: their first two principal components.
 * @module
 */
import type { Distribution } from "./distribution.ts";

/** Rows that are looked at: enough for a picture, whatever the size. */
const MOST_ROWS = 4000;
const ITERATIONS = 300;

/** States as points of a plane. */
export interface Plane {
  /** Coordinates of the rows in `rows`: along the first and the second component. */
  points: [number, number][];
  rows: number[];
  /** Shares of the variance that the two components hold, from 0 to 1. */
  shares: [number, number];
}

/**
 * Projects states; each dimension counts by its own spread, and constant ones not at all.
 *
 * @param states `[N, stateDim]`
 * @returns undefined where fewer than two dimensions vary: there is no plane
 */
export function planeOf(
  states: Float32Array,
  stateDim: number,
  distributions: readonly Distribution[],
): Plane | undefined {
  const used = distributions.keys().filter((i) => distributions[i]!.deviation > 0).toArray();
  if (used.length < 2) return undefined;
  const size = states.length / stateDim;
  const count = Math.min(size, MOST_ROWS);
  const rows = Array.from({ length: count }, (_, i) => Math.floor(i * size / count));
  const centred = centre(rows.map((row) =>
    Float64Array.from(used, (column) => {
      const { mean, deviation } = distributions[column]!;
      return (states[row * stateDim + column]! - mean) / deviation;
    })
  ));
  const covariance = covarianceOf(centred);
  const total = covariance.reduce((sum, row, i) => sum + row[i]!, 0);
  if (!(total > 0)) return undefined;
  const first = leadingOf(covariance);
  const second = leadingOf(without(covariance, first));
  return {
    points: centred.map((row): [number, number] => [product(row, first.vector), product(row, second.vector)]),
    rows,
    shares: [first.value / total, Math.max(0, second.value) / total],
  };
}

/** The rows less their mean, which is another than that of all rows. */
function centre(rows: Float64Array[]): Float64Array[] {
  const mean = rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
  return rows.map((row) => row.map((value, i) => value - mean[i]!));
}

function covarianceOf(rows: readonly Float64Array[]): Float64Array[] {
  const sides = rows[0]!.length;
  const sums = Array.from({ length: sides }, () => new Float64Array(sides));
  for (const row of rows) {
    for (let i = 0; i < sides; i++) {
      const sum = sums[i]!;
      const value = row[i]!;
      for (let j = 0; j < sides; j++) sum[j]! += value * row[j]!;
    }
  }
  return sums.map((row) => row.map((sum) => sum / rows.length));
}

interface Component {
  value: number;
  vector: Float64Array;
}

/** The largest component by repeated multiplication; its sign is the one that makes its largest number positive. */
function leadingOf(matrix: readonly Float64Array[]): Component {
  // Unequal, so that it is at right angles to no component of a symmetric world.
  let vector = Float64Array.from(matrix, (_, i) => 1 + ((i * 0.618) % 1));
  let value = 0;
  for (let i = 0; i < ITERATIONS; i++) {
    const next = Float64Array.from(matrix, (row) => product(row, vector));
    value = Math.hypot(...next);
    if (value === 0) return { value, vector: vector.fill(0) };
    vector = next.map((number) => number / value);
  }
  const largest = vector.reduce((most, number) => Math.abs(number) > Math.abs(most) ? number : most, 0);
  return { value, vector: largest < 0 ? vector.map((number) => -number) : vector };
}

function without(matrix: readonly Float64Array[], { value, vector }: Component): Float64Array[] {
  return matrix.map((row, i) => row.map((number, j) => number - value * vector[i]! * vector[j]!));
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
