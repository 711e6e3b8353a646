/**
 * From a job as it is stored to the types of its kind.
 * @module
 */
import { z } from "zod";
import type { JsonObject } from "./canonical.ts";
import type { InputRef } from "./input_ref.ts";
import { type InputForm, JOB_KINDS, JOB_SPECS, type JobKind, type JobSpec } from "./job_kinds.ts";
import type { Job, JobOf } from "./jobs.ts";
import type { JobInput, ParsedJob, ShardInput, TaskInput } from "./typed_jobs.ts";

/** Every field of a kind, read or not. What else a config holds is left out. */
const FIELDS = Object.fromEntries(
  JOB_KINDS.map((kind) => {
    const { config, identity }: JobSpec = JOB_SPECS[kind];
    return [kind, z.object({ ...config.shape, ...identity.shape })];
  }),
) as Record<JobKind, z.ZodObject>;

/**
 * A job as its handler sees it.
 *
 * @param job as its fact describes it
 * @param isKnob whether jobs of this kind read a knob of this name.
 * @returns fields, knobs and inputs apart
 * @throws {TypeError} naming the kind, and the field or input that is missing, wrong or read by nobody.
 */
export function parseJob(job: Job, isKnob: (name: string) => boolean): ParsedJob {
  const { kind, seed } = job;
  const spec: JobSpec = JOB_SPECS[kind];
  const fields = FIELDS[kind];
  const parsed = fields.safeParse(job.config);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw fault(job, `its field ${path.join(".")} does not fit (${message})`, valueAt(job.config, path));
  }
  const config: Record<string, unknown> = {};
  const knobs: JsonObject = {};
  for (const [name, value] of Object.entries(job.config)) {
    if (Object.hasOwn(spec.config.shape, name)) config[name] = parsed.data[name];
    else if (Object.hasOwn(spec.identity.shape, name)) continue;
    else if (isKnob(name)) knobs[name] = value;
    else throw fault(job, `nothing reads its field ${name}`, value);
  }
  return { kind, seed, config, knobs, inputs: parseInputs(job, spec) } as ParsedJob;
}

/**
 * The same job with its fields typed; undefined if they are not those of its kind, as in a store of other software.
 *
 * @param job as its fact describes it
 * @returns the same object
 */
export function typedJob(job: Job): JobOf<JobKind> | undefined {
  return FIELDS[job.kind].safeParse(job.config).success ? job as JobOf<JobKind> : undefined;
}

/**
 * Every input of a job, whatever its kind calls it.
 *
 * @param job a parsed one
 * @returns in the order of its inputs, those in lists one by one
 */
export function allInputs({ inputs }: Pick<ParsedJob, "inputs">): JobInput[] {
  const lists: (JobInput | JobInput[] | undefined)[] = Object.values(inputs);
  return lists.flat().filter((input) => input !== undefined);
}

/** How many numbers follow the name of an input: its task, its shard. */
const NUMBERS: Readonly<Record<InputForm, number>> = { one: 0, optional: 0, perTask: 1, perShard: 2 };

function parseInputs(job: Job, { inputs: forms }: JobSpec): Record<string, JobInput | JobInput[]> {
  const inputs: Record<string, JobInput | JobInput[]> = {};
  for (const [name, form] of Object.entries(forms)) if (NUMBERS[form] > 0) inputs[name] = [];
  // By full name, and so "10" before "2": rows of shards have always been put together in this order.
  for (const name of Object.keys(job.inputs).sort()) {
    const ref = job.inputs[name]!;
    const [own, ...numbers] = name.split("/");
    const form = Object.hasOwn(forms, own!) ? forms[own!]! : undefined;
    if (!form || numbers.length !== NUMBERS[form] || !numbers.every(isPlace)) {
      throw fault(job, `nothing reads its input ${name}`, ref);
    }
    const list = inputs[own!];
    if (Array.isArray(list)) list.push(numbered(name, ref, numbers));
    else inputs[own!] = { name, ref };
  }
  const missing = Object.keys(forms).find((name) => forms[name] === "one" && !inputs[name]);
  if (missing !== undefined) throw fault(job, `it has no input ${missing}`, undefined);
  return inputs;
}

function isPlace(text: string, index: number): boolean {
  return (index === 0 ? /^[1-9][0-9]*$/ : /^(0|[1-9][0-9]*)$/).test(text);
}

function numbered(name: string, ref: InputRef, [task, shard]: string[]): TaskInput | ShardInput {
  const input = { name, ref, task: Number(task) };
  return shard === undefined ? input : { ...input, shard: Number(shard) };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Record<PropertyKey, unknown> | null)?.[name], value);
}

function fault({ kind }: Job, what: string, value: unknown): TypeError {
  return new TypeError(`Cannot do a ${kind} job as ${what}: current value is ${JSON.stringify(value)}`);
}
