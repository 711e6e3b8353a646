/**
 * The noise of those who ask: each keeps its place in its own from batch to batch, whatever comes between.
 * @module
 */
import { type ActionNoise, type NoiseShare, openNoise } from "@cugro/algorithm/arrays";
import type { NoiseOf } from "./running_policy.ts";

/** The places of all who are not done. */
export interface AskerNoise {
  /** The noise of a batch. */
  sharesOf(noise: readonly NoiseOf[]): NoiseShare[];
  /** The asker will not come back. */
  forget(asker: number): void;
}

/**
 * Keeps the noise of requests that are answered in several calls, each at its place in its own sequence.
 *
 * @returns no requests yet
 */
export function createAskerNoise(): AskerNoise {
  const places = new Map<number, ActionNoise>();
  return {
    sharesOf: (noise) =>
      noise.map(({ asker, seed, rows, last }) => {
        const own = places.get(asker) ?? openNoise(seed);
        if (last) places.delete(asker);
        else places.set(asker, own);
        return { noise: own, rows };
      }),
    forget: (asker) => void places.delete(asker),
  };
}
