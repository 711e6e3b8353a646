/**
 * What a learner still needs of the store: the marks of garbage collection, and what an export takes along.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import { goesWithDecision } from "../planning/shards.ts";
import { mapConcurrently } from "@cugro/async";
import { hasOldJobs, keysOfJob, type Store } from "@cugro/store";
import {
  announcedPrefix,
  artifactKey,
  datasetKey,
  jobId,
  type JobKind,
  jobOfKey,
  learnerPrefix,
  type ResultFact,
  type VersionFact,
} from "@cugro/protocol";
import {
  dataState,
  isPromotable,
  jobsOfVersion,
  type JobState,
  type LearnerFacts,
  validVersions,
} from "../facts/learner_facts.ts";
import { currentGraph } from "../facts/current_graph.ts";
import { knobsOfTask, knobsOfVersion } from "../facts/knobs_of_facts.ts";
import { importJob } from "../facts/arrival_jobs.ts";
import { dataInOrder, type TaskData } from "../facts/task_revisions.ts";
import { arrivalJobs } from "../planning/task_growth.ts";
import { type FactCache, REQUESTS_AT_ONCE } from "../reading/fact_cache.ts";
import { remeasurements } from "../results/remeasure.ts";
import { loadJobStates, stoppedJobs } from "../reading/load_jobs.ts";

/** Objects needed besides the facts under `learners/`: objects by key, and jobs with everything about them. */
export interface Reach {
  keys: Set<string>;
  /** By id, and of which kind they are, as far as is known. */
  jobs: Map<string, JobKind | undefined>;
}

/**
 * Everything that the learner still needs. A deleted learner needs nothing.
 *
 * @param facts of the learner
 * @param cache of facts that have been read
 * @returns keys of artifacts and datasets, and ids of jobs with their kinds
 */
export async function reachOf(store: Store, facts: LearnerFacts, cache: FactCache): Promise<Reach> {
  const reach: Reach = { keys: new Set(), jobs: new Map() };
  if (facts.deleted) return reach;
  const valid = new Set(validVersions(facts));
  const versions = facts.versions.filter((fact) => valid.has(fact) || isPromotable(facts, fact.version));
  const graph = currentGraph(facts);
  const states = new Map<string, JobState>(facts.jobs);
  await loadJobStates({ store, cache }, versions.flatMap(jobsOfVersion), states);
  for (const version of versions) markVersion(reach, facts, version, states);
  for (const arrival of facts.arrivals) reach.jobs.set(jobId(importJob(facts, arrival)), "dataset.import");
  for (const { measureJob } of facts.revisions) reach.jobs.set(measureJob, "dataset.measure");
  for (const job of arrivalJobs(facts)) markWaiting(reach, facts, job);
  for (const { id, kind } of await stoppedJobs({ store, cache }, facts)) reach.jobs.set(id, kind);
  for (const { id, job } of graph?.jobs ?? []) {
    reach.jobs.set(id, job.kind);
    markOutputs(reach, states.get(id)?.result);
  }
  for (const { id, job } of remeasurements(facts)) {
    reach.jobs.set(id, job.kind);
    markOutputs(reach, states.get(id)?.result);
  }
  for (const data of dataInOrder(facts)) {
    for (const artifact of [data.normaliser, data.sketch, data.episodeHashes ?? []].flat()) {
      reach.keys.add(artifactKey(artifact));
    }
    if (keepsData(facts, data)) reach.keys.add(datasetKey(data.datasetHash));
  }
  return reach;
}

/** Marks outputs of reading and measuring a file that waits. */
function markWaiting(reach: Reach, facts: LearnerFacts, job: ReturnType<typeof arrivalJobs>[number]): void {
  const id = jobId(job);
  const result = facts.jobs.get(id)?.result;
  reach.jobs.set(id, job.kind);
  markOutputs(reach, result);
  if (typeof result?.metrics.datasetHash === "string") reach.keys.add(datasetKey(result.metrics.datasetHash));
}

/**
 * Whether an object is within a reach.
 *
 * @param key of an object
 * @param reach of one or several learners
 * @returns true also for all objects of a job that is within it
 */
export function isReached({ keys, jobs }: Reach, key: string): boolean {
  return keys.has(key) || jobs.has(jobOfKey(key) ?? "");
}

/**
 * Every object an export of the learner takes along: its facts, what it still needs, files that wait.
 *
 * @param facts of the learner
 * @param cache of facts that have been read
 * @returns sorted keys
 */
export async function exportKeys(store: Store, facts: LearnerFacts, cache: FactCache): Promise<string[]> {
  const { name } = facts.learner;
  const { keys, jobs } = await reachOf(store, facts, cache);
  const prefixes = [learnerPrefix(name), announcedPrefix(name)];
  const own = (await Promise.all(prefixes.map((each) => store.list(each)))).flat().map(({ key }) => key);
  const old = await hasOldJobs(store, cache.oldJobs);
  const ofJobs = await mapConcurrently(
    [...jobs],
    REQUESTS_AT_ONCE,
    ([id, kind]) => keysOfJob(store, { id, kind }, old),
  );
  const waiting = facts.arrivals.filter(({ key }) => facts.incoming.has(key)).map(({ key }) => key);
  return [...new Set([...own, ...ofJobs.flat(), ...keys, ...waiting])].sort();
}

/** Sources of replay that are the old data themselves. */
const KEEPS_DATASETS: readonly Hyperparameters["replay"][] = ["oracle", "multitask"];

/** Data that may still be learnt, and all where replay is the data itself. */
function keepsData(facts: LearnerFacts, data: TaskData): boolean {
  return dataState(facts, data) !== "published" ||
    KEEPS_DATASETS.includes(knobsOfTask(facts, facts.tasks.length + 1).replay);
}

function markVersion(reach: Reach, facts: LearnerFacts, version: VersionFact, states: Map<string, JobState>) {
  // What serves, whatever has become of the results that it was decided by.
  for (const artifact of Object.values(version.weights ?? {})) reach.keys.add(artifactKey(artifact));
  const knobs = knobsOfVersion(facts, version);
  for (const { id, kind } of jobsOfVersion(version)) {
    const result = states.get(id)?.result;
    if (!reach.jobs.has(id)) reach.jobs.set(id, kind ?? result?.kind);
    if (result !== undefined && !goesWithDecision(result.kind, knobs)) markOutputs(reach, result);
  }
}

function markOutputs(reach: Reach, result: ResultFact | undefined) {
  for (const { artifact } of Object.values(result?.outputs ?? {})) reach.keys.add(artifactKey(artifact));
}
