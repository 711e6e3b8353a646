/**
 * What is logged once. Learners that cannot be planned, and that they can be again: they are tried every few
 * seconds, and a store that is away would fill the log. Tasks of which trainings do not read all rows; and of what was decided,
 * what a person may want to decide otherwise.
 * @module
 */
import { describeRevision, type Graph } from "@cugro/learners";
import { parseKey, revisionFactSchema } from "@cugro/protocol";
import { StoreError } from "@cugro/store";
import type { Log } from "@cugro/telemetry";
import type { Decision } from "./plan_parts.ts";

/** What has been logged, so that it is not logged again. */
export interface LogOnce {
  failed(learner: string | null, error: unknown): void;
  /** It was planned, and these facts were made: a task whose dataset has grown is worth a word. */
  planned(learner: string, decisions: readonly Decision[]): void;
  /** This is what it learns now, if anything. */
  learning(learner: string, graph: Graph | undefined): void;
}

/**
 * Logs a learner's fault once, until it is another one or the learner is planned again.
 *
 * @param log where it is said
 * @returns nothing is logged yet
 */
export function createLogOnce(log: Log): LogOnce {
  const logged = new Map<string | null, string>();
  const partly = new Set<string>();
  return {
    failed(learner, error) {
      // A store that is away says so of whichever object was asked for.
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
