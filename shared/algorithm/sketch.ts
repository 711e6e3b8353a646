/**
 * The sketch of a task: what is kept of its held-out rows so that replay can be compared with them when the rows
 * are gone. Moments, quantiles along random directions, averaged random features, and how far real data is from
 * itself (the floor). Its size does not depend on the number of rows, and no row is in it.
 * @module
 */
import { type Bounds, fitNormaliser, type Normaliser } from "./normaliser.ts";
import {
  averageRows,
  type Cloud,
  cloudOf,
  DIRECTIONS,
  featureDistance,
  FREQUENCIES,
  LEVELS,
  marginalQuantiles,
  meanAbsoluteDifference,
  moments,
  project,
  quantilesOf,
  randomDirections,
  randomFeatures,
  type Rows,
  slicedQuantiles,
  type View,
  viewOf,
  VIEWS,
} from "./point_clouds.ts";
import { createRng } from "./rng.ts";
import type { Stored } from "./weights.ts";

const SPLITS = 4;
const BANDWIDTH_PAIRS = 4_000;

/**
 * Fits a sketch to held-out rows, in normalised coordinates.
 * @param input.states held-out rows, `[size, S]` raw
 * @param input.actions held-out rows, `[size, A]` raw
 * @param input.normaliser the task's normaliser; fitted to the rows themselves if left out
 * @returns tensors: `centre`, `halfRange`, `mean` `[D]`, `covariance` `[D, D]`, `quantiles` `[D, 32]`, and for each
 * view `<view>.quantiles` `[256, 32]`, `<view>.features` `[512]`, `<view>.bandwidth`, `<view>.halves` `[2]` (sliced
 * Wasserstein and MMD between two halves of the rows); `size` and `seed` as Int32
 * @throws RangeError with fewer than 8 rows
 */
export function fitSketch(
  input: Rows & { stateDim: number; actionDim: number; seed: number; normaliser?: Normaliser },
): Stored {
  const { stateDim, actionDim, seed } = input;
  if (input.size < 8) {
    throw new RangeError(`Cannot sketch fewer than 8 held-out rows: current size is ${input.size}`);
  }
  const coordinates = coordinatesOf(input.normaliser ?? fitNormaliser(input));
  const joint = cloudOf(input, stateDim, actionDim, coordinates);
  const { mean, covariance } = moments(joint);
  const dim = joint.dim;
  const sketch: Stored = {
    centre: vector(coordinates.centre),
    halfRange: vector(coordinates.halfRange),
    mean: vector(mean),
    covariance: { shape: [dim, dim], data: covariance },
    quantiles: { shape: [dim, LEVELS], data: marginalQuantiles(joint) },
    size: { shape: [1], data: Int32Array.of(joint.size) },
    seed: { shape: [1], data: Int32Array.of(seed | 0) },
  };
  for (const view of VIEWS) Object.assign(sketch, sketchView(view, viewOf(joint, view, stateDim), seed));
  return sketch;
}

function sketchView(view: View, cloud: Cloud, seed: number): Stored {
  const bandwidth = medianDistance(cloud, seed);
  const splits = halves(cloud.size, seed);
  const directions = randomDirections(seed, view, cloud.dim);
  const features = randomFeatures(cloud, seed, view, bandwidth);
  return {
    [`${view}.quantiles`]: { shape: [DIRECTIONS, LEVELS], data: slicedQuantiles(cloud, directions) },
    [`${view}.features`]: vector(averageRows(features, 2 * FREQUENCIES)),
    [`${view}.bandwidth`]: vector(Float32Array.of(bandwidth)),
    [`${view}.halves`]: vector(Float32Array.of(
      slicedBetweenHalves(cloud, directions, splits),
      featuresBetweenHalves(features, splits),
    )),
  };
}

function vector(data: Float32Array): { shape: number[]; data: Float32Array } {
  return { shape: [data.length], data };
}

/** Centre and half-range of states and actions side by side, `[S + A]` each. */
function coordinatesOf(normaliser: Normaliser): Pick<Bounds, "centre" | "halfRange"> {
  const { states, actions } = normaliser;
  return {
    centre: Float32Array.of(...states.centre, ...actions.centre),
    halfRange: Float32Array.of(...states.halfRange, ...actions.halfRange),
  };
}

/** The median heuristic: median distance between the points of a cloud, at least 1e-3. */
function medianDistance(cloud: Cloud, seed: number): number {
  const { values, dim } = cloud;
  const rng = createRng(seed, "sketch.bandwidth");
  const distances = new Float32Array(BANDWIDTH_PAIRS);
  for (let pair = 0; pair < distances.length; pair++) {
    const a = rng.integer(cloud.size), b = (a + 1 + rng.integer(cloud.size - 1)) % cloud.size;
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += (values[a * dim + d]! - values[b * dim + d]!) ** 2;
    distances[pair] = Math.sqrt(sum);
  }
  return Math.max(1e-3, distances.sort()[distances.length >> 1]!);
}

/** Random splits of the rows: the two halves of each permutation are compared. */
function halves(size: number, seed: number): Int32Array[] {
  const rng = createRng(seed, "sketch.halves");
  return Array.from({ length: SPLITS }, () => rng.permutation(size));
}

function slicedBetweenHalves(cloud: Cloud, directions: Float32Array, splits: Int32Array[]): number {
  const half = cloud.size >> 1;
  const line = new Float32Array(cloud.size);
  let sum = 0;
  for (let k = 0; k < DIRECTIONS; k++) {
    project(cloud, directions.subarray(k * cloud.dim, (k + 1) * cloud.dim), line);
    for (const order of splits) {
      const first = Float32Array.from(order.subarray(0, half), (i) => line[i]!).sort();
      const second = Float32Array.from(order.subarray(half, 2 * half), (i) => line[i]!).sort();
      sum += meanAbsoluteDifference(quantilesOf(first), quantilesOf(second));
    }
  }
  return sum / (DIRECTIONS * splits.length);
}

function featuresBetweenHalves(features: Float32Array, splits: Int32Array[]): number {
  const width = 2 * FREQUENCIES;
  const half = (features.length / width) >> 1;
  const distances = splits.map((order) => {
    const difference = new Float32Array(width);
    for (let i = 0; i < 2 * half; i++) {
      const sign = i < half ? 1 / half : -1 / half;
      const at = order[i]! * width;
      for (let f = 0; f < width; f++) difference[f]! += sign * features[at + f]!;
    }
    return featureDistance(difference, new Float32Array(width));
  });
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}
