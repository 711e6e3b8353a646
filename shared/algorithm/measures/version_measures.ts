/**
 * Everything that one version of a stream is judged by, in one place: what a table of versions shows.
 * @module
 */
import { type Candidate, type TaskDrop, worstOf } from "./drops.ts";
import { forgettingOf, mean, type OldTask, transferOf, wereBadlyLearned } from "./results_matrix.ts";

/** Null where a figure has no meaning: no simulator, or no old task. */
export interface VersionMeasures {
  /** AP: mean score over its tasks. */
  averagePerformance: number | null;
  /** R[k,k]: score on the task that it has just learnt. */
  justLearned: number | null;
  /** The old task that is furthest below its best, and by how much. */
  worstDrop: TaskDrop | null;
  /** F: how far old tasks are below the best they were in earlier versions, on average. */
  forgetting: number | null;
  /** BWT: change of old tasks since each was learnt, on average. */
  backwardTransfer: number | null;
  /** A transfer that says less of memory than of how badly the tasks were learnt at first. */
  badlyLearnedFirst: boolean;
}

/**
 * What earlier versions of a chain have shown of a task: all that a later one is measured beside. `first`: its mean score when it was
 * learnt; `best`: the highest since, of the earliest version that reached it, which is `row`, with its `episodes`.
 */
export interface TaskRecord {
  first: number;
  best: number;
  row: number;
  episodes: readonly number[];
}

/**
 * A record with what one more version has shown of the task.
 *
 * @param row what the version is called by
 * @param record what versions before have shown; undefined: nothing
 * @param episodes the version's scores, `[episode]`; null where it was not evaluated
 * @returns the record, or the old one where there is nothing to add
 */
export function extendRecord(
  record: TaskRecord | undefined,
  row: number,
  episodes: readonly number[] | null,
): TaskRecord | undefined {
  if (!episodes || episodes.length === 0) return record;
  const score = mean(episodes);
  if (!record) return { first: score, best: score, row, episodes };
  return score > record.best ? { ...record, best: score, row, episodes } : record;
}

/**
 * Measures a version.
 * @param row its scores, `[j][episode]`; null where it was not evaluated on task j
 * @param records what the versions that it continues have shown of each task; nothing of a task that is new
 * @param column of the task that it has just learnt
 * @returns average performance, forgetting, transfer and drops, in points of score
 */
export function measureVersion(
  row: readonly (readonly number[] | null)[],
  records: readonly (TaskRecord | undefined)[],
  column: number,
): VersionMeasures {
  const scores = row.map((episodes) => episodes && episodes.length > 0 ? mean(episodes) : null);
  const known = scores.filter((score) => score !== null);
  if (known.length === 0) {
    const nothing = { averagePerformance: null, justLearned: null, worstDrop: null };
    return { ...nothing, forgetting: null, backwardTransfer: null, badlyLearnedFirst: false };
  }
  const old = scores.flatMap((score, j): (OldTask & Candidate)[] => {
    const record = records[j];
    if (score === null || !record) return [];
    const { first, best, row: at, episodes: before } = record;
    return [{ score, first, best, column: j, row: at, before, after: row[j]!, drop: best - score }];
  });
  return {
    averagePerformance: mean(known),
    justLearned: scores[column] ?? null,
    worstDrop: worstOf(old),
    forgetting: forgettingOf(old),
    backwardTransfer: transferOf(old),
    badlyLearnedFirst: wereBadlyLearned(old),
  };
}

/**
 * The mean over versions of their average performance: of the learning curve, not only of its end.
 *
 * @param performances of each valid version; null where it has no score
 * @returns in points of score; null without any
 */
export function meanPerformance(performances: readonly (number | null)[]): number | null {
  const known = performances.filter((one) => one !== null);
  return known.length === 0 ? null : mean(known);
}
