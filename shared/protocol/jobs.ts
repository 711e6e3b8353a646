/**
 * What a job is, and its identity. A job is input-addressed: whoever describes the same work, gets the same id.
 *
 * What `config`, `inputs` and outputs hold is a matter of the kind: `job_kinds.ts`.
 *
 * Nothing in a job depends on a learner's name, a clock, a path or a store.
 * @module
 */
import { z } from "zod";
import { canonicalJson, type JsonObject, sha256 } from "./canonical.ts";
import { type InputRef, inputRefSchema } from "./input_ref.ts";
import { JOB_KINDS, type JobKind, REVISIONS } from "./job_kinds.ts";

const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.json());

/** Schema of {@link Job}; strict, since an unknown member would be part of the identity. */
export const jobSchema = z.strictObject({
  schema: z.literal(1),
  kind: z.enum(JOB_KINDS),
  revision: z.int().min(1),
  config: jsonObject,
  seed: z.int().min(0).max(0xffff_ffff),
  inputs: z.record(z.string(), inputRefSchema),
});
/** One piece of work, complete: whoever holds it and the store can do it. */
export type Job = z.infer<typeof jobSchema>;

/** The job's identity: SHA-256 of its canonical JSON, 64 hexadecimal digits. */
export function jobId(job: Job): string {
  return sha256(canonicalJson(job));
}

/** A job of the current revision of its kind. */
export function createJob(
  kind: JobKind,
  seed: number,
  config: JsonObject,
  inputs: Record<string, InputRef>,
): Job {
  return { schema: 1, kind, revision: REVISIONS[kind], config, seed, inputs };
}

/**
 * The seed of one job, a uint32 that depends on nothing but these five.
 *
 * @param task 1-based task the job is about; 0 for none.
 * @param shard 0-based shard; 0 for none.
 * @param attempt 1-based attempt at the task.
 */
export function deriveSeed(
  learnerSeed: number,
  kind: string,
  task: number,
  shard: number,
  attempt: number,
): number {
  return Number.parseInt(sha256(canonicalJson([learnerSeed, kind, task, shard, attempt])).slice(0, 8), 16);
}
