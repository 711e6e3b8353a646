/**
 * Noise in the place of pseudo-pairs: the control of every source of replay.
 * @module
 */
import { type Bounds, denormalise, normalisedLimits, type Normaliser } from "../numerics/normaliser.ts";
import { createRng, type Rng } from "../numerics/rng.ts";

/**
 * Pairs that know no more of a task than its limits: every number uniform over the range that holds nearly all of its rows
 * (normalised -1 to 1, within its min and max).
 *
 * @param normaliser of the task
 * @param count of pairs
 * @param seed decides the numbers
 * @returns raw units; discrete actions are chosen by their greatest number
 */
export function noisePairs(
  normaliser: Normaliser,
  count: number,
  seed: number,
): { states: Float32Array; actions: Float32Array } {
  return {
    states: noiseWithin(normaliser.states, count, createRng(seed, "noise.states")),
    actions: noiseWithin(normaliser.actions, count, createRng(seed, "noise.actions")),
  };
}

function noiseWithin(bounds: Bounds, count: number, rng: Rng): Float32Array {
  const { low, high } = normalisedLimits(bounds);
  const dim = low.length;
  const rows = Float32Array.from({ length: count * dim }, (_, i) => {
    const from = Math.max(low[i % dim]!, -1);
    const to = Math.min(high[i % dim]!, 1);
    return from + (to - from) * rng.uniform();
  });
  return denormalise(rows, bounds);
}
