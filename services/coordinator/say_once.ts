/**
 * Learners that cannot be planned, told to the log once, and once that they can be: they are tried again every few
 * seconds, and a store that is away would fill the log.
 * @module
 */
import { StoreError } from "@cugro/store";
import type { Log } from "@cugro/telemetry";

/** What has been told. */
export interface SaidOnce {
  failed(learner: string | null, error: unknown): void;
  /** It was planned. */
  planned(learner: string): void;
}

/** Nothing told yet. */
export function createSaidOnce(log: Log): SaidOnce {
  const said = new Map<string | null, string>();
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
  };
}
