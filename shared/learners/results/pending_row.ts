/**
 * The row of the version that is being made, as far as its evaluations are done. Pure.
 * @module
 */
import type { RowCell } from "@cugro/protocol";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import { currentGraph } from "../facts/current_graph.ts";
import { evaluatedCell } from "./evaluated_cell.ts";

/** The row of the version in progress, as far as it is evaluated. `cells`: of each task that the version will know, the job that evaluates it, and what it came to. */
export interface PendingRow {
  task: number;
  revision: number;
  attempt: number;
  parent: number | null;
  cells: { task: number; job: string; cell: RowCell | null }[];
}

/**
 * The row that fills; null while nothing is being learnt.
 *
 * @param facts of the learner
 * @returns a cell for each evaluation, null until it is done
 */
export function pendingRow(facts: LearnerFacts): PendingRow | null {
  const graph = facts.deleted ? undefined : currentGraph(facts);
  if (!graph) return null;
  const { task, revision, attempt, parent } = graph;
  const cells = graph.evaluations.map((evaluation) => {
    const isDone = facts.jobs.get(evaluation.id)?.result !== undefined;
    return {
      task: evaluation.task,
      job: evaluation.id,
      cell: isDone ? evaluatedCell(facts, graph, evaluation) : null,
    };
  });
  return { task, revision, attempt, parent, cells };
}
