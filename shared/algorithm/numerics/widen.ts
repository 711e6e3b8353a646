/**
 * The normaliser of a task whose dataset has grown.
 * @module
 */
import type { Bounds, Normaliser } from "./normaliser.ts";

/**
 * N_i as it was, with limits that hold the rows of the grown dataset as well: centre and half-range are what the weights
 * of all versions are used to, and stay; samples are clamped to min and max, and these must not cut off what is new.
 *
 * @param whole fitted to the rows of the grown dataset
 * @param normaliser that the weights were trained with
 * @returns its centre and half-range, min and max of both
 */
export function widenNormaliser(normaliser: Normaliser, whole: Normaliser): Normaliser {
  return {
    states: widen(normaliser.states, whole.states),
    actions: widen(normaliser.actions, whole.actions),
  };
}

function widen(bounds: Bounds, whole: Bounds): Bounds {
  return {
    ...bounds,
    min: bounds.min.map((value, d) => Math.min(value, whole.min[d]!)),
    max: bounds.max.map((value, d) => Math.max(value, whole.max[d]!)),
  };
}
