/**
 * Jobs that are no longer needed: their task was cancelled, their learner deleted, or the version they build on withdrawn. The
 * planner knows; it puts `jobs/<kind>/<id>/stopped.json`, and takes it away again when somebody needs the job. A worker asks
 * before it begins, and now and then while it works. The note decides nothing about the job: one that is stopped has
 * not failed, keeps its checkpoint, and goes on from there if it is submitted again.
 * @module
 */
import { type JobKind, stoppedKey } from "@cugro/protocol";
import type { Delivery } from "@cugro/bus";
import type { Store } from "@cugro/store";
import type { JobOutcome, Log } from "@cugro/telemetry";

/**
 * Whether a job is not needed at present.
 *
 * @param jobId a job, which may be running
 * @returns true once a stop has been noted, until something needs it again
 */
export async function isUnneeded(store: Store, kind: JobKind, jobId: string): Promise<boolean> {
  return await store.head(stoppedKey(kind, jobId)) !== undefined;
}

/**
 * Takes a job that is not needed off the queue; gives it back if it is needed again meanwhile. Should that happen
 * a moment later, the planner finds it missing in the queue at its next whole look and submits it again.
 *
 * @param step the last one done, for the log
 * @returns `stopped`, or `interrupted` if it was given back
 */
export async function dropUnneeded(
  { store, log }: { store: Store; log: Log },
  delivery: Delivery,
  step: number,
): Promise<JobOutcome> {
  const { kind, jobId } = delivery.message;
  if (!await isUnneeded(store, kind, jobId)) {
    log.info("the job is needed again and given back", { step });
    await delivery.nak();
    return "interrupted";
  }
  log.info("the job is no longer needed: it is stopped", { step });
  await delivery.term();
  return "stopped";
}
