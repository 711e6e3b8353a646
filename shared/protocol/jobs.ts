/**
 * What a job is, and its identity. A job is input-addressed: whoever describes the same work, gets the same id.
 *
 * What `config` holds beside the knobs its kind reads (names and units as in the algorithm's hyperparameters):
 *
 * | kind | config | inputs | outputs |
 * |---|---|---|---|
 * | dataset.import  | key, etag, heldOutSeed | none | normaliser, sketch |
 * | states.sample   | task i, shard m, rows | stateGenerator, normaliser | shard {states} |
 * | actions.label   | task i, shard m | states, behaviorGenerator, normaliser | shard {states, actions} |
 * | *.train         | task k, oldTasks, heldOutSeed, replayRows (of one old task) | dataset, normaliser/<i>, parent, replay/<i>/<m> | weights, curves |
 * | policy.evaluate | task j, newTask k, environment, horizon, anchors, heldOutSeed, replayRows | behaviorGenerator, critic, normaliser, sketch, replay/<j>/<m>; for j = k stateGenerator, dataset | rollouts |
 *
 * Nothing in a job depends on a learner's name, a clock, a path or a store.
 * @module
 */
import { z } from "zod";
import { canonicalJson, type JsonObject, sha256 } from "./canonical.ts";
import { HASH } from "./names.ts";

/** Every kind of work there is. */
export const JOB_KINDS = [
  "dataset.import",
  "states.sample",
  "actions.label",
  "states.train",
  "behavior.train",
  "critic.train",
  "policy.evaluate",
] as const;
/** A kind of work. */
export type JobKind = typeof JOB_KINDS[number];

/** Raised when what a kind computes changes, so that old results are not taken for new ones. */
export const REVISIONS: Readonly<Record<JobKind, number>> = {
  "dataset.import": 1,
  "states.sample": 3,
  "actions.label": 3,
  "states.train": 2,
  "behavior.train": 2,
  "critic.train": 2,
  "policy.evaluate": 3,
};

const hash = z.string().regex(HASH);
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.json());

/**
 * Where an input comes from: a dataset by content hash, an output of a job, or an artifact by content hash.
 * The last names what was computed at import (normaliser, sketch): import jobs are identified by where a file
 * lay, so naming their outputs by content keeps every later id free of names, paths and etags.
 */
export const inputRefSchema = z.union([
  z.strictObject({ dataset: hash }),
  z.strictObject({ job: hash, output: z.string().min(1) }),
  z.strictObject({ artifact: hash }),
]);
/** See {@link inputRefSchema}. */
export type InputRef = z.infer<typeof inputRefSchema>;

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
