/**
 * Whether a network that acts in one step may act in the sampler's place: in the same episodes, or, where nothing is
 * simulated, by its actions and what the critic says of them.
 * @module
 */
import { besideLimit } from "../knobs/beside_limit.ts";
import { dropInterval } from "./intervals.ts";
import { mean } from "./results_matrix.ts";

/** Points of score that the mean may lie below the sampler's. */
export const MAX_MEAN_LOSS = 2;
/** Points of score that the lower 90 % bound of the difference may lie below it. */
export const MAX_BOUND_LOSS = 6;
/** Spreads of the task's returns that the mean value may lie below that of the sampler's actions. */
export const MAX_VALUE_LOSS = 0.05;
/** Actions may be this many times as far from the sampler's as the sampler's are from each other, or this share of the range. */
const MAX_DISTANCE_RATIO = 1.5;
const LEAST_DISTANCE = 0.05;

/** The result of a comparison with the sampler. */
export interface Parity {
  passed: boolean;
  /** Why not. */
  reason?: string;
}

/**
 * Of scores in the same episodes, from common starts.
 *
 * @param way normalised scores, `[n]`
 * @param sampler scores in the same episodes, `[n]`
 * @param seed decides the resamples
 * @returns `difference`: to the sampler, mean over episodes; `low`: its lower 90 % bound, absent with too few episodes to pass
 * @throws {InvalidInputError} if there are not as many of one as of the other
 */
export function scoreParity(
  way: readonly number[],
  sampler: readonly number[],
  seed = 0,
): Parity & { difference: number; low?: number } {
  const interval = dropInterval(way, sampler, 0.9, seed);
  const difference = mean(way) - mean(sampler);
  if (interval === null) return { passed: false, difference, reason: "too few episodes for a bound" };
  const [low] = interval;
  const found = { difference, low };
  if (difference < -MAX_MEAN_LOSS) {
    const { value, limit } = besideLimit(-difference, MAX_MEAN_LOSS);
    const reason = `${value} points below the sampler on average, where ${limit} are allowed`;
    return { ...found, passed: false, reason };
  }
  if (low < -MAX_BOUND_LOSS) {
    const { value, limit } = besideLimit(-low, MAX_BOUND_LOSS);
    const judged = `judged by the lower 90 % bound of ${way.length} episodes`;
    const reason = `may be ${value} points below the sampler (${judged}), where ${limit} are allowed`;
    return { ...found, passed: false, reason };
  }
  return { ...found, passed: true };
}

/**
 * Whether more episodes would hardly change what {@linkcode scoreParity} says: the whole 90 % interval of the difference lies
 * on one side of what the mean may be below the sampler.
 *
 * @param way normalised scores, `[n]`
 * @param sampler scores in the same episodes, `[n]`
 * @param seed decides the resamples
 * @returns false where the interval holds the limit, as with too few episodes
 */
export function isParitySure(way: readonly number[], sampler: readonly number[], seed = 0): boolean {
  const [low, high] = dropInterval(way, sampler, 0.9, seed) ?? [-Infinity, Infinity];
  return low >= -MAX_MEAN_LOSS || high < -MAX_MEAN_LOSS;
}

/**
 * Of actions in the same states and their values.
 *
 * @param distance mean distance to the sampler's actions, as a share of the range
 * @param own the same of the sampler's actions with other noise
 * @param valueDifference mean value minus that of the sampler's actions, in spreads of the task's returns
 * @returns whether it passes, and why not
 */
export function actionParity(
  { distance, own, valueDifference }: { distance: number; own: number; valueDifference: number },
): Parity {
  if (valueDifference < -MAX_VALUE_LOSS) {
    const { value, limit } = besideLimit(-valueDifference, MAX_VALUE_LOSS, 2);
    const reason = `its actions are worth ${value} spreads less by the critic, where ${limit} are allowed`;
    return { passed: false, reason };
  }
  const most = Math.max(LEAST_DISTANCE, MAX_DISTANCE_RATIO * own);
  if (distance > most) {
    const { value, limit } = besideLimit(100 * distance, 100 * most);
    const reason =
      `its actions are ${value} % of the range from the sampler's: at most ${limit} % is allowed`;
    return { passed: false, reason };
  }
  return { passed: true };
}
