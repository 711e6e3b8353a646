/**
 * What the table of kinds of jobs (`job_kinds.ts`) says of one kind, or of one service.
 * @module
 */
import { JOB_KINDS, JOB_SPECS, type JobKind, type JobSpec } from "./job_kinds.ts";

/**
 * The kinds of job that a service does, in order of preference.
 * @param service as its folder is called
 * @returns none for other names
 */
export function kindsOfService(service: string): JobKind[] {
  return JOB_KINDS.filter((kind) => JOB_SPECS[kind].service === service);
}

/**
 * Whether jobs of a kind have an output of this name.
 * @param name such as `weights`
 * @returns by the table of kinds
 */
export function hasOutput(kind: JobKind, name: string): boolean {
  return (JOB_SPECS[kind].outputs as readonly string[]).includes(name);
}

/**
 * The kind of the job that makes an input of a kind; where its result lies depends on it.
 * @param kind that has the input
 * @param input in full, as the job has it: `replay/1/0`.
 * @returns the kind of the job that makes it
 * @throws {TypeError} where no job of that kind has an input of this name that another job makes.
 */
export function makerOf(kind: JobKind, input: string): JobKind {
  const { makers }: JobSpec = JOB_SPECS[kind];
  const name = input.split("/", 1)[0]!;
  if (Object.hasOwn(makers, name)) return makers[name] as JobKind;
  throw new TypeError(`Input ${input} of a ${kind} job is made by no other job`);
}

/**
 * The kinds whose results jobs of a kind read; none for a kind without a row.
 * @param kind also one of other software
 * @returns each once
 */
export function readKinds(kind: JobKind): JobKind[] {
  const spec: JobSpec | undefined = JOB_SPECS[kind];
  return [...new Set(Object.values(spec?.makers ?? {}) as JobKind[])];
}

/**
 * Whether jobs of a kind read datasets; not those of a kind without a row.
 * @param kind also one of other software
 * @returns by the table of kinds
 */
export function readsDatasets(kind: JobKind): boolean {
  const spec: JobSpec | undefined = JOB_SPECS[kind];
  return (spec?.datasets.length ?? 0) > 0;
}
