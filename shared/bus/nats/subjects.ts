/**
 * Names on the bus: streams, subjects, consumers. One file, because permissions, Kubernetes resources and MinIO's
 * notification target have to say the same.
 *
 * | subject | carries | stream |
 * |---|---|---|
 * | `jobs.<service>.<kind>.<jobId>` | a job message | JOBS |
 * | `events.<type without "cugro.">` | a CloudEvent; that of a job has `.<kind>` behind it | EVENTS |
 * | `incoming.<anything>` | hints of incoming objects: ours and the S3 server's | INCOMING |
 * | `progress.<kind>.<jobId>` | how far a job is | none |
 * | `act.<learner>` | a request to act, answered by a gateway (`@cugro/protocol`, `actSubject`) | none |
 *
 * In subjects and consumer names the point of a kind is a dash: `states-sample`. Rights go by subject, so what a message
 * says about a kind is believed only under the subject of that kind.
 * @module
 */
import {
  type CloudEvent,
  JOB_KINDS,
  JOB_SPECS,
  type JobKind,
  parseKey,
  type ProgressMessage,
} from "@cugro/protocol";
import type { Subject } from "../bus.ts";

/** Names of the streams. */
export const STREAMS = { jobs: "JOBS", events: "EVENTS", incoming: "INCOMING" } as const;

/** The durable consumer of a kind in the stream JOBS. */
export const consumerName = (kind: JobKind): string => kind.replaceAll(".", "-");

/** The filter of a kind's consumer. */
export const jobFilter = (kind: JobKind): string => `jobs.${JOB_SPECS[kind].service}.${consumerName(kind)}.*`;

/**
 * Where a job is put in the queue.
 *
 * @param kind of the job
 * @param jobId 64 hexadecimal digits
 * @returns `jobs.<service>.<kind>.<id>`
 * @throws {RangeError} if the id cannot be part of a subject.
 */
export function jobSubject(kind: JobKind, jobId: string): string {
  return jobFilter(kind).replace("*", token(jobId));
}

/**
 * Where an event is published.
 *
 * @param event its type and data
 * @returns `events.<type>`, with the kind behind it for a job's
 */
export function eventSubject({ type, data }: Pick<CloudEvent, "type" | "data">): string {
  const subject = plainSubject(type);
  const kind = kindOf(type, data);
  return kind === undefined ? subject : `${subject}.${consumerName(kind)}`;
}

/** Where events of a job of this kind are published, whatever has become of it. */
export const jobEvents = (kind: JobKind): string => `events.job.*.${consumerName(kind)}`;

/**
 * Whether an event may be published under this subject; versions up to 0.2 left out the kind.
 *
 * @param subject what it was published under
 * @returns false also where its id names a job of another kind
 */
export function isEventOf(subject: string, { type, data, id }: CloudEvent): boolean {
  const key = parseKey(id);
  const kind = kindOf(type, data);
  // The id is the key of the fact: of a job of the same kind.
  if (kind !== undefined && key !== undefined && "jobKind" in key && key.jobKind !== kind) return false;
  return [eventSubject({ type, data }), plainSubject(type)].includes(subject);
}

const plainSubject = (type: string): string => `events.${type.replace(/^cugro\./, "")}`;

function kindOf(type: string, { kind }: CloudEvent["data"]): JobKind | undefined {
  return type.startsWith("cugro.job.") ? JOB_KINDS.find((each) => each === kind) : undefined;
}

/**
 * Where it is told how far a job is.
 *
 * @throws {RangeError} if the id cannot be part of a subject.
 */
export const progressSubject = ({ kind, jobId }: Pick<ProgressMessage, "kind" | "jobId">): string =>
  progressOfKind(kind).replace("*", token(jobId));

/** Where it is told how far jobs of a kind are. */
export const progressOfKind = (kind: JobKind): string => `progress.${consumerName(kind)}.*`;

/**
 * Whether progress may be published under this subject; versions up to 0.2 left out the kind.
 *
 * @param subject what it was published under
 * @param progress what was published
 * @returns true if the subject is that of the job, with its kind or without
 */
export function isProgressOf(subject: string, progress: ProgressMessage): boolean {
  return [progressSubject(progress), `progress.${progress.jobId}`].includes(subject);
}

/** Where our own hints are published. */
export const HINT_SUBJECT = "incoming.hint";

/** NATS subjects of news. */
export const NEWS_SUBJECTS: Readonly<Record<Subject, string>> = {
  events: "events.>",
  progress: "progress.>",
  incoming: "incoming.>",
};

function token(jobId: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(jobId)) return jobId;
  throw new RangeError(`Job id ${JSON.stringify(jobId)} must be made of letters, digits, _ and -`);
}
