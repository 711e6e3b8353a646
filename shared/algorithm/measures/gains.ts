/**
 * Two policies side by side on the same tasks: the mean score of each, and by how much one is better.
 * @module
 */
import { createRng } from "../numerics/rng.ts";
import { MIN_EPISODES } from "../knobs/evaluation_knobs.ts";
import { fallOf } from "./drops.ts";
import { bootstrapInterval, type Interval, type Measured, quantile } from "./intervals.ts";
import { mean } from "./results_matrix.ts";

/** By how much the mean score over some tasks is greater. `paired`: episode i of both started in the same state. */
export interface Gain {
  gain: number;
  /** 90 % over episodes; null with fewer than {@link MIN_EPISODES}. */
  interval: Interval | null;
  /** Of each task, of the side that has fewer. */
  episodes: number;
  paired: boolean;
}

const RESAMPLES = 4_000;

/**
 * The mean score over tasks with its 90 % bootstrap interval over episodes: of each task episodes are drawn again.
 *
 * @param tasks `[task][episode]` scores, at least one task, none of them empty
 * @returns the mean, and its interval where there are enough episodes
 */
export function averageInterval(tasks: readonly (readonly number[])[], seed = 0): Measured {
  const average = mean(tasks.map(mean));
  const episodes = Math.min(...tasks.map(({ length }) => length));
  if (episodes < MIN_EPISODES) return { mean: average, low: null, high: null, episodes };
  const [only] = tasks;
  const [low, high] = tasks.length === 1
    ? bootstrapInterval(only!, 0.9, seed)
    : intervalOf((draw) => mean(tasks.map((scores) => mean(draw(scores)))), seed);
  return { mean: average, low, high, episodes };
}

/**
 * By how much `ours` is better than `theirs` on average over tasks, with a 90 % interval over episodes. Where episodes started alike,
 * differences are taken episode by episode, as {@link fallOf} does, and the chance of the start cancels; else both are drawn again by
 * themselves, and the interval is wider.
 *
 * @param ours `[task][episode]` scores, at least one task, none of them empty
 * @param theirs the same of the other policy on the same tasks, in the same order
 * @returns the mean of ours less theirs, and its interval where there are enough episodes
 */
export function gainOf(
  ours: readonly (readonly number[])[],
  theirs: readonly (readonly number[])[],
  { paired, seed = 0 }: { paired: boolean; seed?: number },
): Gain {
  if (paired) {
    const { drop, interval, episodes } = fallOf(
      ours.map((before, task) => ({ before, after: theirs[task]! })),
    );
    return { gain: drop, interval, episodes, paired };
  }
  const gain = mean(ours.map(mean)) - mean(theirs.map(mean));
  const episodes = Math.min(...[...ours, ...theirs].map(({ length }) => length));
  const drawn = (draw: Draw, tasks: readonly (readonly number[])[]) =>
    mean(tasks.map((scores) => mean(draw(scores))));
  const interval = episodes < MIN_EPISODES
    ? null
    : intervalOf((draw) => drawn(draw, ours) - drawn(draw, theirs), seed);
  return { gain, interval, episodes, paired };
}

type Draw = (values: readonly number[]) => readonly number[];

function intervalOf(statistic: (draw: Draw) => number, seed: number): Interval {
  const rng = createRng(seed, "bootstrap over episodes");
  const draw: Draw = (values) => values.map(() => values[rng.integer(values.length)]!);
  const draws = Float64Array.from({ length: RESAMPLES }, () => statistic(draw)).sort();
  return [quantile(draws, 0.05), quantile(draws, 0.95)];
}
