/**
 * Every fact: its schema and its type. A fact is an object that is created once and never changed; the head is the
 * one exception. Reading and writing: `fact_bytes.ts`.
 * @module
 */
import { anchorsSchema, environmentSchema } from "./environment.ts";
import { z } from "zod";
import { distancesSchema } from "./acting.ts";
import type { JsonObject } from "./canonical.ts";
import { JOB_KINDS } from "./job_kinds.ts";
import { jobSchema } from "./jobs.ts";
import { sameRowsSchema } from "./labels.ts";
import { HASH } from "./names.ts";
import { noticeSchema, readingSchema } from "./reading.ts";

export * from "./version_fact.ts";

const hash = z.string().regex(HASH);
const place = z.int().min(1);
const schema = z.literal(1);
const time = z.iso.datetime();
const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());

/** A learner exists. `seed` is any whole number from 0. */
export const learnerFactSchema = z.object({ schema, name: z.string(), seed: z.int().min(0), created: time });
/** A learner exists. Checked by {@link learnerFactSchema}. */
export type LearnerFact = z.infer<typeof learnerFactSchema>;

/**
 * Revision r of a learner's knobs, every one written out; it holds for tasks from `fromTask` on. `learner`: in the
 * first one, what the learner's own fact says or will say.
 */
export const configFactSchema = z.object({
  ...{ schema, revision: place, fromTask: place },
  preset: z.string(),
  knobs: json,
  learner: learnerFactSchema.pick({ seed: true, created: true }).optional(),
});
/** Revision r of a learner's knobs, every one written out; it holds for tasks from `fromTask` on. Checked by {@link configFactSchema}. */
export type ConfigFact = z.infer<typeof configFactSchema>;

/**
 * A file has arrived, whatever it holds. `size` in bytes; `contentHash`: SHA-256, where the bytes passed through the writer;
 * `traceparent`: W3C trace context of the request that brought it; `again`: the arrival of the same object whose import failed, so
 * that it is imported once more. `reading`: how it is to be read; `refused`: why that is
 * unclear; `sidecar`: etag of the file beside it that says so; `asNewTask`: whose task it would be a revision of, is not asked.
 */
export const arrivalFactSchema = z.object({
  schema,
  seq: place,
  key: z.string(),
  etag: z.string(),
  contentHash: hash.nullable(),
  size: z.int().min(0),
  lastModified: time,
  traceparent: z.string().optional(),
  again: place.optional(),
  reading: readingSchema.exactOptional(),
  refused: z.string().exactOptional(),
  sidecar: z.string().exactOptional(),
  asNewTask: z.literal(true).exactOptional(),
});
/** A file has arrived, whatever it holds. Checked by {@link arrivalFactSchema}. */
export type ArrivalFact = z.infer<typeof arrivalFactSchema>;

/**
 * An arrival takes no place in the sequence, and why. `failedJob`: the import job, if it failed (not the file); `unread`: the
 * file was gone, or another in its place, before it was read; `besideTask`: what speaks against the file is what that task is;
 * `sameRows`: they are a task's whose labels differ; `knobs`: what speaks against the file is how knobs stand.
 */
export const rejectionFactSchema = z.object({
  ...{ schema, seq: place, key: z.string(), reason: z.string(), failedJob: hash.nullable() },
  ...{ unread: z.literal(true).exactOptional(), besideTask: place.exactOptional() },
  knobs: z.literal(true).exactOptional(),
  sameRows: sameRowsSchema.exactOptional(),
});
/** An arrival takes no place in the sequence, and why. Checked by {@link rejectionFactSchema}. */
export type RejectionFact = z.infer<typeof rejectionFactSchema>;

/**
 * What a `dataset.import` job reports of a good file, in its result's metrics. `bytes`: of the stored dataset;
 * `discreteActions`: how many there are, `actionDim` then (actions are one-hot rows).
 */
export const importSummarySchema = z.object({
  name: z.string(),
  datasetHash: hash,
  size: place,
  stateDim: place,
  actionDim: place,
  discreteActions: place.exactOptional(),
  episodes: place,
  bytes: z.int().min(0).default(0),
  ...{ environment: environmentSchema.nullable(), horizon: place, anchors: anchorsSchema },
  notices: z.array(noticeSchema).exactOptional(),
  heldOutDistances: distancesSchema.exactOptional(),
});
/** What a `dataset.import` job reports of a good file, in its result's metrics. Checked by {@link importSummarySchema}. */
export type ImportSummary = z.infer<typeof importSummarySchema>;

/** An arrival was accepted as task k. `normaliser`, `sketch`, `episodeHashes`: artifacts; facts up to version 0.4 lack the last. */
export const taskFactSchema = importSummarySchema.extend({
  schema,
  task: place,
  arrival: place,
  importJob: hash,
  normaliser: hash,
  sketch: hash,
  episodeHashes: hash.exactOptional(),
});
/** An arrival was accepted as task k. Checked by {@link taskFactSchema}. */
export type TaskFact = z.infer<typeof taskFactSchema>;

/** Train task k again: attempt `a` >= 2, with other knobs where `overrides` says so. */
export const attemptFactSchema = z.object({
  ...{ schema, task: place, attempt: place },
  ...{ reason: z.string(), overrides: json },
});
/** Train task k again: attempt `a` >= 2, with other knobs where `overrides` says so. Checked by {@link attemptFactSchema}. */
export type AttemptFact = z.infer<typeof attemptFactSchema>;

/** This attempt at task k is not made. */
export const cancelledFactSchema = z.object({ schema, task: place, attempt: place, reason: z.string() });
/** This attempt at task k is not made. Checked by {@link cancelledFactSchema}. */
export type CancelledFact = z.infer<typeof cancelledFactSchema>;

/**
 * An attempt at a task was stopped by a job that failed for good; it is stepped over until that job is retried. `kind`: of
 * the job; facts of versions up to 0.2 lack it.
 */
export const taskFailureFactSchema = z.object({
  schema,
  task: place,
  attempt: place,
  n: place,
  job: hash,
  kind: z.enum(JOB_KINDS).exactOptional(),
  message: z.string(),
});
/** An attempt at a task was stopped by a job that failed for good; it is stepped over until that job is retried. Checked by {@link taskFailureFactSchema}. */
export type TaskFailureFact = z.infer<typeof taskFailureFactSchema>;

/** A parked version was let through by an operator, or a published one taken back. */
export const verdictFactSchema = z.object({ schema, version: place, reason: z.string() });
/** A parked version was let through by an operator, or a published one taken back. Checked by {@link verdictFactSchema}. */
export type VerdictFact = z.infer<typeof verdictFactSchema>;

/**
 * Which version serves; null before the first. `withdrawn`: how many versions had been withdrawn when the head was moved, left out if none. It
 * keeps a head that comes back to a version from having the same bytes, and so the same etag, as before: otherwise a
 * plan made in between could still swap it.
 */
export const headFactSchema = z.object({
  schema,
  version: place.nullable(),
  withdrawn: z.number().int().positive().optional(),
});
/** Which version serves; null before the first. Checked by {@link headFactSchema}. */
export type HeadFact = z.infer<typeof headFactSchema>;

/** The job as it was first wanted: by which learner, for which task (not part of its identity). */
export const jobFactSchema = z.object({
  schema,
  job: jobSchema,
  learner: z.string(),
  task: place.nullable(),
});
/** The job as it was first wanted: by which learner, for which task (not part of its identity). Checked by {@link jobFactSchema}. */
export type JobFact = z.infer<typeof jobFactSchema>;

/** A job is done. `startedAtStep` > 0: its last run resumed a checkpoint. `seconds`: of all runs that led here. */
export const resultFactSchema = z.object({
  schema,
  jobId: hash,
  kind: z.enum(JOB_KINDS),
  outputs: z.record(z.string(), z.object({ artifact: hash, bytes: z.int().min(0) })),
  metrics: json,
  seconds: z.number().min(0),
  startedAtStep: z.int().min(0),
  profile: json,
  codeVersion: z.string(),
  finished: time,
});
/** A job is done. Checked by {@link resultFactSchema}. */
export type ResultFact = z.infer<typeof resultFactSchema>;

/** A job was given up. It has failed while it has more failures than retries. */
export const failureFactSchema = z.object({
  schema,
  jobId: hash,
  n: place,
  message: z.string(),
  permanent: z.boolean(),
  failed: time,
});
/** A job was given up. Checked by {@link failureFactSchema}. */
export type FailureFact = z.infer<typeof failureFactSchema>;

/** An operator asks for a failed job once more. */
export const retryFactSchema = z.object({ schema, jobId: hash, n: place, reason: z.string() });
/** An operator asks for a failed job once more. Checked by {@link retryFactSchema}. */
export type RetryFact = z.infer<typeof retryFactSchema>;

/** The event of a fact has been published. */
export const announcedFactSchema = z.object({ schema, id: z.string() });
/** The event of a fact has been published. Checked by {@link announcedFactSchema}. */
export type AnnouncedFact = z.infer<typeof announcedFactSchema>;
