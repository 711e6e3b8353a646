/**
 * What the store says about jobs and their inputs.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import type { Store } from "@cugro/store";
import {
  artifactKey,
  failureFactSchema,
  hasOutput,
  jobPrefix,
  parseKey,
  resultFactSchema,
  resultKey,
} from "@cugro/protocol";
import { readFact, REQUESTS_AT_ONCE, type Source } from "./fact_cache.ts";
import { type JobState, knobsOfTask, type LearnerFacts } from "../facts/facts.ts";
import type { Graph } from "../planning/graph.ts";
import { keyOfInput } from "../planning/work.ts";

/** Reads the state of each job that `into` does not know yet. */
export async function loadJobStates(
  source: Source,
  ids: Iterable<string>,
  into: Map<string, JobState>,
): Promise<void> {
  const unknown = [...new Set(ids)].filter((id) => !into.has(id));
  await mapConcurrently(
    unknown,
    REQUESTS_AT_ONCE,
    async (id) => into.set(id, await readJobState(source, id)),
  );
}

/** The state of a job, from its result, failures and retries. */
export async function readJobState(source: Source, id: string): Promise<JobState> {
  const key = resultKey(id);
  if (source.cache.facts.has(key)) return await readResult(source, id);
  const keys = (await source.store.list(jobPrefix(id))).map((info) => info.key);
  const byKind = Map.groupBy(keys, (name) => parseKey(name)?.kind);
  const failures = byKind.get("failure") ?? [];
  const read = await Promise.all(failures.map((name) => readFact(source, name, failureFactSchema)));
  return {
    result: byKind.has("result") ? await readFact(source, key, resultFactSchema) : undefined,
    failures: read.filter((fact) => fact !== undefined).sort((a, b) => a.n - b.n),
    retries: byKind.get("retry")?.length ?? 0,
  };
}

/** The state of a job that is said to be done: one request if it is. */
export async function readFinished(source: Source, id: string): Promise<JobState> {
  const state = await readResult(source, id);
  return state.result ? state : await readJobState(source, id);
}

async function readResult(source: Source, id: string): Promise<JobState> {
  return { result: await readFact(source, resultKey(id), resultFactSchema), failures: [], retries: 0 };
}

/** Keys of the inputs of a graph's unfinished jobs, as far as they have been made; `own`: made by the graph itself. */
export function neededKeys(
  facts: Pick<LearnerFacts, "jobs">,
  graph: Graph,
): { own: string[]; others: string[] } {
  const ids = new Set(graph.jobs.map(({ id }) => id));
  const own = new Set<string>();
  const others = new Set<string>();
  for (const { id, job } of graph.jobs) {
    if (facts.jobs.get(id)?.result) continue;
    for (const ref of Object.values(job.inputs)) {
      const key = keyOfInput(facts, ref);
      if (key !== undefined) ("job" in ref && ids.has(ref.job) ? own : others).add(key);
    }
  }
  return { own: [...own], others: [...others] };
}

/** Those of the keys that have no object. */
export async function absent(store: Store, keys: readonly string[]): Promise<string[]> {
  const infos = await mapConcurrently(keys, REQUESTS_AT_ONCE, (key) => store.head(key));
  return keys.filter((_, index) => infos[index] === undefined);
}

/** Shards are made anew for each task, so those of the newest decision can go; `first` keeps them. */
export async function leftoverShards(
  source: Source,
  facts: Pick<LearnerFacts, "learner" | "versions" | "configs" | "attempts">,
): Promise<string[]> {
  const newest = facts.versions.at(-1);
  const mark = `${facts.learner.name}/${newest?.version}`;
  if (
    !newest || source.cache.released.has(mark) || knobsOfTask(facts, newest.task).replaySource === "first"
  ) {
    return [];
  }
  const states = new Map<string, JobState>();
  await loadJobStates(source, newest.jobs, states);
  const results = [...states.values()].flatMap(({ result }) => result ?? []);
  const shards = results.filter(({ kind }) => hasOutput(kind, "shard"));
  const keys = new Set(
    shards.flatMap(({ outputs }) => Object.values(outputs).map(({ artifact }) => artifactKey(artifact))),
  );
  const gone = new Set(await absent(source.store, [...keys]));
  const left = [...keys].filter((key) => !gone.has(key));
  if (left.length === 0) source.cache.released.add(mark);
  return left;
}
