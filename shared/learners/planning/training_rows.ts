/**
 * How many rows of a task its trainings read.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import type { TaskFact } from "@cugro/protocol";
import { countOf } from "../facts/counts.ts";

/**
 * Rows of a task that its trainings read: all, up to a limit. A tenth of them is held out.
 *
 * @param task its rows
 * @param knobs the limit
 * @returns rows, the held-out ones included
 */
export function trainingRowsOf(
  { size }: Pick<TaskFact, "size">,
  { maxTrainingRows }: Pick<Hyperparameters, "maxTrainingRows">,
): number {
  return Math.min(size, maxTrainingRows);
}

/**
 * What there is to say of a task whose trainings do not read all of its rows; undefined of others.
 *
 * @param data task, its rows, and how many of them are read
 * @returns a sentence without a full stop
 */
export function describeTrainingRows(
  { task, size, trainingRows }: { task: number; size: number; trainingRows: number },
): string | undefined {
  if (trainingRows >= size) return undefined;
  const [all, read] = [size, trainingRows].map(countOf);
  return `task ${task} has ${all} rows: training reads ${read} of them, chosen by the learner's seed (maxTrainingRows)`;
}
