/**
 * The row of a version's fact beside the results that it was made of: what was decided on is what was measured. Pure.
 * @module
 */
import { type LearnerFacts, type MeasuredCell, measuredCell, withRandom } from "@cugro/learners";
import type { Anchors, Job, JsonObject, ResultFact, RowCell } from "@cugro/protocol";

/** One cell compared. `differing`: members of the cell that do not follow from its job's result. */
export interface ComparedCell {
  task: number;
  job: string;
  verdict: "same" | "differs" | "not compared";
  differing: string[];
  /** Why it was not compared. */
  reason?: string;
}

/** The evaluation of a cell as it is recorded. */
export type RecordedEvaluation = { job: Job; recorded: ResultFact };

/** A result that is no evaluation's has not even returns. */
function measuredOf(metrics: JsonObject, anchors: Anchors, seed: number): Partial<MeasuredCell> {
  try {
    return measuredCell(metrics, { anchors, seed, of: "it" });
  } catch {
    // No fact has them, as JSON has no such number.
    return { returns: [Number.NaN] };
  }
}

/**
 * Compares a cell with its job's recorded result. Labels may have changed what a task's returns are scaled by: a score is right by
 * any anchors that the task has had.
 *
 * @param facts of the learner
 * @param cell of the version's fact
 * @param found the evaluation that it names; undefined where the store has lost it
 * @returns which members differ
 */
export function compareCell(
  facts: Pick<LearnerFacts, "tasks">,
  cell: RowCell,
  found: RecordedEvaluation | undefined,
): ComparedCell {
  const { task, job } = cell;
  const nothing = { task, job, differing: [] };
  if (!found) {
    return { ...nothing, verdict: "not compared", reason: "its result is not in the store any more" };
  }
  const { metrics, kind } = found.recorded;
  const about = facts.tasks.find((one) => one.task === task);
  if (kind !== "policy.evaluate" || (found.job.config as { task?: number }).task !== task || !about) {
    return { ...nothing, verdict: "differs", differing: ["job"] };
  }
  const { randomReturn } = metrics;
  const known: (Anchors | undefined)[] = [
    cell.anchors,
    about.anchors,
    typeof randomReturn === "number" ? withRandom(about, randomReturn) : undefined,
  ];
  const differing = known.filter((anchors) => anchors !== undefined).map((anchors) => {
    return Object.entries(measuredOf(metrics, anchors, found.job.seed)).filter(([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(cell[name as keyof RowCell])
    ).map(([name]) => name);
  });
  const least = differing.reduce((best, one) => one.length < best.length ? one : best);
  return { task, job, verdict: least.length === 0 ? "same" : "differs", differing: least };
}
