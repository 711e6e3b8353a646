/**
 * Classifier two-sample test: can a logistic regression on linear and quadratic features tell two clouds apart?
 * @module
 */
import { type Cloud, randomDirections } from "./point_clouds.ts";

const SQUARES = 128;
const FIT_STEPS = 100;

/**
 * Area under the ROC curve of a classifier fitted on the even rows of both clouds, measured on the odd ones: 0.5 = cannot
 * tell `generated` from `real`, 1 = always can.
 * Source: classifier two-sample test (Lopez-Paz and Oquab 2017).
 *
 * @param real points `[n, dim]`
 * @param generated points `[m, dim]`
 * @param seed decides the classifier
 * @returns 0 to 1
 */
export function twoSampleAuc(real: Cloud, generated: Cloud, seed: number): number {
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

/** Weighted sum of the row that starts at `at`, plus the bias; four sums that do not wait for each other. */
function score(rows: Float32Array, at: number, weights: Float64Array): number {
  const width = weights.length - 1, whole = width - width % 4;
  let a = weights[width]!, b = 0, c = 0, d = 0, f = 0;
  for (; f < whole; f += 4) {
    a += rows[at + f]! * weights[f]!;
    b += rows[at + f + 1]! * weights[f + 1]!;
    c += rows[at + f + 2]! * weights[f + 2]!;
    d += rows[at + f + 3]! * weights[f + 3]!;
  }
  for (; f < width; f++) a += rows[at + f]! * weights[f]!;
  return a + b + (c + d);
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
