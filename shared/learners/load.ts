/**
 * Reads the facts of a learner. Put-once facts are read once and then remembered; what can change (the head, lists,
 * which inputs are there) is asked anew each time.
 * @module
 */
import type { Store } from "@cugro/platform";
import {
  arrivalFactSchema,
  artifactKey,
  attemptFactSchema,
  configFactSchema,
  deletedKey,
  failureFactSchema,
  failuresPrefix,
  headFactSchema,
  headKey,
  incomingPrefix,
  jobId,
  jobPrefix,
  learnerFactSchema,
  learnerKey,
  learnerPrefix,
  numberOfKey,
  parseFact,
  rejectionFactSchema,
  resultFactSchema,
  resultKey,
  retriesPrefix,
  taskFactSchema,
  taskFailureFactSchema,
  verdictFactSchema,
  versionFactSchema,
} from "@cugro/protocol";
import { currentGraph, importJob, type JobState, knobsOf, type LearnerFacts, openArrivals } from "./facts.ts";
import { keyOfInput } from "./work.ts";

/** Remembered put-once facts by key, and what is known to be gone for good. One for a process. */
export interface FactCache {
  facts: Map<string, unknown>;
  /** Jobs and announcements that are known to be in the store. */
  written: Set<string>;
  /** `<learner>/<version>` whose shards have been released. */
  released: Set<string>;
}

/** An empty cache. */
export function createCache(): FactCache {
  return { facts: new Map(), written: new Set(), released: new Set() };
}

interface Source {
  store: Store;
  cache: FactCache;
}
type Schema<T> = Parameters<typeof parseFact<T>>[0];

/**
 * All facts of a learner that a plan needs.
 *
 * @throws {RangeError} when there is no such learner; {SyntaxError} when a fact is damaged, naming it.
 */
export async function loadFacts(
  store: Store,
  name: string,
  cache: FactCache = createCache(),
): Promise<LearnerFacts> {
  const source = { store, cache };
  const learner = await readFact(source, learnerKey(name), learnerFactSchema);
  if (!learner) throw new RangeError(`There is no learner "${name}" in this store`);
  const keys = (await store.list(learnerPrefix(name))).map(({ key }) => key);
  const facts: LearnerFacts = {
    learner,
    deleted: keys.includes(deletedKey(name)),
    ...await readLists(source, name, keys),
    head: await readHead(store, name),
    announced: await readAnnounced(store, name),
    incoming: new Map((await store.list(incomingPrefix(name))).map(({ key, etag }) => [key, etag])),
    jobs: new Map(),
    missing: new Set(),
    leftoverShards: [],
  };
  if (!facts.deleted) await loadJobs(source, facts);
  return facts;
}

/** The state of each job, from its result, failures and retries. */
export async function loadJobStates(source: Source, ids: Iterable<string>, into: Map<string, JobState>) {
  await Promise.all([...new Set(ids)].map(async (id) => {
    if (!into.has(id)) into.set(id, await readJobState(source, id));
  }));
}

/** A put-once fact, or undefined. */
export async function readFact<T>(
  { store, cache }: Source,
  key: string,
  schema: Schema<T>,
): Promise<T | undefined> {
  const known = cache.facts.get(key);
  if (known !== undefined) return known as T;
  const object = await store.get(key);
  if (!object) return undefined;
  const fact = parseFact(schema, object.bytes, key);
  cache.facts.set(key, fact);
  return fact;
}

async function readLists(source: Source, name: string, keys: readonly string[]) {
  const prefix = learnerPrefix(name);
  const list = async <T>(pattern: RegExp, schema: Schema<T>): Promise<T[]> => {
    const wanted = keys.filter((key) => pattern.test(key.slice(prefix.length)));
    const facts = await Promise.all(wanted.map((key) => readFact(source, key, schema)));
    return facts.filter((fact) => fact !== undefined) as T[];
  };
  return {
    configs: sortBy(await list(/^config\/\d+\.json$/, configFactSchema), ({ revision }) => revision),
    arrivals: sortBy(await list(/^arrivals\/\d+\.json$/, arrivalFactSchema), ({ seq }) => seq),
    rejections: sortBy(await list(/^rejections\/\d+\.json$/, rejectionFactSchema), ({ seq }) => seq),
    tasks: sortBy(await list(/^tasks\/\d+\.json$/, taskFactSchema), ({ task }) => task),
    attempts: sortBy(
      await list(/^tasks\/\d+\/attempts\/\d+\.json$/, attemptFactSchema),
      ({ attempt }) => attempt,
    ),
    cancelled: new Set(keys.flatMap((key) => {
      const match = /^tasks\/(\d+)\/cancelled\/(\d+)\.json$/.exec(key.slice(prefix.length));
      return match ? [`${match[1]}/${match[2]}`] : [];
    })),
    taskFailures: sortBy(
      await list(/^tasks\/\d+\/failures\/\d+\.json$/, taskFailureFactSchema),
      ({ n }) => n,
    ),
    versions: sortBy(await list(/^versions\/\d+\.json$/, versionFactSchema), ({ version }) => version),
    promoted: sortBy(
      await list(/^versions\/\d+\/promoted\.json$/, verdictFactSchema),
      ({ version }) => version,
    ),
    withdrawn: sortBy(
      await list(/^versions\/\d+\/withdrawn\.json$/, verdictFactSchema),
      ({ version }) => version,
    ),
  };
}

async function readHead(store: Store, name: string): Promise<LearnerFacts["head"]> {
  const object = await store.get(headKey(name));
  if (!object) return undefined;
  return { version: parseFact(headFactSchema, object.bytes, headKey(name)).version, etag: object.info.etag };
}

async function readAnnounced(store: Store, name: string): Promise<Set<string>> {
  const marks = await store.list(`announced/${learnerPrefix(name)}`);
  return new Set(marks.map(({ key }) => key.slice("announced/".length)));
}

async function readJobState(source: Source, id: string): Promise<JobState> {
  const key = resultKey(id);
  if (source.cache.facts.has(key)) {
    return { result: await readFact(source, key, resultFactSchema), failures: [], retries: 0 };
  }
  const keys = (await source.store.list(jobPrefix(id))).map((info) => info.key);
  const failures = keys.filter((name) => name.startsWith(failuresPrefix(id)));
  const read = await Promise.all(failures.map((name) => readFact(source, name, failureFactSchema)));
  return {
    result: keys.includes(key) ? await readFact(source, key, resultFactSchema) : undefined,
    failures: sortBy(read.filter((fact) => fact !== undefined), ({ n }) => n),
    retries:
      keys.filter((name) => name.startsWith(retriesPrefix(id)) && numberOfKey(name) !== undefined).length,
  };
}

/** First what says which task is current, then that task's jobs, then the inputs of those that are not done. */
async function loadJobs(source: Source, facts: LearnerFacts): Promise<void> {
  const imports = openArrivals(facts).map((arrival) => jobId(importJob(facts, arrival)));
  await loadJobStates(source, [...imports, ...facts.taskFailures.map(({ job }) => job)], facts.jobs);
  const graph = currentGraph(facts);
  if (graph) {
    const inputs = graph.jobs.flatMap(({ job }) => Object.values(job.inputs));
    const makers = inputs.flatMap((ref) => "job" in ref ? [ref.job] : []);
    await loadJobStates(source, [...graph.jobs.map(({ id }) => id), ...makers], facts.jobs);
    const open = graph.jobs.filter(({ id }) => !facts.jobs.get(id)?.result);
    const keys = open.flatMap(({ job }) =>
      Object.values(job.inputs).flatMap((ref) => keyOfInput(facts, ref) ?? [])
    );
    facts.missing = await absent(source.store, keys);
  }
  facts.leftoverShards = await leftoverShards(source, facts);
}

async function absent(store: Store, keys: readonly string[]): Promise<Set<string>> {
  const unique = [...new Set(keys)];
  const infos = await Promise.all(unique.map((key) => store.head(key)));
  return new Set(unique.filter((_, index) => infos[index] === undefined));
}

/** Shards are made anew for each task, so those of the newest decision can go; `first` keeps them. */
async function leftoverShards(source: Source, facts: LearnerFacts): Promise<string[]> {
  const newest = facts.versions.at(-1);
  const mark = `${facts.learner.name}/${newest?.version}`;
  if (!newest || source.cache.released.has(mark) || knobsOf(facts, newest.task).replaySource === "first") {
    return [];
  }
  const states = new Map<string, JobState>();
  await loadJobStates(source, newest.jobs, states);
  const results = [...states.values()].flatMap(({ result }) => result ?? []);
  const shards = results.filter(({ kind }) => kind === "states.sample" || kind === "actions.label");
  const keys = shards.flatMap(({ outputs }) =>
    Object.values(outputs).map(({ artifact }) => artifactKey(artifact))
  );
  const gone = await absent(source.store, keys);
  const left = [...new Set(keys)].filter((key) => !gone.has(key));
  if (left.length === 0) source.cache.released.add(mark);
  return left;
}

function sortBy<T>(items: T[], by: (item: T) => number): T[] {
  return items.sort((a, b) => by(a) - by(b));
}
