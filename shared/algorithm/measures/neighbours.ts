/**
 * Nearest neighbours by brute force over typed arrays: neighbour balls (precision and recall) and nearest distances
 * (copies). All distances are squared.
 * @module
 */
import type { Cloud } from "./point_clouds.ts";

/** Dimensions summed between two looks at whether a distance is already too great. */
const BLOCK = 4;

/** Squared distances of point `i` of `points` to the points `from .. among.size` of `among`, into `out[from ..]`. */
function distancesFrom(points: Cloud, i: number, among: Cloud, from: number, out: Float64Array): void {
  const { dim, values, size } = among;
  const own = points.values.subarray(i * dim, (i + 1) * dim);
  let j = from, at = from * dim;
  // Two points at a time: their sums do not wait for each other.
  for (; j + 1 < size; j += 2, at += dim) {
    let first = 0, second = 0;
    for (let d = 0; d < dim; d++, at++) {
      const a = own[d]! - values[at]!, b = own[d]! - values[at + dim]!;
      first += a * a;
      second += b * b;
    }
    out[j] = first;
    out[j + 1] = second;
  }
  for (; j < size; j++) {
    let sum = 0;
    for (let d = 0; d < dim; d++, at++) sum += square(own[d]! - values[at]!);
    out[j] = sum;
  }
}

/** A product: the power operator is a call. */
function square(value: number): number {
  return value * value;
}

/** Puts `distance` in its place among the ascending `nearest` if it belongs there. */
function insert(nearest: Float64Array, from: number, to: number, distance: number): void {
  let place = to - 1;
  if (distance >= nearest[place]!) return;
  for (; place > from && nearest[place - 1]! > distance; place--) nearest[place] = nearest[place - 1]!;
  nearest[place] = distance;
}

/**
 * Squared distance of each point to its `count`-th nearest other point, `[size]`.
 *
 * @param cloud points `[size, dim]`
 * @param count k, less than the size
 * @returns `[size]`, squared
 */
export function neighbourRadii(cloud: Cloud, count: number): Float64Array {
  const nearest = new Float64Array(cloud.size * count).fill(Infinity);
  const row = new Float64Array(cloud.size);
  for (let i = 0; i < cloud.size; i++) {
    distancesFrom(cloud, i, cloud, i + 1, row);
    for (let j = i + 1; j < cloud.size; j++) {
      insert(nearest, i * count, (i + 1) * count, row[j]!);
      insert(nearest, j * count, (j + 1) * count, row[j]!);
    }
  }
  return Float64Array.from({ length: cloud.size }, (_, i) => nearest[(i + 1) * count - 1]!);
}

/**
 * Share of the points of each cloud that lie in the ball of some point of the other.
 * Source: improved precision and recall (Kynkäänniemi et al. 2019).
 *
 * @param radii of `first` and of `second`: squared, `[size]` each
 * @param first points `[n, dim]`
 * @param second points `[m, dim]`
 * @returns precision and recall, 0 to 1
 */
export function sharesInside(
  first: Cloud,
  second: Cloud,
  radii: readonly [Float64Array, Float64Array],
): [number, number] {
  const covered = new Uint8Array(second.size);
  const row = new Float64Array(second.size);
  let inside = 0;
  for (let i = 0; i < first.size; i++) {
    distancesFrom(first, i, second, 0, row);
    const own = radii[0][i]!;
    let found = 0;
    for (let j = 0; j < second.size; j++) {
      if (row[j]! <= radii[1][j]!) found = 1;
      if (row[j]! <= own) covered[j] = 1;
    }
    inside += found;
  }
  return [inside / first.size, covered.reduce((sum, value) => sum + value, 0) / second.size];
}

/**
 * Squared distance of each point to the nearest of `among`, `[points.size]`.
 *
 * @param points `[n, dim]`
 * @param among `[m, dim]`
 * @returns `[n]`, squared
 */
export function nearestDistances(points: Cloud, among: Cloud): Float64Array {
  const { dim, values, size } = among;
  const whole = dim - dim % BLOCK;
  return Float64Array.from({ length: points.size }, (_, i) => {
    const own = points.values.subarray(i * dim, (i + 1) * dim);
    let nearest = Infinity;
    for (let j = 0, at = 0; j < size; j++, at += dim) {
      let sum = 0, d = 0;
      for (; d < whole && sum < nearest; d += BLOCK) {
        const a = own[d]! - values[at + d]!, b = own[d + 1]! - values[at + d + 1]!;
        const c = own[d + 2]! - values[at + d + 2]!, e = own[d + 3]! - values[at + d + 3]!;
        sum += a * a + b * b + (c * c + e * e);
      }
      if (sum >= nearest) continue;
      for (; d < dim; d++) sum += square(own[d]! - values[at + d]!);
      if (sum < nearest) nearest = sum;
    }
    return nearest;
  });
}
