/**
 * What is told to the log once. Learners that cannot be planned, and that they can be again: they are tried every few
 * seconds, and a store that is away would fill the log. Tasks of which trainings do not read all rows.
 * @module
 */
import type { Graph } from "@cugro/learners";
import { StoreError } from "@cugro/store";
import type { Log } from "@cugro/telemetry";

/** What has been told. */
export interface SaidOnce {
  failed(learner: string | null, error: unknown): void;
  /** It was planned. */
  planned(learner: string): void;
  /** This is what it learns now, if anything. */
  learning(learner: string, graph: Graph | undefined): void;
}

/** Nothing told yet. */
export function createSaidOnce(log: Log): SaidOnce {
  const said = new Map<string | null, string>();
  const partly = new Set<string>();
  return {
    failed(learner, error) {
      // A store that is away says so of whichever object was asked for.
      const mark = error instanceof StoreError ? error.name : String(error);
      const level = said.get(learner) === mark ? "debug" : "error";
      said.set(learner, mark);
      log[level]("learner cannot be planned", { learner, error });
    },
    planned(learner) {
      said.delete(null);
      if (said.delete(learner)) log.info("learner is planned again", { learner });
    },
    learning(learner, graph) {
      if (!graph?.rows || graph.rows.trainingRows === graph.rows.size) return;
      const about = { learner, task: graph.task, ...graph.rows };
      const mark = JSON.stringify(about);
      if (!partly.has(mark)) log.info("training reads some of a task's rows", about);
      partly.add(mark);
    },
  };
}
