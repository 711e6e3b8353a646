/**
 * What a stream of tasks is judged by: normalised scores, the results matrix and its summaries, and intervals.
 *
 * `resultsMatrix[v][j]` is the normalised score on task j of version v; `null` where a version was not
 * evaluated on a task. A row may be of a version that learnt no task of its own column (parked tasks), so the
 * score "just after learning" of a task is the first number of its column, which is the diagonal in the plain case.
 * Only normalised scores enter: raw returns differ in scale from task to task (Swimmer-Dir: 25 times) and must
 * never be averaged. Success of an episode, where an environment reports it, means success at any step.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import { createRng } from "../numerics/rng.ts";

/** Returns that define a task's scale: score 0 and score 100. */
export interface Anchors {
  /** Mean undiscounted return of random actions: score 0. */
  random: number;
  /** Mean undiscounted return of the data's good policy: score 100. */
  good: number;
}

/** Normalised scores, `[v][j]`; `null` where version v was not evaluated on task j. */
export type ResultsMatrix = readonly (readonly (number | null)[])[];

/**
 * The normalised score of a return, never clipped: 0 = random, 100 = the data's good policy.
 * @throws InvalidInputError if the anchors are equal or not finite
 */
export function normalisedScore(ret: number, anchors: Anchors): number {
  const span = anchors.good - anchors.random;
  if (!Number.isFinite(span) || span === 0) {
    throw new InvalidInputError(
      `Cannot normalise a return as its anchors must be finite and differ: current values are ${anchors.random} and ${anchors.good}`,
    );
  }
  return 100 * (ret - anchors.random) / span;
}

/** The mean, in the order given. @throws InvalidInputError if there is no value */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new InvalidInputError("Cannot take a mean as there is no value");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The interquartile mean (IQM): the mean without the lowest and the highest quarter (whole values, rounded down). */
export function interquartileMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 4);
  return mean(sorted.slice(cut, sorted.length - cut));
}

/** Score of each task in the first version evaluated on it, by column; `null` for a column without a number. */
export function justLearned(matrix: ResultsMatrix): (number | null)[] {
  const columns = Math.max(0, ...matrix.map((row) => row.length));
  return Array.from({ length: columns }, (_, j) => matrix.find((row) => isScore(row[j]))?.[j] ?? null);
}

function isScore(value: number | null | undefined): value is number {
  return value !== null && value !== undefined;
}

function lastRow(matrix: ResultsMatrix): readonly (number | null)[] {
  const row = matrix[matrix.length - 1];
  if (!row || !row.some(isScore)) {
    throw new InvalidInputError("Cannot summarise a results matrix without a score in its last row");
  }
  return row;
}

/** Average performance AP = (1/K) sum_j R[K,j]: mean of the last row. @throws InvalidInputError if it has no score */
export function averagePerformance(matrix: ResultsMatrix): number {
  return mean(lastRow(matrix).filter(isScore));
}

/**
 * Backward transfer BWT = (1/(K-1)) sum_{j<K} (R[K,j] - R[j,j]) (GEM): negative = forgotten.
 * @returns `null` with fewer than two tasks, where it has no meaning
 */
export function backwardTransfer(matrix: ResultsMatrix): number | null {
  const last = lastRow(matrix);
  const changes: number[] = [];
  last.forEach((score, j) => {
    const first = matrix.findIndex((row) => isScore(row[j]));
    if (isScore(score) && first < matrix.length - 1) changes.push(score - (matrix[first]![j] as number));
  });
  return changes.length === 0 ? null : mean(changes);
}

/**
 * Forgetting F = (1/(K-1)) sum_{j<K} (max_{v<K} R[v,j] - R[K,j]) (Chaudhry et al. 2018): how far old tasks are below the
 * best they ever were; below 0 where the last version is better than all before it.
 * @returns `null` with fewer than two tasks, where it has no meaning
 */
export function forgetting(matrix: ResultsMatrix): number | null {
  const earlier = matrix.slice(0, -1);
  const drops = lastRow(matrix).flatMap((score, j) => {
    const before = earlier.map((row) => row[j]).filter(isScore);
    return isScore(score) && before.length > 0 ? [Math.max(...before) - score] : [];
  });
  return drops.length === 0 ? null : mean(drops);
}

/** Mean of a score curve over the steps it spans (trapezoids): the area a forward transfer compares. */
export function meanOverTraining(curve: { steps: readonly number[]; values: readonly number[] }): number {
  const { steps, values } = curve;
  if (steps.length !== values.length || steps.length === 0) {
    throw new InvalidInputError(
      `Cannot average a curve as it has ${steps.length} steps and ${values.length} values`,
    );
  }
  const span = steps[steps.length - 1]! - steps[0]!;
  if (span === 0) return mean(values);
  let area = 0;
  for (let i = 1; i < steps.length; i++) {
    area += (steps[i]! - steps[i - 1]!) * (values[i]! + values[i - 1]!) / 2;
  }
  return area / span;
}

/**
 * Forward transfer FWT = (1/K) sum_j (area_j - reference_j) / (ceiling - reference_j) (Continual World).
 * @param areas mean normalised score while task j was learnt in the stream, `[K]`
 * @param references the same for learning task j alone, from nothing, `[K]`
 * @param ceiling the score that counts as perfect
 * @throws InvalidInputError if a reference reaches the ceiling, where the quotient loses its meaning
 */
export function forwardTransfer(
  areas: readonly number[],
  references: readonly number[],
  ceiling = 100,
): number {
  if (areas.length !== references.length) {
    throw new InvalidInputError(`Cannot compare ${areas.length} areas with ${references.length} references`);
  }
  return mean(areas.map((area, j) => {
    const reference = references[j]!;
    if (reference >= ceiling) {
      throw new InvalidInputError(
        `Cannot compute forward transfer as reference ${
          j + 1
        } must be below ${ceiling}: current value is ${reference}`,
      );
    }
    return (area - reference) / (ceiling - reference);
  }));
}

/** A two-sided interval, `[low, high]`. */
export type Interval = [low: number, high: number];

/**
 * Percentile bootstrap interval of a statistic (Continual World: 90 %, 4,000 resamples). Over training seeds it is a
 * confidence interval of the method; over episodes of one seed it only says how well that one policy was measured.
 * @param values independent values, at least one
 * @param level coverage in (0, 1)
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
  const rng = createRng(seed, "bootstrap");
  const draws = new Float64Array(resamples);
  const sample = new Array<number>(values.length);
  for (let b = 0; b < resamples; b++) {
    for (let i = 0; i < values.length; i++) sample[i] = values[rng.integer(values.length)]!;
    draws[b] = statistic(sample);
  }
  draws.sort();
  return [quantile(draws, (1 - level) / 2), quantile(draws, (1 + level) / 2)];
}

/** The p-quantile of sorted values, linear between neighbours (`numpy.quantile`). */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  return below + 1 < sorted.length ? low + (place - below) * (sorted[below + 1]! - low) : low;
}

/** Mean normalised score of some episodes' returns, with its bootstrap interval over those episodes. */
export function scoreInterval(
  returns: readonly number[],
  anchors: Anchors,
  seed = 0,
  level = 0.9,
): { mean: number; low: number; high: number } {
  const scores = returns.map((ret) => normalisedScore(ret, anchors));
  const [low, high] = bootstrapInterval(scores, level, seed);
  return { mean: mean(scores), low, high };
}

/**
 * Interval of the drop `mean(before) - mean(after)` in score. Episode i of both must have started in the same state,
 * so that differences are taken per episode and the chance of the start cancels.
 * @param before normalised scores of the better earlier version, `[n]`
 * @param after normalised scores of the newer version on the same start states, `[n]`
 */
export function dropInterval(
  before: readonly number[],
  after: readonly number[],
  level = 0.9,
  seed = 0,
): Interval {
  if (before.length !== after.length) {
    throw new InvalidInputError(`Cannot pair episodes as there are ${before.length} and ${after.length}`);
  }
  return bootstrapInterval(before.map((score, i) => score - after[i]!), level, seed);
}

/** Whether an episode succeeded: at any step (Meta-World's rule), not only at the last. */
export function episodeSucceeded(steps: readonly boolean[]): boolean {
  return steps.includes(true);
}
