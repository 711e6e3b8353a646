/**
 * How the life of a job message ends for good: what is announced and counted, and the message taken off the queue.
 * @module
 */
import { createEvent, type JobKind, resultKey } from "@cugro/protocol";
import { giveUp } from "./attempts.ts";
import type { Bus, Delivery } from "./bus.ts";
import type { JobOutput } from "./commit.ts";
import type { Log } from "./log.ts";
import type { Store } from "./store.ts";
import type { JobOutcome, Metrics } from "./telemetry/metrics.ts";

/** What ending a job needs. `traceparent`: of the span that the job is. */
export interface Ending {
  bus: Bus;
  store: Store;
  log: Log;
  traceparent: string | undefined;
}

/** Announces a result and takes the message off the queue. */
export async function finish({ bus, traceparent }: Ending, delivery: Delivery): Promise<void> {
  const { jobId, kind, learner } = delivery.message;
  const event = createEvent("cugro.job.finished", resultKey(jobId), learner, { jobId, kind });
  await bus.announce({ ...event, ...(traceparent === undefined ? {} : { traceparent }) });
  await delivery.ack();
}

/** Gives the job up: a fact, an event, and nobody gets the message any more. */
export async function fail(
  worker: Ending,
  delivery: Delivery,
  message: string,
  permanent: boolean,
): Promise<JobOutcome> {
  const key = await giveUp(worker.store, delivery.message.jobId, message, permanent);
  return await abandon(worker, delivery, key, message);
}

/** Says that the job has been given up; `factKey` tells of it. */
export async function abandon(
  { bus, log, traceparent }: Ending,
  delivery: Delivery,
  factKey: string,
  message: string,
): Promise<JobOutcome> {
  const { jobId, kind, learner } = delivery.message;
  log.error("job failed", { message });
  const event = createEvent("cugro.job.failed", factKey, learner, { jobId, kind, message });
  await bus.announce({ ...event, ...(traceparent === undefined ? {} : { traceparent }) });
  await delivery.term();
  return "failed";
}

/** Counts a finished job. Rows are what a sampling job reports as `rows`. */
export function recordWork(metrics: Metrics, kind: JobKind, seconds: number, output: JobOutput): void {
  metrics.jobSeconds.observe({ kind }, seconds);
  const { rows } = output.metrics;
  if (typeof rows !== "number" || (kind !== "states.sample" && kind !== "actions.label")) return;
  metrics.pseudoSamples.inc({ kind }, rows);
  if (seconds > 0) metrics.pseudoSamplesPerSecond.set({ kind }, rows / seconds);
}
