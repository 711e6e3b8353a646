/**
 * How like the real data a replay is: distances to a task's sketch beside the distance real data itself shows, and
 * which task a pseudo-pair looks like. Needs no rows of the task. Every distance is in normalised coordinates.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Stored } from "@cugro/tensors/seam";
import { averageFeatures, featureDistance } from "./random_features.ts";
import {
  cloudOf,
  LEVELS,
  marginalQuantiles,
  MAX_ROWS,
  meanAbsoluteDifference,
  moments,
  randomDirections,
  type Rows,
  slicedQuantiles,
  type View,
  viewOf,
} from "./point_clouds.ts";

/** Distances of one view; a floor is what as many fresh real rows would show on average. */
export interface Distances {
  /** Mean 1-Wasserstein distance over 256 random directions. */
  slicedWasserstein: number;
  slicedWassersteinFloor: number;
  /** Maximum mean discrepancy (its root), Gaussian kernel of the median distance, by random features. */
  mmd: number;
  mmdFloor: number;
}

/** Likeness of some rows to a sketch. The distances of the interface itself are over (state, action) pairs. */
export interface Fidelity extends Distances {
  /** The same over states alone. */
  states: Distances;
  /** Mean absolute difference of quantiles for each dimension, states then actions, `[S + A]`. */
  quantileError: number[];
  /** The same between as many fresh real rows and the sketch, on average. */
  quantileFloor: number[];
  /** Largest difference of a mean, in units of the real standard deviation. */
  meanError: number;
  /** Largest difference of a correlation. */
  correlationError: number;
  /** Share of rows that look most like their own task among those given; only where sketches of others were given. */
  taskPurity?: number;
  /** Rows looked at. */
  size: number;
}

/**
 * A tensor of a sketch.
 *
 * @throws {InvalidInputError} if it is missing
 */
function tensor(sketch: Stored, name: string): Float32Array {
  const found = sketch[name];
  if (!found || !(found.data instanceof Float32Array)) {
    throw new InvalidInputError(`Cannot read sketch as tensor ${name} is missing`);
  }
  return found.data;
}

function integer(sketch: Stored, name: string): number {
  const found = sketch[name]?.data[0];
  if (found === undefined) throw new InvalidInputError(`Cannot read sketch as tensor ${name} is missing`);
  return found;
}

/**
 * Compares rows with the sketch of a task.
 * Source: sliced Wasserstein distance (Bonneel et al. 2015); MMD by random features (Rahimi and Recht 2007).
 *
 * @param rows states `[n, S]` and actions `[n, A]` in raw units, n >= 2
 * @param sketch of the task's held-out rows
 * @param stateDim S
 * @param actionDim A
 * @returns distances of states, actions and pairs; 0: alike
 * @throws {InvalidInputError} if the dimensions are not the sketch's
 */
export function compareWithSketch(sketch: Stored, rows: Rows, stateDim: number, actionDim: number): Fidelity {
  const coordinates = { centre: tensor(sketch, "centre"), halfRange: tensor(sketch, "halfRange") };
  if (coordinates.centre.length !== stateDim + actionDim) {
    throw new InvalidInputError(
      `Cannot compare rows of ${stateDim} + ${actionDim} dimensions with a sketch of ${coordinates.centre.length}`,
    );
  }
  if (rows.size < 2) {
    throw new InvalidInputError(`Cannot compare fewer than 2 rows: current size is ${rows.size}`);
  }
  const joint = cloudOf(rows, stateDim, actionDim, coordinates, MAX_ROWS);
  const distances = (view: View) => viewDistances(sketch, view, viewOf(joint, view, stateDim));
  return {
    ...distances("joint"),
    states: distances("states"),
    quantileError: quantileErrors(tensor(sketch, "quantiles"), marginalQuantiles(joint)),
    quantileFloor: Array.from(
      tensor(sketch, "quantiles.halves"),
      (error) => error * floorScale(integer(sketch, "size"), joint.size),
    ),
    ...momentErrors(sketch, moments(joint)),
    size: joint.size,
  };
}

function viewDistances(sketch: Stored, view: View, cloud: ReturnType<typeof viewOf>): Distances {
  const seed = integer(sketch, "seed") >>> 0;
  const bandwidth = tensor(sketch, `${view}.bandwidth`)[0]!;
  const quantiles = slicedQuantiles(cloud, randomDirections(seed, view, cloud.dim));
  const features = averageFeatures(cloud, seed, view, bandwidth);
  const halves = tensor(sketch, `${view}.halves`);
  const scale = floorScale(integer(sketch, "size"), cloud.size);
  return {
    slicedWasserstein: meanAbsoluteDifference(quantiles, tensor(sketch, `${view}.quantiles`)),
    slicedWassersteinFloor: halves[0]! * scale,
    mmd: featureDistance(features, tensor(sketch, `${view}.features`)),
    mmdFloor: halves[1]! * scale,
  };
}

/**
 * Both distances between n and m independent rows of one law shrink as sqrt(1/n + 1/m); the sketch measured them
 * between two halves of its n rows, sqrt(4/n). So the floor is known for a shard of any size.
 */
function floorScale(sketchRows: number, rows: number): number {
  return Math.sqrt((1 / sketchRows + 1 / rows) / (4 / sketchRows));
}

function quantileErrors(expected: Float32Array, actual: Float32Array): number[] {
  return Array.from({ length: expected.length / LEVELS }, (_, d) => {
    const range = [d * LEVELS, (d + 1) * LEVELS] as const;
    return meanAbsoluteDifference(expected.subarray(...range), actual.subarray(...range));
  });
}

function momentErrors(
  sketch: Stored,
  actual: ReturnType<typeof moments>,
): { meanError: number; correlationError: number } {
  const mean = tensor(sketch, "mean"), covariance = tensor(sketch, "covariance");
  const dim = mean.length;
  const deviation = (matrix: Float32Array, d: number) => Math.sqrt(Math.max(matrix[d * dim + d]!, 1e-6));
  let meanError = 0, correlationError = 0;
  for (let a = 0; a < dim; a++) {
    meanError = Math.max(meanError, Math.abs(actual.mean[a]! - mean[a]!) / deviation(covariance, a));
    for (let b = 0; b < a; b++) {
      const real = covariance[a * dim + b]! / (deviation(covariance, a) * deviation(covariance, b));
      const found = actual.covariance[a * dim + b]! /
        (deviation(actual.covariance, a) * deviation(actual.covariance, b));
      correlationError = Math.max(correlationError, Math.abs(real - found));
    }
  }
  return { meanError, correlationError };
}

/**
 * Share of rows whose likelihood is highest under their own task's sketch, each taken as a Gaussian over (state,
 * action): quadratic discriminant analysis with equal priors.
 *
 * @param sketches sketches by task id; must hold the task of the rows
 * @param rows pseudo-pairs with their task, raw units
 * @param stateDim S
 * @param actionDim A
 * @param maxRows rows to look at, evenly spaced
 * @returns share, 0 to 1
 * @throws {InvalidInputError} if the rows' task has no sketch
 */
export function taskPurity(
  sketches: ReadonlyMap<number, Stored>,
  rows: Rows & { task: number },
  stateDim: number,
  actionDim: number,
  maxRows = 2_000,
): number {
  if (!sketches.has(rows.task)) {
    throw new InvalidInputError(`Cannot tell task purity as task ${rows.task} has no sketch`);
  }
  const scores = [...sketches].map(([task, sketch]) => ({
    task,
    logDensity: logDensities(sketch, rows, stateDim, actionDim, maxRows),
  }));
  const size = Math.min(rows.size, maxRows);
  let own = 0;
  for (let i = 0; i < size; i++) {
    const best = scores.reduce((a, b) => b.logDensity[i]! > a.logDensity[i]! ? b : a);
    if (best.task === rows.task) own++;
  }
  return own / size;
}

/** Log density of each row in raw units, up to a constant, under a sketch taken as a Gaussian; `[n]`. */
function logDensities(
  sketch: Stored,
  rows: Rows,
  stateDim: number,
  actionDim: number,
  maxRows: number,
): Float64Array {
  const halfRange = tensor(sketch, "halfRange");
  const cloud = cloudOf(rows, stateDim, actionDim, { centre: tensor(sketch, "centre"), halfRange }, maxRows);
  const mean = tensor(sketch, "mean");
  const { dim } = cloud;
  const factor = cholesky(tensor(sketch, "covariance"), dim);
  // log |d normalised / d raw| and log det of the factor make densities of different sketches comparable.
  let constant = 0;
  for (let d = 0; d < dim; d++) constant -= Math.log(halfRange[d]!) + Math.log(factor[d * dim + d]!);
  const whitened = new Float64Array(dim);
  return Float64Array.from({ length: cloud.size }, (_, i) => {
    let squares = 0;
    for (let a = 0; a < dim; a++) {
      let value = cloud.values[i * dim + a]! - mean[a]!;
      for (let b = 0; b < a; b++) value -= factor[a * dim + b]! * whitened[b]!;
      whitened[a] = value / factor[a * dim + a]!;
      squares += whitened[a]! ** 2;
    }
    return constant - squares / 2;
  });
}

/** Lower triangular L with L L^T = covariance + ridge; the ridge keeps constant coordinates finite. */
function cholesky(covariance: Float32Array, dim: number): Float64Array {
  const factor = new Float64Array(dim * dim);
  for (let a = 0; a < dim; a++) {
    for (let b = 0; b <= a; b++) {
      let value = covariance[a * dim + b]! + (a === b ? 1e-3 : 0);
      for (let c = 0; c < b; c++) value -= factor[a * dim + c]! * factor[b * dim + c]!;
      factor[a * dim + b] = a === b ? Math.sqrt(Math.max(value, 1e-6)) : value / factor[b * dim + b]!;
    }
  }
  return factor;
}
