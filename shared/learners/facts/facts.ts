/**
 * What is known of one learner, and the questions that follow from it without asking the store again. Pure.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import type { ObjectInfo } from "@cugro/store";
import {
  type ArrivalFact,
  type AttemptFact,
  type ConfigFact,
  createJob,
  deriveSeed,
  type FailureFact,
  type JobKind,
  type JobName,
  type JobOf,
  type LearnerFact,
  type RejectionFact,
  type ResultFact,
  type TaskFact,
  type TaskFailureFact,
  type TaskState,
  type VerdictFact,
  type VersionFact,
} from "@cugro/protocol";
import type { Deletion } from "./deletion.ts";
import { buildGraph, type Graph } from "../planning/graph.ts";
import { heldOutSeed } from "../planning/graph_jobs.ts";
import { readKnobs } from "../planning/knobs.ts";

/** What the store says about one job. */
export interface JobState {
  /** Undefined for a job of a version up to 0.2 that nothing else names. */
  kind: JobKind | undefined;
  result: ResultFact | undefined;
  /** The key of the result. */
  resultKey: string | undefined;
  failures: FailureFact[];
  retries: number;
  /** Keys of its workers' reports of damaged artifacts. */
  damaged: string[];
  /** Whether workers have been told that nobody needs it. */
  stopped?: boolean;
}

/** All facts of a learner that a plan needs, as loaded. Lists are sorted by their number. */
export interface LearnerFacts {
  learner: LearnerFact;
  deleted: boolean;
  /** The deletion that stands; undefined if none does. */
  deletion?: Deletion | undefined;
  configs: ConfigFact[];
  arrivals: ArrivalFact[];
  rejections: RejectionFact[];
  tasks: TaskFact[];
  attempts: AttemptFact[];
  /** `<task>/<attempt>` of cancelled attempts. */
  cancelled: Set<string>;
  taskFailures: TaskFailureFact[];
  versions: VersionFact[];
  promoted: VerdictFact[];
  withdrawn: VerdictFact[];
  head: { version: number | null; etag: string } | undefined;
  /** Ids of facts whose event has been published. */
  announced: Set<string>;
  /** When each fact under the learner's prefix was written, by key. */
  written: Map<string, string>;
  /** Files in `incoming/`, by key. */
  incoming: Map<string, ObjectInfo>;
  /** States of the jobs that the plan may look at. */
  jobs: Map<string, JobState>;
  /** Keys of inputs of unfinished jobs that are not in the store. */
  missing: Set<string>;
  /** Shards of the newest decided version that still take room: artifact keys. */
  leftoverShards: string[];
}

/**
 * The valid versions, oldest first: published or promoted, not withdrawn, each continuing the one before it. The
 * last condition makes a rollback of several versions one step, whatever is written first.
 */
export function validVersions(
  facts: Pick<LearnerFacts, "versions" | "promoted" | "withdrawn">,
): VersionFact[] {
  const promoted = new Set(facts.promoted.map(({ version }) => version));
  const withdrawn = new Set(facts.withdrawn.map(({ version }) => version));
  const chain: VersionFact[] = [];
  for (const fact of facts.versions) {
    const accepted = fact.decision === "published" || promoted.has(fact.version);
    const parent = chain.at(-1)?.version ?? null;
    if (accepted && !withdrawn.has(fact.version) && fact.parent === parent) chain.push(fact);
  }
  return chain;
}

/** The attempt at a task that counts: 1, or the newest an operator asked for. */
export function attemptAt(facts: Pick<LearnerFacts, "attempts">, task: number): number {
  return Math.max(1, ...facts.attempts.filter((fact) => fact.task === task).map((fact) => fact.attempt));
}

/** The jobs that led to a version. */
export function jobsOfVersion({ jobs, kinds }: VersionFact): JobName[] {
  return jobs.map((id, index) => ({ id, kind: kinds?.[index] }));
}

/** Whether the store says that a job has failed for good. */
export function hasFailed(state: JobState | undefined): boolean {
  return state !== undefined && !state.result && state.failures.length > state.retries;
}

/** Where a task stands. */
export function taskState(facts: LearnerFacts, task: number): TaskState {
  const attempt = attemptAt(facts, task);
  const decided = facts.versions.find((fact) => fact.task === task && fact.attempt === attempt);
  if (decided && validVersions(facts).includes(decided)) return "published";
  if (decided) return wasValid(facts, decided) ? "withdrawn" : "parked";
  if (facts.cancelled.has(`${task}/${attempt}`)) return "cancelled";
  return stoppingFailure(facts, task) ? "failed" : "undecided";
}

/** Whether a version that is not valid was let through once. */
function wasValid({ promoted, withdrawn }: LearnerFacts, { version, decision }: VersionFact): boolean {
  return decision === "published" ||
    [...promoted, ...withdrawn].some((verdict) => verdict.version === version);
}

/** The recorded failure that stops a task, if its job has not been retried since. */
export function stoppingFailure(facts: LearnerFacts, task: number): TaskFailureFact | undefined {
  const attempt = attemptAt(facts, task);
  return facts.taskFailures.find((fact) =>
    fact.task === task && fact.attempt === attempt && hasFailed(facts.jobs.get(fact.job))
  );
}

/** The first task still to be learnt: tasks that were decided, cancelled or failed are stepped over. */
export function currentTask(facts: LearnerFacts): TaskFact | undefined {
  return facts.tasks.find(({ task }) => taskState(facts, task) === "undecided");
}

/** The configuration revision that holds for a task. */
export function configOf(facts: Pick<LearnerFacts, "configs">, task: number): ConfigFact {
  const config = facts.configs.filter(({ fromTask }) => fromTask <= task).at(-1) ?? facts.configs[0];
  if (!config) throw new Error("This learner has no configuration fact (config/1.json)");
  return config;
}

/** The knobs for the attempt at a task that counts. */
export function knobsOfTask(
  facts: Pick<LearnerFacts, "configs" | "attempts">,
  task: number,
): Hyperparameters {
  const config = configOf(facts, task);
  const attempt = facts.attempts.filter((fact) => fact.task === task).at(-1);
  return readKnobs(config.preset, config.knobs, attempt?.overrides);
}

/** The last graph of each learner, and the facts it was built of: hashing thousands of jobs takes a second. */
const built = new WeakMap<LearnerFact, { of: readonly unknown[]; graph: Graph }>();

/** The graph of a task on the newest valid version. Equal facts give the very same graph, as long as none other is asked for. */
export function graphOf(facts: LearnerFacts, task: TaskFact): Graph {
  const chain = validVersions(facts);
  const parent = chain.at(-1) ?? null;
  const attempts = facts.attempts.filter((fact) => fact.task === task.task);
  const old = facts.tasks.filter((fact) => parent?.tasks.includes(fact.task));
  const of = [task, configOf(facts, task.task), ...attempts, null, ...chain, null, ...old];
  const known = built.get(facts.learner);
  if (known && known.of.length === of.length && known.of.every((part, i) => part === of[i])) {
    return known.graph;
  }
  const graph = buildGraph({
    seed: facts.learner.seed,
    knobs: knobsOfTask(facts, task.task),
    task,
    attempt: attemptAt(facts, task.task),
    parent,
    tasks: new Map(facts.tasks.map((fact) => [fact.task, fact])),
    learnt: new Map(chain.map((version) => [version.task, version])),
  });
  built.set(facts.learner, { of, graph });
  return graph;
}

/** The graph of the current task. */
export function currentGraph(facts: LearnerFacts): Graph | undefined {
  const task = currentTask(facts);
  return task && graphOf(facts, task);
}

/** The job that reads an arrival. It reads no knobs: what is measured of a dataset does not depend on them. */
export function importJob(
  { learner }: Pick<LearnerFacts, "learner">,
  arrival: ArrivalFact,
): JobOf<"dataset.import"> {
  const { key, etag, again, reading } = arrival;
  // A job of its own each time: whoever still knows that the first one failed would refuse the second arrival too.
  const once = again === undefined ? {} : { again };
  const read = reading === undefined ? {} : { reading };
  const fields = { key, etag, ...once, ...read, heldOutSeed: heldOutSeed(learner.seed) };
  return createJob("dataset.import", deriveSeed(learner.seed, "dataset.import", 0, 0, 1), fields, {});
}

/** Arrivals that are neither a task nor rejected yet, in order. */
export function openArrivals(facts: LearnerFacts): ArrivalFact[] {
  const resolved = new Set([
    ...facts.tasks.map((fact) => fact.arrival),
    ...facts.rejections.map((fact) => fact.seq),
  ]);
  return facts.arrivals.filter(({ seq }) => !resolved.has(seq));
}
