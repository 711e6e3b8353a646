/**
 * Learners looked through one by one. One whose facts cannot be read holds up nobody else: the log names it, and it is
 * looked at again each time until its facts can be read.
 * @module
 */
import type { FactCache } from "@cugro/learners";
import type { Log } from "@cugro/telemetry";
import type { ObjectInfo, Store } from "@cugro/store";
import { learnerKey } from "@cugro/protocol";
import type { Webhook } from "./hooks.ts";
import { missingDeliveries, type Wanted } from "./scan.ts";

/** Looks learners through. */
export interface Reconciler {
  /**
   * What of these learners is wanted and has no record, learner by learner. `groups`: everything under each one's prefix.
   *
   * @throws the first error that was no fact's, once all learners have been looked at
   */
  look(
    hooks: readonly Webhook[],
    groups: Iterable<readonly [name: string, infos: readonly ObjectInfo[]]>,
    onMissing: (wanted: Wanted) => void,
  ): Promise<void>;
}

/**
 * Finds deliveries that are missing, by the facts of all learners. It remembers how learners looked when nothing was
 * missing, or what was wrong with them.
 *
 * @param deps store, cache and log
 * @returns nothing is remembered yet
 */
export function createReconciler(
  { store, cache, log }: { store: Store; cache: FactCache; log: Log },
): Reconciler {
  const marks = new Map<string, string>();
  const faults = new Map<string, string>();
  const report = (name: string, mark: string, error: unknown) => {
    const fault = `${mark} ${error}`;
    if (faults.get(name) === fault) return;
    faults.set(name, fault);
    log.error("a learner's facts cannot be read: its webhooks wait until they can", { learner: name, error });
  };
  return {
    async look(hooks, groups, onMissing) {
      const errors: unknown[] = [];
      for (const [name, infos] of groups) {
        // Its own fact comes last: without it, it is still being made or copied.
        if (!infos.some(({ key }) => key === learnerKey(name))) continue;
        const mark = markOf(hooks, infos);
        if (marks.get(name) === mark) continue;
        try {
          const missing = await missingDeliveries({ store, cache }, hooks, name, infos);
          faults.delete(name);
          for (const wanted of missing) onMissing(wanted);
          if (missing.length === 0) marks.set(name, mark);
        } catch (error) {
          report(name, mark, error);
          if (!(error instanceof SyntaxError || error instanceof RangeError)) errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}

/** Changes when the learner's facts or the webhooks do. */
function markOf(hooks: readonly Webhook[], infos: readonly ObjectInfo[]): string {
  const newest = infos.reduce(
    (latest, { lastModified }) => lastModified > latest ? lastModified : latest,
    "",
  );
  const revisions = hooks.map(({ fact, revisions }) => `${fact.id}:${revisions.length}`).join();
  return `${infos.length} ${newest} ${revisions}`;
}
