/**
 * Statistics of runs with several seeds: those of Agarwal et al. 2021 (arXiv 2108.13264), as its package `rliable`
 * computes them. Scores are `[run][task]`; runs of one method on one or more streams, whose tasks stand side by side.
 * @module
 */
import { createRng } from "../numerics/rng.ts";
import { quantile } from "./intervals.ts";
import { interquartileMean, mean } from "./results_matrix.ts";

/** Scores of a method: `[run][task]`, every run with the same tasks. */
export type Scores = readonly (readonly number[])[];

/** A figure with its interval; the bounds are null where there are fewer than {@link MIN_RUNS} runs. */
export interface OverRuns {
  value: number;
  low: number | null;
  high: number | null;
  runs: number;
}

/** From fewer runs a bootstrap says what the runs were, and no more. */
export const MIN_RUNS = 3;
const RESAMPLES = 2_000;
const LEVEL = 0.95;

/**
 * The interquartile mean over runs and tasks together, with a stratified bootstrap interval: tasks stay, the runs of each are drawn
 * again (Agarwal et al. 2021, section 4).
 *
 * @param scores `[run][task]`
 * @returns the mean of the middle half, and its 95 % interval
 */
export function interquartileMeanOver(scores: Scores, seed = 0): OverRuns {
  const tasks = columns(scores);
  return interval(
    () => interquartileMean(tasks.flat()),
    scores.length,
    seed,
    (draw) => interquartileMean(tasks.flatMap((column) => draw(column))),
  );
}

/**
 * The mean of one figure a run, with its bootstrap interval over runs.
 *
 * @param values `[run]`
 * @returns the mean, NaN of no run, and its 95 % interval
 */
export function meanOver(values: readonly number[], seed = 0): OverRuns {
  if (values.length === 0) return { value: NaN, low: null, high: null, runs: 0 };
  return interval(() => mean(values), values.length, seed, (draw) => mean(draw(values)));
}

/**
 * The mean difference of two methods' runs with the same seeds.
 *
 * @param ours `[run]`
 * @param theirs `[run]`, of the same seeds in the same order
 * @returns the mean of ours less theirs, and its 95 % interval
 * @throws {RangeError} for other numbers of runs
 */
export function differenceOver(ours: readonly number[], theirs: readonly number[], seed = 0): OverRuns {
  if (ours.length !== theirs.length) {
    throw new RangeError(`Differences need runs in pairs: there are ${ours.length} and ${theirs.length}`);
  }
  return meanOver(ours.map((value, i) => value - theirs[i]!), seed);
}

/**
 * The probability that a run of ours is better than one of theirs on a task, averaged over tasks; a tie counts half
 * (Mann and Whitney's U over the number of pairs; Agarwal et al. 2021, section 4).
 *
 * @param ours `[run][task]`
 * @param theirs `[run][task]`, of the same tasks
 * @returns between 0 and 1, and its 95 % interval
 * @throws {RangeError} for other numbers of tasks
 */
export function probabilityOfImprovement(ours: Scores, theirs: Scores, seed = 0): OverRuns {
  const [a, b] = [columns(ours), columns(theirs)];
  if (a.length !== b.length) {
    throw new RangeError(`Both need the same tasks: there are ${a.length} and ${b.length}`);
  }
  const share = (draw: Draw) => mean(a.map((column, task) => winsOf(draw(column), draw(b[task]!))));
  const fewest = Math.min(ours.length, theirs.length);
  return interval(() => share((values) => values), fewest, seed, share);
}

type Draw = (values: readonly number[]) => readonly number[];

function interval(
  ofAll: () => number,
  runs: number,
  seed: number,
  ofDrawn: (draw: Draw) => number,
): OverRuns {
  const value = ofAll();
  if (runs < MIN_RUNS) return { value, low: null, high: null, runs };
  const rng = createRng(seed, "bootstrap over runs");
  const draw: Draw = (values) => values.map(() => values[rng.integer(values.length)]!);
  const draws = Float64Array.from({ length: RESAMPLES }, () => ofDrawn(draw)).sort();
  const [low, high] = [(1 - LEVEL) / 2, (1 + LEVEL) / 2].map((p) => quantile(draws, p)) as [number, number];
  return { value, low, high, runs };
}

function winsOf(ours: readonly number[], theirs: readonly number[]): number {
  let wins = 0;
  for (const a of ours) for (const b of theirs) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (ours.length * theirs.length);
}

/** The runs' scores of each task. @throws {RangeError} where a run has other tasks than the first */
function columns(scores: Scores): number[][] {
  const [first] = scores;
  if (!first || first.length === 0) throw new RangeError("There is no run, or it has no task");
  const odd = scores.find((run) => run.length !== first.length);
  if (odd) throw new RangeError(`Every run must have ${first.length} tasks: one has ${odd.length}`);
  return first.map((_, task) => scores.map((run) => run[task]!));
}
