/**
 * The plane in which a task's states vary most, by the covariance in its sketch, and states in it. Pure.
 * @module
 */
import type { Memory } from "@cugro/client";

/** A sketch's statistics of real rows. */
type Real = NonNullable<Memory["real"]>;

/** Two directions in normalised coordinates, and the spread along each. */
export interface Plane {
  axes: readonly [Float64Array, Float64Array];
  deviations: readonly [number, number];
}

/** Rounds of the power method: by far enough for a picture. */
const ROUNDS = 300;

/** The two main directions of the states. */
export function planeOf({ covariance }: Pick<Real, "covariance">, stateDim: number): Plane {
  const matrix = covariance.slice(0, stateDim).map((row) => Float64Array.from(row.slice(0, stateDim)));
  const first = mainDirection(matrix, 1);
  const variance = spread(matrix, first);
  // The first direction's share is subtracted.
  const rest = matrix.map((row, i) => row.map((value, j) => value - variance * first[i]! * first[j]!));
  const second = mainDirection(rest, 2);
  return {
    axes: [first, second],
    deviations: [Math.sqrt(variance), Math.sqrt(Math.max(0, spread(rest, second)))],
  };
}

/** A state in the plane: 0, 0 is the mean of the real ones. */
export function placeIn(
  { axes }: Plane,
  { centre, halfRange, mean }: Real,
  state: ArrayLike<number>,
): [number, number] {
  const along = (axis: Float64Array) =>
    axis.reduce((sum, part, d) => sum + part * ((state[d]! - centre[d]!) / halfRange[d]! - mean[d]!), 0);
  return [along(axes[0]), along(axes[1])];
}

/** The state at a quantile of the first coordinate. @returns its place among them */
export function atShare(places: readonly (readonly [number, number])[], share: number): number {
  const order = places.map((_, i) => i).sort((a, b) => places[a]![0] - places[b]![0]);
  return order[Math.round(share * (order.length - 1))] ?? 0;
}

function mainDirection(matrix: readonly Float64Array[], start: number): Float64Array {
  let direction = Float64Array.from(matrix, (_, d) => Math.cos(start * (d + 1)));
  for (let round = 0; round < ROUNDS; round++) {
    const next = Float64Array.from(
      matrix,
      (row) => row.reduce((sum, value, j) => sum + value * direction[j]!, 0),
    );
    const length = Math.hypot(...next);
    if (length < 1e-12) break;
    direction = next.map((value) => value / length);
  }
  const length = Math.hypot(...direction);
  // The sign of a direction: its largest component is positive.
  const greatest = direction.reduce((most, value) => Math.abs(value) > Math.abs(most) ? value : most, 0);
  return direction.map((value) => value / (length * Math.sign(greatest || 1)));
}

function spread(matrix: readonly Float64Array[], direction: Float64Array): number {
  return matrix.reduce(
    (sum, row, i) => sum + direction[i]! * row.reduce((part, value, j) => part + value * direction[j]!, 0),
    0,
  );
}
