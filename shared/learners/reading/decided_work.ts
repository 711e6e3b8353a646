/**
 * What the jobs that led to versions took. Since 0.9 the versions' facts say it; of earlier ones the results are read.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { limitOfSteps } from "@cugro/algorithm/knobs";
import type { JobName, JobStage, VersionFact } from "@cugro/protocol";
import { jobsOfVersion, type LearnerFacts } from "../facts/learner_facts.ts";
import { type FactSource, REQUESTS_AT_ONCE } from "./fact_cache.ts";
import { type JobStatus, jobStatus, openJobs, readsFile } from "./job_statuses.ts";
import { readFinished, readJobFact } from "./load_jobs.ts";
import type { TrainingSteps } from "./step_counts.ts";
import { type DoneJob, mergeWork, stepsOfWork, sumWork, type TaskWork } from "./work_sums.ts";

/** A learner's jobs in sums; by name only those that are not done, or not decided. */
export interface JobSums {
  /** Of the task being learnt, of labels, of files. */
  openJobs: JobStatus[];
  /** How many there are, decided ones too. */
  jobCounts: Record<JobStage, number>;
  /** What those that are done took, by task and kind. */
  work: TaskWork[];
  /** Of every task's last trainings. */
  steps: TrainingSteps[];
}

/** What decided jobs have come to. */
interface DecidedWork {
  /** Of those that are done. */
  work: TaskWork[];
  /** Those whose results are gone. */
  undone: JobStatus[];
}

interface Found {
  task: number | null;
  done?: DoneJob;
  undone?: JobStatus;
}

/**
 * A learner's jobs in sums. Of those that led to versions as little is read as can be.
 *
 * @param source store and cache
 * @param facts of the learner
 * @returns sums; jobs that are open
 */
export async function jobSums(source: FactSource, facts: LearnerFacts): Promise<JobSums> {
  const decided = await decidedWork(source, facts);
  const known = new Set(facts.versions.flatMap(({ jobs }) => jobs));
  const undone = new Map(decided.undone.map((one) => [one.id, one]));
  // One that led to a version and is made again, as its output was lost, is open.
  const open = openJobs(facts).filter(({ id, state }) => !known.has(id) || state !== "done");
  for (const { id } of open) undone.delete(id);
  const done = open.filter(({ state }) => state === "done");
  const openAgain = open.filter(({ id }) => known.has(id) && !decided.undone.some((one) => one.id === id));
  const work = mergeWork([...decided.work, ...done.map(workOfJob)]);
  const all = [...undone.values(), ...open];
  const jobCounts = { waiting: 0, ready: 0, done: -openAgain.length, failed: 0 };
  for (const { state } of all) if (state !== "done") jobCounts[state] += 1;
  for (const { jobs } of work) jobCounts.done += jobs;
  return { openJobs: all, jobCounts, work, steps: stepsOfWork(work) };
}

function workOfJob({ task, kind, seconds, coreSeconds, steps }: JobStatus): TaskWork {
  const took = { task, kind, jobs: 1, seconds: seconds ?? 0, coreSeconds: coreSeconds ?? seconds ?? 0 };
  return steps && steps.done !== null ? { ...took, steps: { asked: steps.asked, done: steps.done } } : took;
}

/** Each job once, for the first version that it led to. */
async function decidedWork(source: FactSource, facts: LearnerFacts): Promise<DecidedWork> {
  const seen = new Set<string>();
  const work: TaskWork[] = [];
  const undone: JobStatus[] = [];
  const versions = facts.versions.map((version) => {
    const own = jobsOfVersion(version).filter(({ id }) => !seen.has(id));
    for (const { id } of own) seen.add(id);
    return { version, read: version.work ? own.filter(({ kind }) => kind && readsFile(kind)) : own };
  });
  const reads = versions.flatMap(({ version, read }) => read.map((name) => ({ name, version })));
  const found = await mapConcurrently(
    reads,
    REQUESTS_AT_ONCE,
    ({ name, version }) => find(source, facts, name, version),
  );
  const byVersion = Map.groupBy(found, (_, index) => reads[index]!.version);
  for (const { version } of versions) {
    const own = byVersion.get(version) ?? [];
    for (const [task, ofTask] of Map.groupBy(own, ({ task }) => task)) {
      work.push(...sumWork(ofTask.flatMap(({ done }) => done ?? [])).map((sum) => ({ ...sum, task })));
    }
    work.push(...(version.work ?? []).map((sum) => ({ ...sum, task: version.task })));
    undone.push(...own.flatMap((one) => one.undone ?? []));
  }
  return { work: mergeWork(work), undone };
}

/** The job itself is read only where its result does not tell all. */
async function find(
  source: FactSource,
  facts: LearnerFacts,
  name: JobName,
  version: VersionFact,
): Promise<Found> {
  const state = facts.jobs.get(name.id) ?? await readFinished(source, name);
  const { result } = state;
  const kind = name.kind ?? result?.kind;
  const isOfFile = kind !== undefined && readsFile(kind);
  const task = isOfFile ? null : version.task;
  if (result && limitOfSteps(result.kind) === undefined) return { task, done: { result, job: undefined } };
  const job = (await readJobFact(source, name))?.job;
  if (result) return { task, done: { result, job } };
  // What was collected as garbage tells of nothing.
  return job ? { task, undone: jobStatus(name.id, job, task, state, false) } : { task };
}
