/**
 * Everything that one version of a stream is judged by, in one place: what a table of versions shows.
 * @module
 */
import { type EpisodeMatrix, type TaskDrop, worstDrop } from "./drops.ts";
import {
  averagePerformance,
  backwardTransfer,
  forgetting,
  isBadlyLearnedFirst,
  mean,
  type ResultsMatrix,
} from "./metrics.ts";

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
 * Measures the last version of a chain.
 * @param episodes scores of it and of all versions that it continues, oldest first, `[v][j][episode]`
 * @param column of the task that it has just learnt
 */
export function measureVersion(episodes: EpisodeMatrix, column: number): VersionMeasures {
  const matrix = meansOf(episodes);
  const last = matrix.at(-1) ?? [];
  if (!last.some((score) => score !== null)) {
    const nothing = { averagePerformance: null, justLearned: null, worstDrop: null };
    return { ...nothing, forgetting: null, backwardTransfer: null, badlyLearnedFirst: false };
  }
  return {
    averagePerformance: averagePerformance(matrix),
    justLearned: last[column] ?? null,
    worstDrop: worstDrop(episodes),
    forgetting: forgetting(matrix),
    backwardTransfer: backwardTransfer(matrix),
    badlyLearnedFirst: isBadlyLearnedFirst(matrix),
  };
}

/** The mean over versions of their average performance: of the learning curve, not only of its end. */
export function meanPerformance(performances: readonly (number | null)[]): number | null {
  const known = performances.filter((one) => one !== null);
  return known.length === 0 ? null : mean(known);
}

function meansOf(episodes: EpisodeMatrix): ResultsMatrix {
  return episodes.map((row) => row.map((scores) => scores && scores.length > 0 ? mean(scores) : null));
}
