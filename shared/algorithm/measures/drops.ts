/**
 * What a version has lost: task by task since its best, and on average since its parent, with intervals over episodes
 * that started alike.
 * @module
 */
import { dropInterval, type Interval } from "./intervals.ts";
import { mean } from "./results_matrix.ts";

/** Normalised scores of episodes, `[v][j][episode]`; null where version v was not evaluated on task j. */
export type EpisodeMatrix = readonly (readonly (readonly number[] | null)[])[];

/** A fall from one mean score to another; below 0 a rise. `interval`: 90 %, over `episodes` pairs, null if too few. */
export interface Fall {
  from: number;
  to: number;
  drop: number;
  interval: Interval | null;
  episodes: number;
}

/** The loss of an old task. `column`: the task's; `row`: of the version in which it was best. */
export interface TaskDrop extends Fall {
  column: number;
  row: number;
}

/** Episodes of a task in an earlier version and in the one that is looked at. */
export interface Pair {
  before: readonly number[];
  after: readonly number[];
}

/** An old task beside its best, without an interval, which takes thousands of resamples. */
export interface Candidate extends Pair {
  column: number;
  row: number;
  drop: number;
}

/**
 * The worst drop max_{j<K} (max_{v<K} R[v,j] - R[K,j]), over every task j that the last version was evaluated on, and one
 * before it; below 0 where every task has risen, null where none is old. The best is the best of noisy means, so that a drop
 * is too large rather than too small.
 *
 * @param episodes scores `[v][j][episode]`, versions oldest first
 * @returns the task and its drop in points, or null
 */
export function worstDrop(episodes: EpisodeMatrix): TaskDrop | null {
  return worstOf(sinceBest(episodes));
}

/**
 * The same of old tasks, each beside its best.
 *
 * @param candidates the old tasks, each with its drop
 * @returns the largest, or null
 */
export function worstOf(candidates: readonly Candidate[]): TaskDrop | null {
  if (candidates.length === 0) return null;
  const { column, row, before, after } = candidates.reduce((a, b) => b.drop > a.drop ? b : a);
  return { column, row, ...fallBetween(before, after) };
}

/** By the episodes before, then by those after. */
const falls = new WeakMap<readonly number[], WeakMap<readonly number[], Fall>>();

/**
 * The fall of one task, remembered as long as both lists are there: a page or command that shows a learner asks about the same ones again and again.
 *
 * @param before episodes that are never changed, as facts have them
 * @param after the same
 * @returns mean before and after, their difference and its 90 % interval, in points of score
 */
export function fallBetween(before: readonly number[], after: readonly number[]): Fall {
  const since = falls.get(before) ?? new WeakMap<readonly number[], Fall>();
  falls.set(before, since);
  const fall = since.get(after) ?? fallOf([{ before, after }]);
  since.set(after, fall);
  return fall;
}

function sinceBest(episodes: EpisodeMatrix): Candidate[] {
  const last = episodes.at(-1) ?? [];
  const earlier = episodes.slice(0, -1);
  return last.flatMap((after, column) => {
    if (!after || after.length === 0) return [];
    const means = earlier.map((row) => row[column]?.length ? mean(row[column]) : -Infinity);
    const row = means.indexOf(Math.max(...means));
    const before = earlier[row]?.[column];
    return before?.length ? [{ column, row, before, after, drop: means[row]! - mean(after) }] : [];
  });
}

/**
 * The fall of the mean score over some tasks, paired by episode, so that chance that tasks do not share cancels.
 *
 * @param pairs a pair for each task, at least one, none of them empty
 * @returns mean before and after, their difference and its 90 % interval, in points of score
 */
export function fallOf(pairs: readonly Pair[]): Fall {
  const episodes = Math.min(...pairs.map(({ before, after }) => Math.min(before.length, after.length)));
  const meanOver = (side: keyof Pair) =>
    Array.from({ length: episodes }, (_, episode) => mean(pairs.map((pair) => pair[side][episode]!)));
  const from = mean(pairs.map(({ before }) => mean(before)));
  const to = mean(pairs.map(({ after }) => mean(after)));
  return {
    ...{ from, to, drop: from - to, episodes },
    interval: dropInterval(meanOver("before"), meanOver("after")),
  };
}
