/**
 * News: CloudEvents 1.0 (JSON) about facts, and progress of running jobs. News may be lost; facts are not.
 * @module
 */
import { z } from "zod";
import type { JsonObject } from "./canonical.ts";
import { JOB_KINDS, type JobKind } from "./job_kinds.ts";

/** The types of events. */
export const EVENT_TYPES = [
  "cugro.task.accepted",
  "cugro.task.revised",
  "cugro.task.failed",
  "cugro.task.relabelled",
  "cugro.arrival.rejected",
  "cugro.version.published",
  "cugro.version.parked",
  "cugro.version.promoted",
  "cugro.version.withdrawn",
  "cugro.job.finished",
  "cugro.job.failed",
  "cugro.problem.raised",
  "cugro.problem.resolved",
] as const;
/** One of {@link EVENT_TYPES}: what an event announces. */
export type EventType = typeof EVENT_TYPES[number];

/** Those that follow from a learner's facts: none can get lost, as the facts are there to read. */
export const LEARNER_EVENT_TYPES = [
  "cugro.task.accepted",
  "cugro.task.revised",
  "cugro.task.failed",
  "cugro.task.relabelled",
  "cugro.arrival.rejected",
  "cugro.version.published",
  "cugro.version.parked",
  "cugro.version.promoted",
  "cugro.version.withdrawn",
] as const satisfies readonly EventType[];

/** Those that a webhook may ask for. */
export const WEBHOOK_EVENT_TYPES = [
  ...LEARNER_EVENT_TYPES,
  "cugro.problem.raised",
  "cugro.problem.resolved",
] as const satisfies readonly EventType[];

/** CloudEvents 1.0. `id` is the key of the fact it tells of, so that a consumer can drop what it has seen. */
export const cloudEventSchema = z.object({
  specversion: z.literal("1.0"),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.enum(EVENT_TYPES),
  subject: z.string(),
  /** When the fact was written, by the store's clock. */
  time: z.iso.datetime().exactOptional(),
  datacontenttype: z.literal("application/json"),
  data: z.record(z.string(), z.json()) as z.ZodType<JsonObject>,
  /** W3C trace context of what led to the fact (CloudEvents extension "distributed tracing"). */
  traceparent: z.string().exactOptional(),
});
/** An event as CloudEvents 1.0 has it. Checked by {@link cloudEventSchema}. */
export type CloudEvent = z.infer<typeof cloudEventSchema>;

/**
 * The event that a fact gives rise to.
 *
 * @param factKey becomes its id: the same fact gives the same event
 * @param learner becomes its source
 * @returns a CloudEvent without a time
 */
export function createEvent(type: EventType, factKey: string, learner: string, data: JsonObject): CloudEvent {
  const source = `/learners/${learner}`;
  return {
    specversion: "1.0",
    id: factKey,
    source,
    type,
    subject: learner,
    datacontenttype: "application/json",
    data,
  };
}

/** How far a running job is. `loss`: a moving value of the training loss; `ratePerSecond`: steps a second; `worker`: who does it. */
export const progressSchema = z.object({
  jobId: z.string(),
  kind: z.enum(JOB_KINDS),
  learner: z.string(),
  step: z.int().min(0),
  steps: z.int().min(0),
  loss: z.number().optional(),
  ratePerSecond: z.number().optional(),
  worker: z.string().max(200).optional(),
});
/** How far a running job is. Checked by {@link progressSchema}. */
export interface ProgressMessage {
  jobId: string;
  kind: JobKind;
  learner: string;
  step: number;
  steps: number;
  loss?: number;
  ratePerSecond?: number;
  worker?: string;
}
