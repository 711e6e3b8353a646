/**
 * How sure a figure is: intervals over episodes or seeds, and from how many episodes there is none.
 *
 * Over training seeds an interval is one of the method; over episodes of one seed it only says how well that one policy
 * was measured. No interval here is corrected for having been chosen: of the worst of many drops, the bound is of that drop.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import { MIN_EPISODES } from "../knobs/evaluation_knobs.ts";
import { createRng } from "../numerics/rng.ts";
import { type Anchors, mean, normalisedScore } from "./results_matrix.ts";

/** A two-sided interval, `[low, high]`. */
export type Interval = [low: number, high: number];

/** A mean with its 90 % interval over `episodes`; both bounds are null with fewer than {@link MIN_EPISODES}. */
export interface Measured {
  mean: number;
  low: number | null;
  high: number | null;
  episodes: number;
}

/**
 * Percentile bootstrap interval of a statistic (Continual World: 90 %, 4,000 resamples).
 *
 * @param values independent values, at least one
 * @param level coverage in (0, 1)
 * @param seed decides the resamples
 * @param statistic of a resample
 * @param resamples their number
 * @returns low and high
 * @throws {InvalidInputError} without a value, or for a level outside (0, 1)
 */
export function bootstrapInterval(
  values: readonly number[],
  level = 0.9,
  seed = 0,
  statistic: (values: readonly number[]) => number = mean,
  resamples = 4_000,
): Interval {
  if (!(level > 0 && level < 1)) {
    throw new InvalidInputError(`Level must be in (0, 1): current value is ${level}`);
  }
  if (values.length === 0) throw new InvalidInputError("Cannot bootstrap as there is no value");
  const draws = new Float64Array(resamples);
  const chosen = placesOf(seed, values.length, resamples);
  const sample = new Array<number>(values.length);
  for (let b = 0, at = 0; b < resamples; b++) {
    if (statistic === mean) {
      // The same sum in the same order as `mean` has it.
      let sum = 0;
      for (let i = 0; i < values.length; i++) sum += values[chosen[at++]!]!;
      draws[b] = sum / values.length;
      continue;
    }
    for (let i = 0; i < values.length; i++) sample[i] = values[chosen[at++]!]!;
    draws[b] = statistic(sample);
  }
  draws.sort();
  return [quantile(draws, (1 - level) / 2), quantile(draws, (1 + level) / 2)];
}

/** With more values than this, places are drawn again each time: they would take megabytes. */
const REMEMBERED_VALUES = 100;
/** Kinds of interval whose draws are kept; a learner has one for each task. */
const REMEMBERED_DRAWS = 64;
const remembered = new Map<string, Uint8Array>();

/**
 * Which values each resample takes, one resample after the other. They follow from the seed, and a learner's cells share one for each
 * task: drawn once, hundreds of versions take a third of the time.
 */
function placesOf(seed: number, values: number, resamples: number): ArrayLike<number> {
  const name = `${seed} ${values} ${resamples}`;
  const known = remembered.get(name);
  if (known) return known;
  const rng = createRng(seed, "bootstrap");
  const places = new (values > REMEMBERED_VALUES ? Uint32Array : Uint8Array)(values * resamples);
  for (let i = 0; i < places.length; i++) places[i] = rng.integer(values);
  if (places instanceof Uint8Array) {
    remembered.set(name, places);
    if (remembered.size > REMEMBERED_DRAWS) remembered.delete(remembered.keys().next().value!);
  }
  return places;
}

/**
 * The p-quantile of sorted values, linear between neighbours (`numpy.quantile`).
 *
 * @param sorted values, rising, at least one
 * @param p 0 to 1
 * @returns in the unit of the values
 */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  return below + 1 < sorted.length ? low + (place - below) * (sorted[below + 1]! - low) : low;
}

/**
 * Mean normalised score of some episodes' returns, with its bootstrap interval over those episodes.
 *
 * @param returns of each episode, raw
 * @param anchors returns that score 0 and 100
 * @param seed decides the resamples
 * @param level coverage in (0, 1)
 * @returns score with low and high
 */
export function scoreInterval(returns: readonly number[], anchors: Anchors, seed = 0, level = 0.9): Measured {
  const scores = returns.map((ret) => normalisedScore(ret, anchors));
  const [low, high] = scores.length < MIN_EPISODES ? [null, null] : bootstrapInterval(scores, level, seed);
  return { mean: mean(scores), low, high, episodes: scores.length };
}

/** z of the 90 % two-sided interval. */
const Z90 = 1.6448536269514722;

/**
 * Score 100 * p of a success rate p with its 90 % Wilson interval (Wilson 1927): unlike a bootstrap's it has a width where
 * every episode fails, or none does. Shares of success between 0 and 1 vary less than 0 and 1 do, so that it is wide enough.
 *
 * @param success of each episode, 0 to 1, at least one
 * @returns score with low and high, in percent
 */
export function successInterval(success: readonly number[]): Measured {
  const rate = mean(success), n = success.length;
  if (n < MIN_EPISODES) return { mean: 100 * rate, low: null, high: null, episodes: n };
  const squared = Z90 * Z90 / n;
  const centre = (rate + squared / 2) / (1 + squared);
  const half = Z90 * Math.sqrt(rate * (1 - rate) / n + squared / (4 * n)) / (1 + squared);
  // Exactly 0 and 100 at the ends, where rounding would leave a trace.
  const low = rate === 0 ? 0 : 100 * (centre - half), high = rate === 1 ? 100 : 100 * (centre + half);
  return { mean: 100 * rate, low, high, episodes: n };
}

/**
 * Interval of the drop `mean(before) - mean(after)` in score. Episode i of both must have started in the same state,
 * so that differences are taken per episode and the chance of the start cancels.
 *
 * @param before normalised scores of the better earlier version, `[n]`
 * @param after normalised scores of the newer version on the same start states, `[n]`
 * @param level coverage in (0, 1)
 * @param seed decides the resamples
 * @returns null with fewer than {@link MIN_EPISODES} pairs
 * @throws {InvalidInputError} if the lists are of different length
 */
export function dropInterval(
  before: readonly number[],
  after: readonly number[],
  level = 0.9,
  seed = 0,
): Interval | null {
  if (before.length !== after.length) {
    throw new InvalidInputError(`Cannot pair episodes as there are ${before.length} and ${after.length}`);
  }
  if (before.length < MIN_EPISODES) return null;
  return bootstrapInterval(before.map((score, i) => score - after[i]!), level, seed);
}

/**
 * Interval of the difference `mean(one) - mean(other)` of scores whose episodes share nothing: each side is resampled by itself. Where
 * episodes started alike, {@link dropInterval} is narrower.
 *
 * @param one `[episode]` scores
 * @param other `[episode]` scores
 * @returns null with fewer than {@link MIN_EPISODES} on either side
 */
export function differenceInterval(
  one: readonly number[],
  other: readonly number[],
  level = 0.9,
  seed = 0,
  resamples = 4_000,
): Interval | null {
  if (Math.min(one.length, other.length) < MIN_EPISODES) return null;
  const rng = createRng(seed, "difference");
  const resampled = (values: readonly number[]) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[rng.integer(values.length)]!;
    return sum / values.length;
  };
  const draws = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) draws[b] = resampled(one) - resampled(other);
  draws.sort();
  return [quantile(draws, (1 - level) / 2), quantile(draws, (1 + level) / 2)];
}
