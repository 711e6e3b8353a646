/**
 * Which refused files still concern somebody. Pure.
 * @module
 */
import type { RejectionFact } from "@cugro/protocol";
import { acceptedArrivals } from "./arrival_jobs.ts";
import type { LearnerFacts } from "./learner_facts.ts";
import { differingValues } from "./labelled_tasks.ts";

/** Facts that show whether a refused file was corrected. */
export type RejectionFacts = Pick<LearnerFacts, "rejections" | "tasks" | "revisions" | "arrivals">;

/**
 * Rejections whose file has not been put right: neither has a later file under the same key, or of the same name, become a
 * task, nor does the task with its rows have the attributes that it has.
 *
 * @param facts tasks, revisions, arrivals and rejections
 * @returns in the order of the files' arrival
 */
export function standingRejections(facts: RejectionFacts): RejectionFact[] {
  const accepted = new Set(acceptedArrivals(facts));
  const tasks = facts.arrivals.filter(({ seq }) => accepted.has(seq));
  return facts.rejections.filter((rejection) => {
    const { seq, key } = rejection;
    const isPutRight = tasks.some((later) => later.seq > seq && nameOf(later.key) === nameOf(key));
    return !isPutRight && taskOfRejected(facts, rejection) === undefined;
  });
}

/**
 * The task that a refused file says nothing else of any more: labels have put it right.
 *
 * @param facts tasks as their labels have them
 * @param rejection of a file with the rows of a task
 * @returns the task's number; undefined where something still differs
 */
export function taskOfRejected(
  { tasks }: Pick<LearnerFacts, "tasks">,
  { sameRows }: RejectionFact,
): number | undefined {
  const task = sameRows && tasks.find((fact) => fact.task === sameRows.task);
  if (!task || Object.keys(differingValues(sameRows.file, task)).length > 0) return undefined;
  return task.task;
}

/** A file's own name, wherever it lies: uploads lie in a folder of their own each. */
function nameOf(key: string): string {
  return key.split("/").at(-1)!;
}
