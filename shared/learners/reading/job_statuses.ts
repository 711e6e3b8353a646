/**
 * Where each job of a learner stands.
 * @module
 */
import {
  type Job,
  jobId,
  type JobKind,
  type JobStage,
  type JsonObject,
  type ResultFact,
} from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { hasFailed, jobsOfVersion, type JobState, type LearnerFacts } from "../facts/learner_facts.ts";
import { currentGraph } from "../facts/current_graph.ts";
import type { FactCache } from "./fact_cache.ts";
import { arrivalJobs } from "../planning/task_growth.ts";
import { planRemeasuring, remeasurements } from "../results/remeasure.ts";
import { planWork } from "../planning/work.ts";
import { loadJobStates, readJobFact } from "./load_jobs.ts";
import { countSteps, type StepCount } from "./step_counts.ts";
import { threadsOf } from "./work_sums.ts";
import { describeStoredJob } from "../planning/describe_job.ts";

/** One job. `task`: the task being learnt; null for an import. `seconds` and the rest once it is done. */
export interface JobStatus {
  id: string;
  kind: JobKind;
  task: number | null;
  label: string;
  state: JobStage;
  /** Ids of the jobs whose outputs it reads. */
  needs: string[];
  seconds: number | null;
  /** `seconds` times the threads it computed with. */
  coreSeconds: number | null;
  startedAtStep: number | null;
  metrics: JsonObject;
  /** Of a training: steps done, null until then, and steps that its knobs ask for. Null for all other kinds. */
  steps: StepCount | null;
  outputs: ResultFact["outputs"];
  /** Why it failed. */
  message: string | null;
}

/**
 * Jobs that led to versions, then those of {@link openJobs}: all that are known.
 *
 * @param facts of the learner
 * @param cache of facts that have been read
 * @returns each job once
 */
export async function jobStatuses(store: Store, facts: LearnerFacts, cache: FactCache): Promise<JobStatus[]> {
  const states = new Map<string, JobState>(facts.jobs);
  const found = new Map<string, JobStatus>();
  const tasks = facts.versions.flatMap((version) =>
    jobsOfVersion(version).map((name) => ({ ...name, task: version.task }))
  );
  await loadJobStates({ store, cache }, tasks, states);
  const open = new Map(openJobs(facts).map((one) => [one.id, one]));
  const jobFacts = await Promise.all(
    tasks.map((name) => readJobFact({ store, cache }, name)),
  );
  tasks.forEach(({ id, task }, index) => {
    const job = jobFacts[index]?.job;
    if (!job || found.has(id)) return;
    const isReady = open.get(id)?.state === "ready";
    found.set(id, jobStatus(id, job, readsFile(job.kind) ? null : task, states.get(id), isReady));
  });
  for (const [id, one] of open) if (!found.has(id)) found.set(id, one);
  return [...found.values()];
}

/**
 * Whether jobs of a kind are about a file, whatever task comes of it.
 *
 * @param kind of a job
 * @returns true for imports and what measures them
 */
export const readsFile = (kind: JobKind): boolean => kind === "dataset.import" || kind === "dataset.measure";

/**
 * Jobs of the task being learnt, what labels have run again, then imports under way; some may have led to a version before.
 *
 * @param facts of the learner
 * @returns each job once; nothing is read
 */
export function openJobs(facts: LearnerFacts): JobStatus[] {
  const graph = facts.deleted ? undefined : currentGraph(facts);
  const again = facts.deleted ? [] : remeasurements(facts);
  const open = [...graph ? planWork(facts, graph).submit : [], ...planRemeasuring(facts).submit];
  const ready = new Set(open.map(({ id }) => id));
  const found = new Map<string, JobStatus>();
  const add = (id: string, task: number | null, job: Job) => {
    if (!found.has(id)) found.set(id, jobStatus(id, job, task, facts.jobs.get(id), ready.has(id)));
  };
  for (const { id, job, task } of graph?.jobs ?? []) add(id, task, job);
  for (const { id, job, task } of again) add(id, task, job);
  for (const job of arrivalJobs(facts)) {
    ready.add(jobId(job));
    add(jobId(job), null, job);
  }
  return [...found.values()];
}

/**
 * Where a job stands.
 *
 * @param id of the job
 * @param task that it is learnt for
 * @param state undefined where nothing is known of it
 * @param ready whether all that it reads is there
 * @returns with what it took, once it is done
 */
export function jobStatus(
  id: string,
  job: Job,
  task: number | null,
  state: JobState | undefined,
  ready: boolean,
): JobStatus {
  const result = state?.result;
  const failed = hasFailed(state);
  return {
    id,
    kind: job.kind,
    task,
    label: describeStoredJob(job),
    state: result ? "done" : failed ? "failed" : ready ? "ready" : "waiting",
    needs: needsOf(job),
    seconds: result?.seconds ?? null,
    coreSeconds: result ? result.seconds * threadsOf(result) : null,
    startedAtStep: result?.startedAtStep ?? null,
    metrics: result?.metrics ?? {},
    steps: countSteps(job, result),
    outputs: result?.outputs ?? {},
    message: failed ? state?.failures.at(-1)?.message ?? null : null,
  };
}

function needsOf({ inputs }: Job): string[] {
  return [...new Set(Object.values(inputs).flatMap((input) => "job" in input ? [input.job] : []))];
}
