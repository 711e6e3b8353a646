/**
 * Lines that are logged once: learners that cannot be planned, and that they can be again (they are
 * retried every few seconds, and a store that is down would fill the log); tasks whose trainings do not read all rows; and decisions that an operator may want to reverse.
 * @module
 */
import { describeRevision, type Graph } from "@cugro/learners";
import { parseKey, revisionFactSchema } from "@cugro/protocol";
import { StoreError } from "@cugro/store";
import type { Log } from "@cugro/telemetry";
import type { Decision } from "./plan_parts.ts";

/** Remembers what has been logged, so that it is not logged again. */
export interface LogOnce {
  failed(learner: string | null, error: unknown): void;
  /** It was planned, and these facts were made: a task whose dataset has grown is logged. */
  planned(learner: string, decisions: readonly Decision[]): void;
  /** The task that it learns now, if any. */
  learning(learner: string, graph: Graph | undefined): void;
}

/**
 * Logs a learner's fault once, until it is another one or the learner is planned again.
 *
 * @param log where it is logged
 * @returns nothing is logged yet
 */
export function createLogOnce(log: Log): LogOnce {
  const logged = new Map<string | null, string>();
  const partly = new Set<string>();
  return {
    failed(learner, error) {
      // A store that is down names a different object in each error.
      const mark = error instanceof StoreError ? error.name : String(error);
      const level = logged.get(learner) === mark ? "debug" : "error";
      logged.set(learner, mark);
      log[level]("learner cannot be planned", { learner, error });
    },
    planned(learner, decisions) {
      for (const { key, value } of decisions) {
        if (parseKey(key)?.kind !== "revision") continue;
        const revision = revisionFactSchema.parse(value);
        log.info(describeRevision(revision), { learner, task: revision.task, revision: revision.revision });
      }
      logged.delete(null);
      if (logged.delete(learner)) log.info("learner is planned again", { learner });
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
