/**
 * States beside those of the data, for which the sampler and the parent's networks have an answer, too. A network that has only
 * seen the data's states is wrong where its own small errors lead it.
 * @module
 */
import type { Bounds } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";

/**
 * Every second row with normal noise added, of `scale` half-ranges in each dimension; nothing is added to what is the same
 * in all of the data.
 *
 * @param states `[n, S]` raw
 * @param seed decides the noise
 * @param bounds half-range, min and max of the task's states, `[S]` each
 * @param scale standard deviation, in half-ranges
 * @returns `[n, S]`, raw units, within the task's limits
 */
export function perturbStates(
  states: Float32Array,
  { halfRange, min, max }: Pick<Bounds, "halfRange" | "min" | "max">,
  scale: number,
  seed: number,
): Float32Array {
  if (scale === 0) return states;
  const dim = halfRange.length;
  const spread = halfRange.map((half, d) => min[d] === max[d] ? 0 : scale * half);
  const perturbed = states.slice();
  const noise = createRng(seed, "distillation.perturbed");
  for (let at = dim; at < states.length; at += 2 * dim) {
    for (let d = 0; d < dim; d++) perturbed[at + d]! += spread[d]! * noise.normal();
  }
  return perturbed;
}
