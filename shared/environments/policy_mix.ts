import { SNAPSHOTS } from "./policy.ts";

/** Shares of the episodes by who acts; they add up to 1. All policies act with noise. */
export interface PolicyMix {
  /** uniformly random actions */
  readonly random: number;
  /** the policy after about 20 % of its training */
  readonly early: number;
  /** the policy after about half of its training */
  readonly medium: number;
  /** the trained policy */
  readonly final: number;
}

/** A mix as in common offline benchmarks: a fifth random, a third half-trained, half good. */
export const DEFAULT_MIX: PolicyMix = { random: 0.2, early: 0.15, medium: 0.15, final: 0.5 };

/** One of those who act. */
export type Actor = keyof PolicyMix;
/** All of them, in the order of their episodes in a dataset. */
export const ACTORS: readonly Actor[] = ["random", ...SNAPSHOTS];

/**
 * Episodes for each actor of a {@link PolicyMix}.
 *
 * @param mix shares that add up to 1
 * @param episodes in all
 * @returns whole numbers that add up to `episodes`
 */
export function episodeCounts(mix: PolicyMix, episodes: number): Record<Actor, number> {
  return countsOfShares(ACTORS, mix, episodes);
}

/**
 * Episodes for each of those who act: shares rounded by largest remainder, so that they add up to `episodes`.
 *
 * @param actors in the order in which rests are given out
 * @param mix shares that add up to 1
 * @param episodes in all
 * @returns whole numbers by actor
 * @throws {RangeError} for an invalid number of episodes, and shares that do not add up
 */
export function countsOfShares<Name extends string>(
  actors: readonly Name[],
  mix: Readonly<Record<Name, number>>,
  episodes: number,
): Record<Name, number> {
  if (!Number.isInteger(episodes) || episodes < 1) {
    throw new RangeError(
      `Cannot collect as episodes must be a positive integer: current value is ${episodes}`,
    );
  }
  const total = actors.reduce((sum, actor) => sum + mix[actor], 0);
  if (!actors.every((actor) => mix[actor] >= 0) || Math.abs(total - 1) > 1e-6) {
    throw new RangeError(
      `Cannot collect as the shares of the mix must be >= 0 and add up to 1: current value is ${
        JSON.stringify(mix)
      }`,
    );
  }
  // The small term keeps 0.15 * 20 = 3 from falling to 2 by rounding.
  const whole = actors.map((actor) => Math.floor(mix[actor] * episodes + 1e-9));
  const missing = episodes - whole.reduce((sum, count) => sum + count, 0);
  const byRemainder = actors.map((_, i) => i).sort((i, j) =>
    (mix[actors[j]!] * episodes - whole[j]!) - (mix[actors[i]!] * episodes - whole[i]!)
  );
  byRemainder.slice(0, missing).forEach((i) => whole[i]!++);
  return Object.fromEntries(actors.map((actor, i) => [actor, whole[i]!])) as Record<Name, number>;
}
