/**
 * How the life of a job message ends for good: what is announced and counted, and the message taken off the queue.
 * @module
 */
import { type CloudEvent, createFactEvent, hasOutput, type JobKind } from "@cugro/protocol";
import { giveUp } from "./attempts.ts";
import { type Bus, BusUnavailable, type Delivery } from "@cugro/bus";
import type { JobOutput } from "./commit.ts";
import type { JobOutcome, Log, Metrics } from "@cugro/telemetry";
import type { Store } from "@cugro/store";

/** What ending a job needs. `traceparent`: of the span that the job is. */
export interface Ending {
  bus: Bus;
  store: Store;
  log: Log;
  traceparent: string | undefined;
}

/**
 * Announces the result under `key` and takes the message off the queue.
 *
 * @param key of the result, which has been written
 */
export async function finish(ending: Ending, delivery: Delivery, key: string): Promise<void> {
  const { jobId, kind, learner } = delivery.message;
  const event = createFactEvent("cugro.job.finished", key, learner, { jobId, kind });
  if (await announce(ending, event)) await delivery.ack();
}

/** Whether the bus has it. If not, the message stays: who gets it next finds the fact, and announces it. */
async function announce({ bus, log, traceparent }: Ending, event: CloudEvent): Promise<boolean> {
  try {
    await bus.announce({ ...event, ...(traceparent === undefined ? {} : { traceparent }) });
    return true;
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    log.warn("the bus is away: the event will be announced by the next worker that gets the job", { error });
    return false;
  }
}

/**
 * Gives the job up: a fact, an event, and nobody gets the message any more.
 *
 * @param message why, in a sentence
 * @param permanent whether another attempt would fail alike
 * @returns `failed`
 */
export async function fail(
  worker: Ending,
  delivery: Delivery,
  message: string,
  permanent: boolean,
): Promise<JobOutcome> {
  const key = await giveUp(worker.store, delivery.message, message, permanent);
  return await abandon(worker, delivery, key, message);
}

/**
 * Announces that the job has been given up.
 *
 * @param factKey of the failure, which has been written
 * @param message why, in a sentence
 * @returns `failed`
 */
export async function abandon(
  ending: Ending,
  delivery: Delivery,
  factKey: string,
  message: string,
): Promise<JobOutcome> {
  const { jobId, kind, learner } = delivery.message;
  ending.log.error("job failed", { message });
  const event = createFactEvent("cugro.job.failed", factKey, learner, { jobId, kind, message });
  if (await announce(ending, event)) await delivery.term();
  return "failed";
}

/**
 * Counts a finished job. Rows are what a sampling job reports as `rows`.
 *
 * @param seconds of work, over all attempts that it goes on from
 */
export function recordWork(metrics: Metrics, kind: JobKind, seconds: number, output: JobOutput): void {
  metrics.jobSeconds.observe({ kind }, seconds);
  const { rows } = output.metrics;
  if (typeof rows !== "number" || !hasOutput(kind, "shard")) return;
  metrics.pseudoSamples.inc({ kind }, rows);
  if (seconds > 0) metrics.pseudoSamplesPerSecond.set({ kind }, rows / seconds);
}
