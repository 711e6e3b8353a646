/**
 * What the store says about jobs and their inputs.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { hasOldJobs, listJob, type Store } from "@cugro/store";
import {
  failureFactSchema,
  type JobFact,
  jobFactSchema,
  jobKey,
  type JobKind,
  type JobName,
  type JobObjects,
  jobOfKey,
  kindPrefix,
  makerOf,
  oldJobKey,
  oldResultKey,
  resultFactSchema,
  resultKey,
  sortJobKeys,
} from "@cugro/protocol";
import { type FactSource, readFact, REQUESTS_AT_ONCE } from "./fact_cache.ts";
import type { JobState, LearnerFacts } from "../facts/learner_facts.ts";
import type { Graph } from "../planning/job_graph.ts";
import type { Remeasurement } from "../results/remeasure.ts";
import { keyOfInput } from "../planning/work.ts";

/** From this many unknown jobs of a kind on one list may be cheaper than one for each. */
const MANY = 64;
/** For one unknown job this many may be listed that are of no interest: an entry of a list costs less than a request. */
const LISTED_FOR_ONE = 4;
const SAMPLE = "00";

/**
 * Reads the state of each job that `into` does not know yet.
 *
 * @param source store and cache
 * @param names of the jobs
 * @param into states by id, which is added to
 */
export async function loadJobStates(
  source: FactSource,
  names: Iterable<JobName>,
  into: Map<string, JobState>,
): Promise<void> {
  const unknown = new Map([...names].filter(({ id }) => !into.has(id)).map((name) => [name.id, name]));
  const wanted = [...unknown.values()];
  const states = await readJobStates(source, wanted);
  wanted.forEach(({ id }, index) => into.set(id, states[index]!));
}

/**
 * The state of each of these jobs.
 *
 * @param source store and cache
 * @param names of the jobs
 * @returns in their order
 */
export async function readJobStates(source: FactSource, names: readonly JobName[]): Promise<JobState[]> {
  const asked = names.filter((name) => knownResult(source, name) === undefined);
  const listed = new Map<string, JobObjects>();
  for (const [kind, ofKind] of Map.groupBy(asked, ({ kind }) => kind)) {
    const found = await listMany(source, kind, ofKind.map(({ id }) => id));
    for (const [id, objects] of found) listed.set(id, objects);
  }
  return await mapConcurrently(
    names,
    REQUESTS_AT_ONCE,
    (name) => readJobState(source, name, listed.get(name.id)),
  );
}

/**
 * What there is of many jobs of a kind by one list of the kind, where that is cheaper than a list for each: jobs that have just
 * been planned are hundreds, and the store has nothing of them.
 *
 * @returns nothing where it is not
 */
async function listMany(
  source: FactSource,
  kind: JobKind | undefined,
  ids: readonly string[],
): Promise<Map<string, JobObjects>> {
  if (kind === undefined || ids.length < MANY || await hasOldJobs(source.store, source.cache.oldJobs)) {
    return new Map();
  }
  const prefix = kindPrefix(kind);
  // Ids are hashes: those that begin so tell how many there are.
  const sample = new Set((await source.store.list(prefix + SAMPLE)).map(({ key }) => jobOfKey(key)));
  const estimate = (sample.size + 1) * 16 ** SAMPLE.length;
  if (estimate > LISTED_FOR_ONE * ids.length) return new Map();
  const keys = (await source.store.list(prefix)).map(({ key }) => key);
  const byJob = Map.groupBy(keys, (key) => jobOfKey(key));
  return new Map(ids.map((id) => [id, sortJobKeys(byJob.get(id) ?? [])]));
}

function knownResult({ cache }: FactSource, name: JobName): string | undefined {
  return resultKeys(name).find((key) => cache.facts.has(key));
}

/**
 * The state of a job, from its result, failures and retries.
 *
 * @param source store and cache
 * @param name id and kind of the job
 * @param objects what there is of it. @default a list tells
 * @returns its newest state
 */
export async function readJobState(
  source: FactSource,
  name: JobName,
  objects?: JobObjects,
): Promise<JobState> {
  const known = knownResult(source, name);
  if (known !== undefined) return await stateOfResult(source, name, known);
  const there = objects ??
    await listJob(source.store, name, await hasOldJobs(source.store, source.cache.oldJobs));
  const failures = await Promise.all(there.failures.map((key) => readFact(source, key, failureFactSchema)));
  return {
    ...await stateOfResult(source, name, there.result),
    failures: failures.filter((fact) => fact !== undefined),
    retries: there.retries.length,
    damaged: there.damaged,
    stopped: there.stopped !== undefined,
  };
}

/**
 * The state of a job that is reported as done: one request if it is.
 *
 * @param source store and cache
 * @param name id and kind of the job
 * @returns its newest state
 */
export async function readFinished(source: FactSource, name: JobName): Promise<JobState> {
  const state = await stateOfResult(source, name, resultKeys(name)[0]);
  return state.result ? state : await readJobState(source, name);
}

/** Where the result of a job may lie; the first is where one is written. */
function resultKeys({ id, kind }: JobName): string[] {
  return [...(kind === undefined ? [] : [resultKey(kind, id)]), oldResultKey(id)];
}

async function stateOfResult(
  source: FactSource,
  { kind }: JobName,
  key: string | undefined,
): Promise<JobState> {
  const result = key === undefined ? undefined : await readFact(source, key, resultFactSchema);
  return {
    kind: kind ?? result?.kind,
    result,
    resultKey: result && key,
    failures: [],
    retries: 0,
    damaged: [],
  };
}

/**
 * The job itself, as it was handed out; undefined if it is gone.
 *
 * @param source store and cache
 * @param name id and kind of the job
 * @returns the fact, in either layout
 */
export async function readJobFact(source: FactSource, { id, kind }: JobName): Promise<JobFact | undefined> {
  const found = kind && await readFact(source, jobKey(kind, id), jobFactSchema);
  if (found || (kind && !await hasOldJobs(source.store, source.cache.oldJobs))) return found;
  return await readFact(source, oldJobKey(id), jobFactSchema);
}

/**
 * The jobs that have stopped tasks. Facts of versions up to 0.2 leave out of which kind they are; the job itself says it.
 *
 * @param source store and cache
 * @param facts failures of tasks
 * @returns ids and kinds; no kind for a job that is gone
 */
export async function stoppedJobs(
  source: FactSource,
  { taskFailures }: Pick<LearnerFacts, "taskFailures">,
): Promise<JobName[]> {
  return await mapConcurrently(taskFailures, REQUESTS_AT_ONCE, async ({ job: id, kind }) => ({
    id,
    kind: kind ?? (await readJobFact(source, { id, kind }))?.job.kind,
  }));
}

/**
 * The jobs that make the inputs of a job.
 *
 * @param job of a graph
 * @returns ids and kinds
 */
export function makersOf({ job }: Graph["jobs"][number] | Remeasurement): JobName[] {
  return Object.entries(job.inputs).flatMap(([name, ref]) =>
    "job" in ref ? [{ id: ref.job, kind: makerOf(job.kind, name) }] : []
  );
}

/**
 * Keys of the inputs of unfinished jobs, as far as they have been made; `own`: made by the jobs of the graph themselves.
 *
 * @param facts states of jobs
 * @param ofGraph jobs of the task being learnt
 * @param again jobs that labels have run again
 * @returns keys, each once
 */
export function neededKeys(
  facts: Pick<LearnerFacts, "jobs">,
  ofGraph: Graph["jobs"],
  again: readonly Remeasurement[],
): { own: string[]; others: string[] } {
  const ids = new Set(ofGraph.map(({ id }) => id));
  const own = new Set<string>();
  const others = new Set<string>();
  for (const { id, job } of [...ofGraph, ...again]) {
    if (facts.jobs.get(id)?.result) continue;
    for (const ref of Object.values(job.inputs)) {
      const key = keyOfInput(facts, ref);
      if (key !== undefined) ("job" in ref && ids.has(ref.job) ? own : others).add(key);
    }
  }
  return { own: [...own], others: [...others] };
}

/**
 * Those of the keys that have no object.
 *
 * @param keys of any kind
 * @returns in the same order
 */
export async function absent(store: Store, keys: readonly string[]): Promise<string[]> {
  const infos = await mapConcurrently(keys, REQUESTS_AT_ONCE, (key) => store.head(key));
  return keys.filter((_, index) => infos[index] === undefined);
}
