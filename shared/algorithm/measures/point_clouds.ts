/**
 * Point clouds in normalised coordinates, and the statistics by which two of them are compared: moments, quantiles
 * along random directions (sliced Wasserstein). Pure arrays.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Bounds } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";

/** Pairs of states and actions in raw units. */
export interface Rows {
  /** `[size, S]` */
  states: Float32Array;
  /** `[size, A]` */
  actions: Float32Array;
  size: number;
}

/** Random directions of the sliced Wasserstein distance. */
export const DIRECTIONS = 256;
/** Quantile levels kept along each direction: (i + 1/2) / LEVELS. */
export const LEVELS = 32;
/** Rows looked at in one distance: about as many as the sketch of a usual task is made of; the floor accounts for it. */
export const MAX_ROWS = 4_096;

/** The two views that are compared: states alone, and (state, action) pairs. */
export const VIEWS = ["states", "joint"] as const;
/** One of {@link VIEWS}. */
export type View = typeof VIEWS[number];

/** A point cloud in normalised coordinates. */
export interface Cloud {
  /** `[size, dim]` */
  values: Float32Array;
  size: number;
  dim: number;
}

/**
 * At most {@link MAX_ROWS} rows, evenly spaced, as (state, action) points in normalised coordinates.
 *
 * @param rows states `[n, S]` and actions `[n, A]`, raw units
 * @param stateDim S
 * @param actionDim A
 * @param coordinates centre and half-range, `[S + A]` each
 * @param maxRows the most rows
 * @returns points `[size, S + A]`
 * @throws {InvalidInputError} if lengths and sizes do not fit
 */
export function cloudOf(
  rows: Rows,
  stateDim: number,
  actionDim: number,
  coordinates: Pick<Bounds, "centre" | "halfRange">,
  maxRows: number = MAX_ROWS,
): Cloud {
  const dim = stateDim + actionDim;
  if (rows.states.length !== rows.size * stateDim || rows.actions.length !== rows.size * actionDim) {
    throw new InvalidInputError(
      `Cannot compare rows as states and actions must be [${rows.size}, ${stateDim}] and [${rows.size}, ${actionDim}]: current lengths are ${rows.states.length} and ${rows.actions.length}`,
    );
  }
  const size = Math.min(rows.size, maxRows);
  const values = new Float32Array(size * dim);
  for (let i = 0; i < size; i++) {
    const row = Math.floor(i * rows.size / size);
    for (let d = 0; d < dim; d++) {
      const raw = d < stateDim
        ? rows.states[row * stateDim + d]!
        : rows.actions[row * actionDim + d - stateDim]!;
      values[i * dim + d] = (raw - coordinates.centre[d]!) / coordinates.halfRange[d]!;
    }
  }
  return { values, size, dim };
}

/**
 * The part of a joint cloud that a view looks at.
 *
 * @param joint points `[size, S + A]`
 * @param view states, actions or both
 * @param stateDim S
 * @returns points `[size, dim]`
 */
export function viewOf(joint: Cloud, view: View, stateDim: number): Cloud {
  if (view === "joint") return joint;
  const values = new Float32Array(joint.size * stateDim);
  for (let i = 0; i < joint.size; i++) {
    values.set(joint.values.subarray(i * joint.dim, i * joint.dim + stateDim), i * stateDim);
  }
  return { values, size: joint.size, dim: stateDim };
}

/**
 * Mean `[D]` and covariance `[D, D]` of a cloud.
 *
 * @param cloud points `[size, D]`
 * @returns mean `[D]` and covariance `[D, D]`
 */
export function moments(cloud: Cloud): { mean: Float32Array; covariance: Float32Array } {
  const { values, size, dim } = cloud;
  const totals = new Float64Array(dim);
  for (let i = 0, at = 0; i < size; i++) for (let d = 0; d < dim; d++) totals[d]! += values[at++]!;
  const mean = Float32Array.from(totals, (total) => total / size);
  const sums = new Float64Array(dim * dim);
  for (let i = 0; i < size; i++) {
    for (let a = 0; a < dim; a++) {
      const da = values[i * dim + a]! - mean[a]!;
      for (let b = 0; b <= a; b++) sums[a * dim + b]! += da * (values[i * dim + b]! - mean[b]!);
    }
  }
  const covariance = new Float32Array(dim * dim);
  for (let a = 0; a < dim; a++) {
    for (let b = 0; b <= a; b++) {
      covariance[a * dim + b] = covariance[b * dim + a] = sums[a * dim + b]! / size;
    }
  }
  return { mean, covariance };
}

/**
 * Quantiles of each coordinate, `[dim, LEVELS]`.
 *
 * @param cloud points `[size, dim]`
 * @returns `[dim, LEVELS]`
 */
export function marginalQuantiles(cloud: Cloud): Float32Array {
  const { values, size, dim } = cloud;
  const quantiles = new Float32Array(dim * LEVELS);
  const column = new Float32Array(size);
  for (let d = 0; d < dim; d++) {
    for (let i = 0; i < size; i++) column[i] = values[i * dim + d]!;
    quantiles.set(quantilesOf(column.sort()), d * LEVELS);
  }
  return quantiles;
}

/**
 * Quantiles of each dimension of some rows, states then actions, in raw units and as a sketch has them.
 *
 * @param rows states `[N, S]`, actions `[N, A]`
 * @returns `[S + A][LEVELS]`
 */
export function sampleQuantiles(rows: Rows, stateDim: number, actionDim: number): Float32Array[] {
  const dim = stateDim + actionDim;
  const asTheyAre = { centre: new Float32Array(dim), halfRange: new Float32Array(dim).fill(1) };
  const quantiles = marginalQuantiles(cloudOf(rows, stateDim, actionDim, asTheyAre));
  return Array.from({ length: dim }, (_, d) => quantiles.subarray(d * LEVELS, (d + 1) * LEVELS));
}

/**
 * Quantiles at (i + 1/2) / LEVELS of sorted values, linear between neighbours at the same mid-points.
 *
 * @param sorted `[n]`, rising
 * @returns `[LEVELS]`
 */
export function quantilesOf(sorted: Float32Array): Float32Array {
  const quantiles = new Float32Array(LEVELS);
  for (let level = 0; level < LEVELS; level++) {
    const place = (level + 0.5) / LEVELS * sorted.length - 0.5;
    const below = Math.max(0, Math.min(sorted.length - 1, Math.floor(place)));
    const above = Math.min(sorted.length - 1, below + 1);
    const share = Math.min(1, Math.max(0, place - below));
    quantiles[level] = sorted[below]! * (1 - share) + sorted[above]! * share;
  }
  return quantiles;
}

/**
 * Seeded unit vectors, `[DIRECTIONS, dim]`.
 *
 * @param seed decides the directions
 * @param view has directions of its own
 * @param dim numbers in a point
 * @returns `[DIRECTIONS, dim]`, each of length 1
 */
export function randomDirections(seed: number, view: View, dim: number): Float32Array {
  const directions = createRng(seed, `sketch.directions.${view}`).normals(DIRECTIONS * dim);
  for (let k = 0; k < DIRECTIONS; k++) {
    const direction = directions.subarray(k * dim, (k + 1) * dim);
    const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    for (let d = 0; d < dim; d++) direction[d]! /= norm;
  }
  return directions;
}

/**
 * One coordinate of every point along a direction, into `out`.
 *
 * @param cloud points `[size, dim]`
 * @param direction `[dim]`
 * @param out `[size]`, is filled
 * @returns `out`
 */
export function project(cloud: Cloud, direction: Float32Array, out: Float32Array): Float32Array {
  const { values, size, dim } = cloud;
  for (let i = 0, at = 0; i < size; i++) {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += values[at++]! * direction[d]!;
    out[i] = sum;
  }
  return out;
}

/**
 * Quantiles along each direction, `[DIRECTIONS, LEVELS]`.
 *
 * @param cloud points `[size, dim]`
 * @param directions `[DIRECTIONS, dim]`
 * @returns `[DIRECTIONS, LEVELS]`
 */
export function slicedQuantiles(cloud: Cloud, directions: Float32Array): Float32Array {
  const quantiles = new Float32Array(DIRECTIONS * LEVELS);
  const line = new Float32Array(cloud.size);
  for (let k = 0; k < DIRECTIONS; k++) {
    const direction = directions.subarray(k * cloud.dim, (k + 1) * cloud.dim);
    quantiles.set(quantilesOf(project(cloud, direction, line).sort()), k * LEVELS);
  }
  return quantiles;
}

/**
 * Mean of some values.
 *
 * @param values `[n]`
 * @returns their mean
 */
export function average(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/**
 * Mean absolute difference of two equally long lists: the 1-Wasserstein distance when they hold quantiles.
 *
 * @param a `[n]`
 * @param b `[n]`
 * @returns at least 0
 */
export function meanAbsoluteDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
