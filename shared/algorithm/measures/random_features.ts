/**
 * Kernel means of point clouds by random Fourier features: two clouds are compared by the distance of theirs (MMD). Pure
 * arrays.
 * @module
 */
import { createRng } from "../numerics/rng.ts";
import { average, type Cloud, project, type View } from "./point_clouds.ts";

/** Random frequencies of the kernel mean; each gives a cosine and a sine. */
export const FREQUENCIES = 256;

/**
 * Goes through the random features of a cloud: cosines and sines of random frequencies N(0, 1 / bandwidth^2) (Rahimi
 * and Recht 2007).
 * @param visit called with each feature's values at all points, `[size]` (reused), and its place, 0 .. 2 FREQUENCIES
 */
export function visitFeatures(
  cloud: Cloud,
  seed: number,
  view: View,
  bandwidth: number,
  visit: (values: Float32Array, feature: number) => void,
): void {
  const { size, dim } = cloud;
  const frequencies = createRng(seed, `sketch.frequencies.${view}`).normals(FREQUENCIES * dim);
  const cosines = new Float32Array(size), sines = new Float32Array(size);
  for (let f = 0; f < FREQUENCIES; f++) {
    project(cloud, frequencies.subarray(f * dim, (f + 1) * dim), cosines);
    for (let i = 0; i < size; i++) {
      const angle = cosines[i]! / bandwidth;
      cosines[i] = Math.cos(angle);
      sines[i] = Math.sin(angle);
    }
    visit(cosines, 2 * f);
    visit(sines, 2 * f + 1);
  }
}

/**
 * The mean of each random feature over a cloud, `[2 FREQUENCIES]`.
 * Source: random Fourier features (Rahimi and Recht 2007).
 *
 * @param cloud points `[size, dim]`
 * @param seed decides the frequencies
 * @param view has frequencies of its own
 * @param bandwidth of the Gaussian kernel
 * @returns `[2 FREQUENCIES]`
 */
export function averageFeatures(cloud: Cloud, seed: number, view: View, bandwidth: number): Float32Array {
  const means = new Float32Array(2 * FREQUENCIES);
  visitFeatures(cloud, seed, view, bandwidth, (values, feature) => means[feature] = average(values));
  return means;
}

/**
 * MMD between two kernel means held as averaged features: their distance, with k(x, x) = 1.
 * Source: MMD (Gretton et al. 2012).
 *
 * @param a `[2 FREQUENCIES]`
 * @param b `[2 FREQUENCIES]`
 * @returns at least 0
 */
export function featureDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum / FREQUENCIES);
}
