/**
 * What a job is, and its identity. A job is input-addressed: the same work always has the same id.
 *
 * What `config`, `inputs` and outputs hold is a matter of the kind: `job_kinds.ts`.
 *
 * Nothing in a job depends on a learner's name, a clock, a path or a store.
 * @module
 */
import { z } from "zod";
import { canonicalJson, type JsonObject, sha256 } from "./canonical.ts";
import { inputRefSchema } from "./input_ref.ts";
import { JOB_KINDS, type JobKind, REVISIONS } from "./job_kinds.ts";
import type { FieldsOf, RefsOf } from "./typed_jobs.ts";

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
/** One piece of work, complete: a process needs only this and the store to do it. */
export type Job = z.infer<typeof jobSchema>;

/** A job whose config is known to hold the fields of its kind (and the knobs that the kind reads, which are not typed here). */
export interface JobOf<K extends JobKind> extends Omit<Job, "kind" | "config"> {
  kind: K;
  config: FieldsOf<K>;
}

/**
 * The job's identity: SHA-256 of its canonical JSON, 64 hexadecimal digits.
 *
 * @param job with all of its fields
 * @returns the same for equal jobs
 */
export function jobId(job: Job | JobOf<JobKind>): string {
  return sha256(canonicalJson(job));
}

/** `C`, if it has no field beyond those of `F`: a variable with one field too many is refused as well as a literal. */
export type Exactly<F, C extends F> = C & { [N in Exclude<keyof C, keyof F>]: never };

/**
 * A job of the current revision of its kind.
 *
 * @param fields all fields of the kind, and no others: one that no handler reads would only make another job of it.
 * @param knobs those that the kind reads.
 * @returns a plain object, whose id is {@link jobId} of it
 * @example
 * ```ts
 * import { createJob, jobId } from "@cugro/protocol";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 *
 * const dataset = { dataset: "0".repeat(64) };
 * const fields = { task: 1, oldTasks: 0, heldOutSeed: 0, replayRows: 0 };
 * const job = createJob("states.train", 7, fields, { dataset }, { stateSteps: 100 });
 * assertEquals(jobId(job), jobId({ ...job }));
 * assertNotEquals(jobId(job), jobId({ ...job, seed: 8 }));
 * ```
 */
export function createJob<K extends JobKind, C extends FieldsOf<K>>(
  kind: K,
  seed: number,
  fields: Exactly<FieldsOf<K>, C>,
  inputs: RefsOf<K>,
  knobs: JsonObject = {},
): JobOf<K> {
  return {
    schema: 1,
    kind,
    revision: REVISIONS[kind],
    config: { ...knobs, ...fields },
    seed,
    inputs: inputs as Job["inputs"],
  };
}

/**
 * The seed of one job, a uint32 that depends on nothing but these five.
 *
 * @param task 1-based task the job is about; 0 for none.
 * @param shard 0-based shard; 0 for none.
 * @param attempt 1-based attempt at the task.
 * @returns a whole number from 0 to 2^32 - 1
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
