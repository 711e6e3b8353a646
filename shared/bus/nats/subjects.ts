/**
 * Names on the bus: streams, subjects, consumers. One file, because permissions, Kubernetes resources and MinIO's
 * notification target have to say the same.
 *
 * | subject | carries | stream |
 * |---|---|---|
 * | `jobs.<service>.<kind>.<jobId>` | a job message | JOBS |
 * | `events.<type without "cugro.">` | a CloudEvent | EVENTS |
 * | `incoming.<anything>` | hints of incoming objects: ours and MinIO's | INCOMING |
 * | `progress.<jobId>` | how far a job is | none |
 *
 * In subjects and consumer names the point of a kind is a dash: `states-sample`.
 * @module
 */
import { type EventType, JOB_SPECS, type JobKind } from "@cugro/protocol";
import type { Subject } from "../bus.ts";

/** Names of the streams. */
export const STREAMS = { jobs: "JOBS", events: "EVENTS", incoming: "INCOMING" } as const;

/** The durable consumer of a kind in the stream JOBS. */
export const consumerName = (kind: JobKind): string => kind.replaceAll(".", "-");

/** What the consumer of a kind is given. */
export const jobFilter = (kind: JobKind): string => `jobs.${JOB_SPECS[kind].service}.${consumerName(kind)}.*`;

/**
 * Where a job is put in the queue.
 *
 * @throws {RangeError} if the id cannot be part of a subject.
 */
export function jobSubject(kind: JobKind, jobId: string): string {
  return jobFilter(kind).replace("*", token(jobId));
}

/** Where an event is published. */
export const eventSubject = (type: EventType): string => `events.${type.replace(/^cugro\./, "")}`;

/**
 * Where it is told how far a job is.
 *
 * @throws {RangeError} if the id cannot be part of a subject.
 */
export const progressSubject = (jobId: string): string => `progress.${token(jobId)}`;

/** Where our own hints are published. */
export const HINT_SUBJECT = "incoming.hint";

/** What is listened to. */
export const NEWS_SUBJECTS: Readonly<Record<Subject, string>> = {
  events: "events.>",
  progress: "progress.*",
  incoming: "incoming.>",
};

function token(jobId: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(jobId)) return jobId;
  throw new RangeError(`Job id ${JSON.stringify(jobId)} must be made of letters, digits, _ and -`);
}
