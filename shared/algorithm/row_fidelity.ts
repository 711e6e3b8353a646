/**
 * Fidelity that needs real rows, so it is measured in the version that learns the task, while its data is there:
 * precision and recall, a two-sample test, and whether the generator memorised. Over (state, action) pairs in
 * normalised coordinates; each figure has the same figure of real rows against real rows beside it.
 * @module
 */
import type { Normaliser } from "./normaliser.ts";
import { type Cloud, cloudOf, randomDirections, type Rows } from "./point_clouds.ts";

const MAX_QUERIES = 2_000;
const MAX_TRAIN_ROWS = 20_000;
const NEIGHBOURS = 5;
const SQUARES = 128;
const FIT_STEPS = 150;
/** Quantile of held-out distances below which a pseudo row counts as a copy. */
const COPY_QUANTILE = 0.01;

/** Row metrics; those under `real` take real train rows in place of the pseudo rows. */
export interface RowFidelity {
  /** Share of pseudo rows within the 5-nearest-neighbour ball of some held-out row (Kynkaanniemi et al. 2019). */
  precision: number;
  /** Share of held-out rows within such a ball of some pseudo row. */
  recall: number;
  /** Area under the ROC curve of a classifier telling pseudo from held-out rows: 0.5 = cannot, 1 = always. */
  auc: number;
  /**
   * Share of pseudo rows nearer to a train row than real held-out rows are at their 1 % quantile: about 0.01 for a
   * generator that knows no more about train rows than about held-out ones, 1 for one that copies.
   */
  memorisation: number;
  real: { precision: number; recall: number; auc: number };
}

/**
 * Compares pseudo rows with real ones row by row; looks at 2,000 of each at most (20,000 train rows for copies).
 * @param input.train rows the generator was trained on, raw
 * @param input.heldOut rows it never saw, raw
 * @param input.pseudo its samples, raw
 * @throws RangeError with fewer than 16 rows of a kind
 */
export function rowFidelity(
  input: {
    train: Rows;
    heldOut: Rows;
    pseudo: Rows;
    normaliser: Normaliser;
    stateDim: number;
    actionDim: number;
    seed: number;
  },
): RowFidelity {
  const { train, heldOut, pseudo, seed } = input;
  for (const [name, rows] of Object.entries({ train, heldOut, pseudo })) {
    if (rows.size < 16) {
      throw new RangeError(`Cannot compare rows as ${name} needs at least 16: current size is ${rows.size}`);
    }
  }
  const size = Math.min(MAX_QUERIES, heldOut.size, pseudo.size, train.size);
  const real = normalisedRows(input, heldOut, size);
  const generated = normalisedRows(input, pseudo, size);
  const trained = normalisedRows(input, train, size);
  return {
    ...coverage(real, generated),
    auc: twoSampleAuc(real, generated, seed),
    memorisation: copies(normalisedRows(input, train, MAX_TRAIN_ROWS), real, generated),
    real: { ...coverage(real, trained), auc: twoSampleAuc(real, trained, seed) },
  };
}

function normalisedRows(
  input: { normaliser: Normaliser; stateDim: number; actionDim: number },
  rows: Rows,
  maxRows: number,
): Cloud {
  const { states, actions } = input.normaliser;
  const coordinates = {
    centre: Float32Array.of(...states.centre, ...actions.centre),
    halfRange: Float32Array.of(...states.halfRange, ...actions.halfRange),
  };
  return cloudOf(rows, input.stateDim, input.actionDim, coordinates, maxRows);
}

/** Squared distance of two points, given up (as a number above `limit`) once it exceeds `limit`. */
function squaredDistance(a: Cloud, i: number, b: Cloud, j: number, limit: number): number {
  let sum = 0;
  for (let d = 0, at = i * a.dim, bt = j * b.dim; d < a.dim && sum <= limit; d++, at++, bt++) {
    const difference = a.values[at]! - b.values[bt]!;
    sum += difference * difference;
  }
  return sum;
}

/** Squared distance of each point to its k-th nearest other point. */
function neighbourRadii(cloud: Cloud): Float64Array {
  const nearest = new Float64Array(NEIGHBOURS);
  return Float64Array.from({ length: cloud.size }, (_, i) => {
    nearest.fill(Infinity);
    for (let j = 0; j < cloud.size; j++) {
      if (j === i) continue;
      const distance = squaredDistance(cloud, i, cloud, j, nearest[NEIGHBOURS - 1]!);
      if (distance >= nearest[NEIGHBOURS - 1]!) continue;
      let place = NEIGHBOURS - 1;
      while (place > 0 && nearest[place - 1]! > distance) nearest[place] = nearest[--place]!;
      nearest[place] = distance;
    }
    return nearest[NEIGHBOURS - 1]!;
  });
}

function coverage(real: Cloud, generated: Cloud): { precision: number; recall: number } {
  return { precision: shareInside(generated, real), recall: shareInside(real, generated) };
}

/** Share of points that lie in the neighbour ball of some centre. */
function shareInside(points: Cloud, centres: Cloud): number {
  const radii = neighbourRadii(centres);
  let inside = 0;
  for (let i = 0; i < points.size; i++) {
    for (let j = 0; j < centres.size; j++) {
      if (squaredDistance(points, i, centres, j, radii[j]!) <= radii[j]!) {
        inside++;
        break;
      }
    }
  }
  return inside / points.size;
}

function copies(train: Cloud, heldOut: Cloud, pseudo: Cloud): number {
  const honest = nearestDistances(heldOut, train).sort();
  const threshold = honest[Math.floor(COPY_QUANTILE * honest.length)]!;
  let count = 0;
  for (const distance of nearestDistances(pseudo, train)) if (distance <= threshold) count++;
  return count / pseudo.size;
}

function nearestDistances(points: Cloud, among: Cloud): Float64Array {
  return Float64Array.from({ length: points.size }, (_, i) => {
    let nearest = Infinity;
    for (let j = 0; j < among.size; j++) {
      nearest = Math.min(nearest, squaredDistance(points, i, among, j, nearest));
    }
    return nearest;
  });
}

/** Classifier two-sample test: fitted on the even rows of both, its AUC measured on the odd ones. */
function twoSampleAuc(real: Cloud, generated: Cloud, seed: number): number {
  const width = real.dim + SQUARES;
  const features = standardise(quadraticFeatures(real, seed), quadraticFeatures(generated, seed), width);
  const weights = fitLogistic(features, width);
  const scores = features.map((rows) => {
    const odd: number[] = [];
    for (let i = 1; i < rows.length / width; i += 2) odd.push(score(rows, i * width, weights));
    return odd;
  });
  return areaUnderCurve(scores[0]!, scores[1]!);
}

/** Coordinates and the squares of 128 random projections: linear and quadratic differences can be seen. */
function quadraticFeatures(cloud: Cloud, seed: number): Float32Array {
  const { dim, size, values } = cloud;
  const width = dim + SQUARES;
  const directions = randomDirections(seed, "joint", dim);
  const features = new Float32Array(size * width);
  for (let i = 0; i < size; i++) {
    features.set(values.subarray(i * dim, (i + 1) * dim), i * width);
    for (let k = 0; k < SQUARES; k++) {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += values[i * dim + d]! * directions[k * dim + d]!;
      features[i * width + dim + k] = sum * sum;
    }
  }
  return features;
}

/** Both to the mean and deviation of the first, in place. */
function standardise(first: Float32Array, second: Float32Array, width: number): [Float32Array, Float32Array] {
  for (let f = 0; f < width; f++) {
    let sum = 0, squares = 0;
    for (let at = f; at < first.length; at += width) {
      sum += first[at]!;
      squares += first[at]! ** 2;
    }
    const count = first.length / width;
    const mean = sum / count;
    const deviation = Math.max(Math.sqrt(Math.max(squares / count - mean * mean, 0)), 1e-6);
    for (const rows of [first, second]) {
      for (let at = f; at < rows.length; at += width) {
        rows[at] = Math.max(-5, Math.min(5, (rows[at]! - mean) / deviation));
      }
    }
  }
  return [first, second];
}

function score(rows: Float32Array, at: number, weights: Float64Array): number {
  let sum = weights[weights.length - 1]!;
  for (let f = 0; f < weights.length - 1; f++) sum += rows[at + f]! * weights[f]!;
  return sum;
}

/** Logistic regression on the even rows by Adam over the full batch with a small ridge; the last weight is the bias. */
function fitLogistic(classes: [Float32Array, Float32Array], width: number): Float64Array {
  const weights = new Float64Array(width + 1),
    first = new Float64Array(width + 1),
    second = new Float64Array(width + 1);
  for (let step = 1; step <= FIT_STEPS; step++) {
    const gradient = Float64Array.from(weights, (weight) => 1e-3 * weight);
    classes.forEach((rows, label) => {
      const count = Math.ceil(rows.length / width / 2);
      for (let at = 0; at < rows.length; at += 2 * width) {
        const error = (1 / (1 + Math.exp(-score(rows, at, weights))) - label) / (2 * count);
        for (let f = 0; f < width; f++) gradient[f]! += error * rows[at + f]!;
        gradient[width]! += error;
      }
    });
    const rate = 0.05 * Math.sqrt(1 - 0.999 ** step) / (1 - 0.9 ** step);
    for (let f = 0; f <= width; f++) {
      first[f] = 0.9 * first[f]! + 0.1 * gradient[f]!;
      second[f] = 0.999 * second[f]! + 0.001 * gradient[f]! ** 2;
      weights[f]! -= rate * first[f]! / (Math.sqrt(second[f]!) + 1e-8);
    }
  }
  return weights;
}

/** Probability that a score of the second list exceeds one of the first, ties counting half (Mann-Whitney). */
function areaUnderCurve(negatives: number[], positives: number[]): number {
  const sorted = Float64Array.from(negatives).sort();
  const place = (value: number, orEqual: boolean) => {
    let low = 0, high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value || (orEqual && sorted[middle]! === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const wins = positives.reduce((sum, value) => sum + (place(value, false) + place(value, true)) / 2, 0);
  return wins / (sorted.length * positives.length);
}
