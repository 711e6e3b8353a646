/**
 * The types of every kind of job, derived from its row in {@link JOB_SPECS}.
 * @module
 */
import type { z } from "zod";
import type { JsonObject } from "./canonical.ts";
import type { InputRef } from "./input_ref.ts";
import type { InputForm, JOB_SPECS, JobKind } from "./job_kinds.ts";

type Specs = typeof JOB_SPECS;
/** Of an object without fields `z.infer` says that it may have none, which forbids those of the other half. */
type Values<S extends z.ZodObject> = keyof S["shape"] extends never ? unknown : z.infer<S>;
type Configs = { [K in JobKind]: z.infer<Specs[K]["config"]> };
type Fields = { [K in JobKind]: Configs[K] & Values<Specs[K]["identity"]> };

/** The config that the handler of a kind reads, beside the knobs. */
export type ConfigOf<K extends JobKind> = Configs[K];
/** All of a job's config beside the knobs: what its handler reads, and what only enters its id. */
export type FieldsOf<K extends JobKind> = Fields[K];
/** Names of the outputs of a kind. */
export type OutputName<K extends JobKind> = Specs[K]["outputs"][number];

/** An input of a job. `name`: in full, as the job has it. */
export interface JobInput {
  name: string;
  ref: InputRef;
}
/** One of several inputs, a task each. */
export interface TaskInput extends JobInput {
  task: number;
}
/** One of several inputs, one or more a task. */
export interface ShardInput extends TaskInput {
  shard: number;
}

interface InputsByForm {
  one: JobInput;
  optional: JobInput | undefined;
  perTask: TaskInput[];
  perShard: ShardInput[];
}
type Inputs = {
  [K in JobKind]: {
    [N in keyof Specs[K]["inputs"]]: Specs[K]["inputs"][N] extends InputForm
      ? InputsByForm[Specs[K]["inputs"][N]]
      : never;
  };
};
/** A job's inputs, by the names that its kind gives them. Those of a list are sorted by their full names. */
export type InputsOf<K extends JobKind> = Inputs[K];

type NamesOf<K extends JobKind, F extends InputForm> = {
  [N in keyof Specs[K]["inputs"]]: Specs[K]["inputs"][N] extends F ? N : never;
}[keyof Specs[K]["inputs"]];
type Refs = {
  [K in JobKind]:
    & { [N in NamesOf<K, "one">]: InputRef }
    & { [N in NamesOf<K, "optional">]?: InputRef }
    & { [N in NamesOf<K, "perTask"> as `${N & string}/${number}`]: InputRef }
    & { [N in NamesOf<K, "perShard"> as `${N & string}/${number}/${number}`]: InputRef };
};
/** A job's inputs as the job's maker names them. */
export type RefsOf<K extends JobKind> = Refs[K];

/** A job as its handler sees it. `knobs`: what its config holds beside the fields of its kind. */
export interface ParsedJob<K extends JobKind = JobKind> {
  kind: K;
  seed: number;
  config: ConfigOf<K>;
  knobs: JsonObject;
  inputs: InputsOf<K>;
}
