/**
 * The sketch of a task: what is kept of its held-out rows so that replay can be compared with them when the rows
 * are gone. Moments, quantiles along random directions, averaged random features, and how far real data is from
 * itself (the floor). Its size does not depend on the number of rows, and no row is in it.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Stored } from "@cugro/tensors/seam";
import { type Bounds, fitNormaliser, type Normaliser } from "../numerics/normaliser.ts";
import { featureDistance, FREQUENCIES, visitFeatures } from "./random_features.ts";
import {
  average,
  type Cloud,
  cloudOf,
  DIRECTIONS,
  LEVELS,
  marginalQuantiles,
  meanAbsoluteDifference,
  moments,
  project,
  quantilesOf,
  randomDirections,
  type Rows,
  type View,
  viewOf,
  VIEWS,
} from "./point_clouds.ts";
import { createRng } from "../numerics/rng.ts";

const SPLITS = 4;
const BANDWIDTH_PAIRS = 4_000;

/**
 * Fits a sketch to held-out rows, in normalised coordinates.
 * @param input.states held-out rows, `[size, S]` raw
 * @param input.actions held-out rows, `[size, A]` raw
 * @param input.normaliser the task's normaliser; fitted to the rows themselves if left out
 * @returns tensors: `centre`, `halfRange`, `mean` `[D]`, `covariance` `[D, D]`, `quantiles` `[D, 32]` and
 * `quantiles.halves` `[D]` (their mean difference between two halves of the rows), and for each
 * view `<view>.quantiles` `[256, 32]`, `<view>.features` `[512]`, `<view>.bandwidth`, `<view>.halves` `[2]` (sliced
 * Wasserstein and MMD between two halves of the rows); `size` and `seed` as Int32
 * @throws {InvalidInputError} with fewer than 8 rows
 */
export function fitSketch(
  input: Rows & { stateDim: number; actionDim: number; seed: number; normaliser?: Normaliser },
): Stored {
  const { stateDim, actionDim, seed } = input;
  if (input.size < 8) {
    throw new InvalidInputError(`Cannot sketch fewer than 8 held-out rows: current size is ${input.size}`);
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
    "quantiles.halves": vector(marginalsBetweenHalves(joint, seed)),
    size: { shape: [1], data: Int32Array.of(joint.size) },
    seed: { shape: [1], data: Int32Array.of(seed | 0) },
  };
  for (const view of VIEWS) Object.assign(sketch, sketchView(view, viewOf(joint, view, stateDim), seed));
  return sketch;
}

function sketchView(view: View, cloud: Cloud, seed: number): Stored {
  const bandwidth = medianDistance(cloud, seed);
  const splits = halves(cloud.size, seed);
  const { quantiles, betweenHalves: sliced } = sketchSlices(
    cloud,
    randomDirections(seed, view, cloud.dim),
    splits,
  );
  const { features, betweenHalves: mmd } = sketchFeatures(cloud, seed, view, bandwidth, splits);
  return {
    [`${view}.quantiles`]: { shape: [DIRECTIONS, LEVELS], data: quantiles },
    [`${view}.features`]: vector(features),
    [`${view}.bandwidth`]: vector(Float32Array.of(bandwidth)),
    [`${view}.halves`]: vector(Float32Array.of(sliced, mmd)),
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

/** Random splits of the rows into halves that are compared: 0 or 1 for each row, 2 for an odd one left over. */
function halves(size: number, seed: number): Uint8Array[] {
  const rng = createRng(seed, "sketch.halves");
  const half = size >> 1;
  return Array.from({ length: SPLITS }, () => {
    const split = new Uint8Array(size);
    rng.permutation(size).forEach((row, place) => split[row] = Math.floor(place / half));
    return split;
  });
}

/** Mean quantile difference of each dimension between the halves of the splits, `[D]`. */
function marginalsBetweenHalves(cloud: Cloud, seed: number): Float32Array {
  const { dim } = cloud;
  const sums = new Float32Array(dim);
  for (const split of halves(cloud.size, seed)) {
    const [one, other] = [0, 1].map((side) => marginalQuantiles(rowsOf(cloud, split, side)));
    for (let d = 0; d < dim; d++) {
      const range = [d * LEVELS, (d + 1) * LEVELS] as const;
      sums[d]! += meanAbsoluteDifference(one!.subarray(...range), other!.subarray(...range)) / SPLITS;
    }
  }
  return sums;
}

/** The rows of one side of a split. */
function rowsOf({ values, size, dim }: Cloud, split: Uint8Array, side: number): Cloud {
  const rows = Array.from({ length: size }, (_, row) => row).filter((row) => split[row] === side);
  const chosen = new Float32Array(rows.length * dim);
  rows.forEach((row, place) => chosen.set(values.subarray(row * dim, (row + 1) * dim), place * dim));
  return { values: chosen, size: rows.length, dim };
}

/** Quantiles along every direction, and the mean sliced distance between the halves of each split. */
function sketchSlices(
  cloud: Cloud,
  directions: Float32Array,
  splits: Uint8Array[],
): { quantiles: Float32Array; betweenHalves: number } {
  const { size, dim } = cloud;
  const quantiles = new Float32Array(DIRECTIONS * LEVELS);
  const line = new Float32Array(size), sorted = new Float32Array(size);
  const sides = [new Float32Array(size >> 1), new Float32Array(size >> 1), new Float32Array(1)] as const;
  const order = sorter(size);
  let sum = 0;
  for (let k = 0; k < DIRECTIONS; k++) {
    const rows = order(project(cloud, directions.subarray(k * dim, (k + 1) * dim), line));
    for (let i = 0; i < size; i++) sorted[i] = line[rows[i]!]!;
    quantiles.set(quantilesOf(sorted), k * LEVELS);
    // One sort serves every split: a half read in the order of the whole is in order.
    for (const split of splits) {
      const filled = [0, 0, 0];
      for (let i = 0; i < size; i++) {
        const side = split[rows[i]!]!;
        sides[side as 0 | 1 | 2][filled[side]!++] = sorted[i]!;
      }
      sum += meanAbsoluteDifference(quantilesOf(sides[0]), quantilesOf(sides[1]));
    }
  }
  return { quantiles, betweenHalves: sum / (DIRECTIONS * splits.length) };
}

/**
 * Makes a function that says in which order `size` values ascend. Sorting numbers without a comparison function is an
 * order of magnitude faster, so each value's bits, made to ascend as integers, carry its row along in one number.
 */
function sorter(size: number): (values: Float32Array) => Int32Array {
  const bits = new Uint32Array(size), keys = new Float64Array(size), order = new Int32Array(size);
  return (values) => {
    bits.set(new Uint32Array(values.buffer, values.byteOffset, size));
    for (let i = 0; i < size; i++) {
      const word = bits[i]!;
      keys[i] = ((word & 0x80000000) !== 0 ? ~word >>> 0 : word + 0x80000000) * size + i;
    }
    keys.sort();
    for (let i = 0; i < size; i++) order[i] = keys[i]! % size;
    return order;
  };
}

/** The mean of every random feature, and the mean MMD between the halves of each split. */
function sketchFeatures(
  cloud: Cloud,
  seed: number,
  view: View,
  bandwidth: number,
  splits: Uint8Array[],
): { features: Float32Array; betweenHalves: number } {
  const half = cloud.size >> 1;
  const features = new Float32Array(2 * FREQUENCIES);
  const differences = splits.map(() => new Float32Array(2 * FREQUENCIES));
  visitFeatures(cloud, seed, view, bandwidth, (values, feature) => {
    features[feature] = average(values);
    splits.forEach((split, s) => {
      const sums = [0, 0, 0];
      for (let i = 0; i < values.length; i++) sums[split[i]!]! += values[i]!;
      differences[s]![feature] = (sums[0]! - sums[1]!) / half;
    });
  });
  const distances = differences.map((difference) =>
    featureDistance(difference, new Float32Array(2 * FREQUENCIES))
  );
  return {
    features,
    betweenHalves: distances.reduce((sum, distance) => sum + distance, 0) / distances.length,
  };
}
