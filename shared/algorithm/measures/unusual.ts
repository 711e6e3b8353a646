/**
 * How unusual an observation is among those of a task: its Mahalanobis distance to the task's held-out rows, as a
 * percentile of the distances that these have themselves. Such a rank is an outlier's conformal p-value (Bates et al.,
 * Testing for outliers with conformal p-values, 2023; the distance as a test of unfamiliar inputs: Lee et al., A simple
 * unified framework for detecting out-of-distribution samples, 2018): whatever the states are like, one in a thousand
 * rows of the task is beyond the 99.9th percentile.
 *
 * Tasks that were imported before distances were taken have only their range: of n rows, as many more rows fall outside
 * the range of each dimension as two in n + 1.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Bounds } from "../numerics/normaliser.ts";
import { entry } from "../numerics/weights.ts";
import type { Stored } from "@cugro/tensors/seam";
import { quantile } from "./intervals.ts";

/** Shares of the held-out rows whose greatest distance is kept. */
export const DISTANCE_LEVELS = [
  ...[0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
  ...[0.95, 0.99, 0.995, 0.999, 1],
] as const;
/** An observation beyond this percentile is out of the distribution of its task. */
export const UNUSUAL_PERCENTILE = 99.9;
/**
 * Added to the variance of each direction, in normalised units: a hundredth of the half-range. A dimension that hardly
 * varies, or follows from others, must not make a rounding error unusual.
 */
const LEAST_VARIANCE = 1e-4;

/** The measure of distances to a task's states; only numbers, so that it can be sent to a thread. */
export interface Familiar {
  /** Mean of the held-out states in raw units, `[S]`. */
  mean: Float64Array;
  /** Takes differences from the mean, raw, to independent ones of variance 1: lower triangle by rows, `[S (S + 1) / 2]`. */
  whitening: Float64Array;
  /** Distances of the held-out rows at {@linkcode DISTANCE_LEVELS}; without them only the distance is known. */
  distances: readonly number[] | undefined;
}

/** How unusual some observations are. */
export interface Unusual {
  /** Percent of the task's held-out rows that are closer to their mean, `[n]`; null where no distances were kept. */
  percentiles: number[] | null;
  /** Whether each is beyond {@linkcode UNUSUAL_PERCENTILE}, or beyond the range where no distances were kept, `[n]`. */
  outOfDistribution: boolean[];
}

/**
 * Reads what a sketch says of a task's states.
 * Source: Mahalanobis distance.
 *
 * @param sketch as `fitSketch` gives it
 * @param distances as {@linkcode heldOutDistances} gives them
 * @param stateDim S
 * @returns mean, whitening and distances of the task's states
 * @throws {InvalidInputError} if the sketch is of fewer dimensions
 */
export function familiarOf(sketch: Stored, stateDim: number, distances?: readonly number[]): Familiar {
  const [centre, halfRange] = [entry(sketch, "centre").data, entry(sketch, "halfRange").data];
  const [mean, covariance] = [entry(sketch, "mean").data, entry(sketch, "covariance").data];
  const dim = mean.length;
  if (stateDim > dim) {
    throw new InvalidInputError(
      `Cannot measure states of ${stateDim} dimensions by a sketch of ${dim} (states and actions)`,
    );
  }
  const factor = new Float64Array(stateDim * (stateDim + 1) / 2);
  for (let a = 0, at = 0; a < stateDim; a++) {
    for (let b = 0; b <= a; b++, at++) factor[at] = covariance[a * dim + b]! + (a === b ? LEAST_VARIANCE : 0);
  }
  const whitening = invertFactor(factorise(factor, stateDim), stateDim);
  // In raw units, so that an observation need not be normalised first.
  for (let a = 0, at = 0; a < stateDim; a++) {
    for (let b = 0; b <= a; b++, at++) whitening[at]! /= halfRange[b]!;
  }
  return {
    mean: Float64Array.from({ length: stateDim }, (_, d) => centre[d]! + mean[d]! * halfRange[d]!),
    whitening,
    distances: distances?.length === DISTANCE_LEVELS.length ? distances : undefined,
  };
}

/**
 * Distances of held-out rows at {@linkcode DISTANCE_LEVELS}, to six digits.
 *
 * @param states `[n, S]`, raw
 * @param sketch of the task
 * @param stateDim S
 * @returns one for each level, rising
 */
export function heldOutDistances(sketch: Stored, states: Float32Array, stateDim: number): number[] {
  const sorted = distancesOf(familiarOf(sketch, stateDim), states).sort();
  return DISTANCE_LEVELS.map((level) => Number(quantile(sorted, level).toPrecision(6)));
}

/**
 * How unusual observations are for a task.
 *
 * @param familiar undefined: only the range of its states is known
 * @param bounds of the task's states
 * @param states `[n, S]`, raw
 * @returns percentile and whether it is out of the distribution, one for each observation
 */
export function unusualAmong(
  { familiar, bounds }: { familiar: Familiar | undefined; bounds: Pick<Bounds, "min" | "max"> },
  states: Float32Array,
): Unusual {
  if (!familiar?.distances) return { percentiles: null, outOfDistribution: outsideOf(bounds, states) };
  const { distances } = familiar;
  const percentiles = Array.from(
    distancesOf(familiar, states),
    (distance) => percentileOf(distances, distance),
  );
  return { percentiles, outOfDistribution: percentiles.map((percentile) => percentile > UNUSUAL_PERCENTILE) };
}

/** Mahalanobis distance of each state, `[n]`. */
function distancesOf({ mean, whitening }: Familiar, states: Float32Array): Float64Array {
  const dim = mean.length;
  const difference = new Float64Array(dim);
  return Float64Array.from({ length: states.length / dim }, (_, row) => {
    for (let d = 0; d < dim; d++) difference[d] = states[row * dim + d]! - mean[d]!;
    let squares = 0;
    for (let a = 0, at = 0; a < dim; a++) {
      let sum = 0;
      for (let b = 0; b <= a; b++) sum += whitening[at++]! * difference[b]!;
      squares += sum * sum;
    }
    return Math.sqrt(squares);
  });
}

/** Linear between the levels; to two digits, and above the highest level but one only what is above its distance. */
function percentileOf(distances: readonly number[], distance: number): number {
  const above = distances.findIndex((known) => distance <= known);
  if (above < 0) return 100;
  if (above === 0) return 0;
  const [low, high] = [distances[above - 1]!, distances[above]!];
  const [from, to] = [DISTANCE_LEVELS[above - 1]!, DISTANCE_LEVELS[above]!];
  const exact = 100 * (from + (to - from) * (distance - low) / Math.max(high - low, Number.MIN_VALUE));
  const rounded = Math.round(exact * 100) / 100;
  const isBeyond = exact > UNUSUAL_PERCENTILE;
  return isBeyond ? Math.max(rounded, UNUSUAL_PERCENTILE + 0.01) : Math.min(rounded, UNUSUAL_PERCENTILE);
}

function outsideOf({ min, max }: Pick<Bounds, "min" | "max">, states: Float32Array): boolean[] {
  const dim = min.length;
  return Array.from({ length: states.length / dim }, (_, row) => {
    for (let d = 0; d < dim; d++) {
      const value = states[row * dim + d]!;
      if (value < min[d]! || value > max[d]!) return true;
    }
    return false;
  });
}

const place = (row: number, column: number) => row * (row + 1) / 2 + column;

/** Cholesky's factor of a symmetric matrix, both as lower triangles. */
function factorise(matrix: Float64Array, dim: number): Float64Array {
  const factor = new Float64Array(matrix.length);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[place(i, j)]!;
      for (let k = 0; k < j; k++) sum -= factor[place(i, k)]! * factor[place(j, k)]!;
      factor[place(i, j)] = i === j
        ? Math.sqrt(Math.max(sum, LEAST_VARIANCE / 2))
        : sum / factor[place(j, j)]!;
    }
  }
  return factor;
}

/** The inverse of a lower triangle. */
function invertFactor(factor: Float64Array, dim: number): Float64Array {
  const inverse = new Float64Array(factor.length);
  for (let i = 0; i < dim; i++) {
    inverse[place(i, i)] = 1 / factor[place(i, i)]!;
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= factor[place(i, k)]! * inverse[place(k, j)]!;
      inverse[place(i, j)] = sum / factor[place(i, i)]!;
    }
  }
  return inverse;
}
