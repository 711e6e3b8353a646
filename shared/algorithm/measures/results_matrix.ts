/**
 * What a stream of tasks is judged by: normalised scores, the results matrix and its summaries.
 *
 * `resultsMatrix[v][j]` is the normalised score on task j of version v; `null` where a version was not
 * evaluated on a task. A row may be of a version that learnt no task of its own column (parked tasks), so the
 * score "just after learning" of a task is the first number of its column, which is the diagonal in the plain case.
 * Only normalised scores enter: raw returns differ in scale from task to task (Swimmer-Dir: 25 times) and must
 * never be averaged. Success of an episode, where an environment reports it, means success at any step.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";

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
 * Source: D4RL (Fu et al. 2020), whose 100 is an expert's return.
 *
 * @param ret a return
 * @param anchors returns that score 0 and 100
 * @returns 100 (ret - random) / (good - random)
 * @throws {InvalidInputError} if the anchors are equal or not finite
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

/**
 * The mean, in the order given.
 *
 * @param values `[n]`, n > 0
 * @returns in their unit
 * @throws {InvalidInputError} if there is no value
 */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new InvalidInputError("Cannot take a mean as there is no value");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The interquartile mean (IQM): the mean without the lowest and the highest quarter (whole values, rounded down).
 * Source: Agarwal et al. 2021.
 *
 * @param values `[n]`, n > 0
 * @returns in their unit
 */
export function interquartileMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 4);
  return mean(sorted.slice(cut, sorted.length - cut));
}

/**
 * Score of each task in the first version evaluated on it, by column; `null` for a column without a number.
 *
 * @param matrix scores R[v][j], versions oldest first
 * @returns R[j, j] of each task j
 */
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

/**
 * Average performance AP_K = (1/K) sum_{j<=K} R[K,j] (the ACC of Lopez-Paz & Ranzato 2017): mean of the last row.
 *
 * @param matrix scores R[v][j], versions oldest first
 * @returns in points of score
 * @throws {InvalidInputError} if it has no score
 *
 * @example
 * ```ts
 * import { averagePerformance, backwardTransfer, forgetting } from "@cugro/algorithm";
 * import { assertEquals } from "@std/assert";
 *
 * // Row v: scores of version v on the tasks that it knows.
 * const matrix = [[90], [80, 100], [85, 95, 90]];
 * assertEquals(averagePerformance(matrix), 90);
 * assertEquals(backwardTransfer(matrix), -5);
 * assertEquals(forgetting(matrix), 5);
 * ```
 */
export function averagePerformance(matrix: ResultsMatrix): number {
  return mean(lastRow(matrix).filter(isScore));
}

/**
 * Backward transfer BWT = (1/(K-1)) sum_{j<K} (R[K,j] - R[j,j]) (Lopez-Paz & Ranzato 2017): negative = forgotten.
 *
 * @param matrix scores R[v][j], versions oldest first
 * @returns `null` with fewer than two tasks, where it has no meaning
 */
export function backwardTransfer(matrix: ResultsMatrix): number | null {
  return transferOf(oldTasks(matrix));
}

/**
 * The same of old tasks.
 *
 * @param old tasks: their scores now and when they were learnt
 * @returns in points of score; null without an old task
 */
export function transferOf(old: readonly OldTask[]): number | null {
  return old.length === 0 ? null : mean(old.map(({ score, first }) => score - first));
}

/**
 * Forgetting F = (1/(K-1)) sum_{j<K} (max_{v<K} R[v,j] - R[K,j]) (Chaudhry et al. 2018): how far old tasks are below the
 * best they were in any version before; below 0 where the last version is better than all before it.
 *
 * @param matrix scores R[v][j], versions oldest first
 * @returns `null` with fewer than two tasks, where it has no meaning
 */
export function forgetting(matrix: ResultsMatrix): number | null {
  return forgettingOf(oldTasks(matrix));
}

/**
 * The same of old tasks.
 *
 * @param old tasks: their scores now and at their best
 * @returns in points of score; null without an old task
 */
export function forgettingOf(old: readonly OldTask[]): number | null {
  return old.length === 0 ? null : mean(old.map(({ score, best }) => best - score));
}

/** A backward transfer above this is more than the noise of 20 episodes, and asks where it comes from. */
const HIGH_TRANSFER = 2;
/**
 * Old tasks that scored less than this on average when they were learnt were learnt badly: more than 10 points below the
 * data's good policy (100), which is also how much a gate lets an old task lose by default. What is missing then can be
 * gained later, and a gain says nothing of memory.
 */
const LOW_JUST_LEARNED = 90;

/**
 * Whether a high backward transfer follows from a bad start: BWT > 2 while old tasks were learnt to less than 90.
 *
 * @param matrix scores R[v][j], versions oldest first
 * @returns false where there is no old task
 */
export function isBadlyLearnedFirst(matrix: ResultsMatrix): boolean {
  return wereBadlyLearned(oldTasks(matrix));
}

/**
 * The same of old tasks.
 *
 * @param old tasks: their scores now and when they were learnt
 * @returns false without an old task
 */
export function wereBadlyLearned(old: readonly OldTask[]): boolean {
  const transfer = transferOf(old);
  if (transfer === null || transfer <= HIGH_TRANSFER) return false;
  return mean(old.map(({ first }) => first)) < LOW_JUST_LEARNED;
}

/** A task that was known before: its score now, when it was learnt, and at best before. */
export interface OldTask {
  score: number;
  first: number;
  best: number;
}

/** Each old task of the last version. */
function oldTasks(matrix: ResultsMatrix): OldTask[] {
  const earlier = matrix.slice(0, -1);
  return lastRow(matrix).flatMap((score, j) => {
    const before = earlier.map((row) => row[j]).filter(isScore);
    return isScore(score) && before.length > 0
      ? [{ score, first: before[0]!, best: Math.max(...before) }]
      : [];
  });
}

/**
 * Whether an episode succeeded: at any step (Meta-World's rule), not only at the last.
 *
 * @param steps success of each step
 * @returns whether any is true
 */
export function episodeSucceeded(steps: readonly boolean[]): boolean {
  return steps.includes(true);
}
