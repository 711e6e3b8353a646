/**
 * What a run of a stream is measured by, from its results matrix alone: so are results of earlier versions, whose own
 * figures may have had other definitions.
 * @module
 */
import { worstDrop } from "./drops.ts";
import {
  averagePerformance,
  backwardTransfer,
  forgetting,
  isBadlyLearnedFirst,
  justLearned,
  mean,
} from "./results_matrix.ts";
import { meanPerformance } from "./version_measures.ts";

/** NaN where a figure has no meaning. */
export interface StreamMeasures {
  averagePerformance: number;
  /** Mean of the average performance after each task. */
  meanPerformance: number;
  /** Mean score of the tasks when each was learnt. */
  justLearned: number;
  /** The largest fall of any task below its best, at any version. */
  worstDrop: number;
  forgetting: number;
  backwardTransfer: number;
  badlyLearnedFirst: boolean;
}

/**
 * Measures a run.
 *
 * @param matrix `[version][task]`, at least one row, with a score in each
 * @returns its measures; NaN where there is nothing to measure
 */
export function measureMatrix(matrix: readonly (readonly (number | null)[])[]): StreamMeasures {
  const chains = matrix.map((_, version) => matrix.slice(0, version + 1));
  const means = matrix.map((row) => row.map((score) => score === null ? null : [score]));
  const drops = chains.flatMap((_, version) => worstDrop(means.slice(0, version + 1))?.drop ?? []);
  return {
    averagePerformance: averagePerformance(matrix),
    meanPerformance: meanPerformance(chains.map(averagePerformance)) ?? NaN,
    justLearned: mean(justLearned(matrix).filter((score) => score !== null)),
    worstDrop: drops.length > 0 ? Math.max(...drops) : NaN,
    forgetting: forgetting(matrix) ?? NaN,
    backwardTransfer: backwardTransfer(matrix) ?? NaN,
    badlyLearnedFirst: isBadlyLearnedFirst(matrix),
  };
}
