/**
 * What is known of one learner, and the questions that follow from it without asking the store again. Pure.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import type { ObjectInfo } from "@cugro/store";
import type {
  ArrivalFact,
  AttemptFact,
  ConfigFact,
  EvaluationFact,
  FailureFact,
  JobKind,
  JobName,
  LabelFact,
  LearnerFact,
  RejectionFact,
  ResultFact,
  RevisionFact,
  TaskFailureFact,
  TaskState,
  VerdictFact,
  VersionFact,
} from "@cugro/protocol";
import type { Deletion } from "./deletion.ts";
import type { Overlap } from "./overlap.ts";
import { attemptOf, attemptsAt, dataInOrder, dataOfVersion, type TaskData } from "./revisions.ts";
import { buildGraph, type Graph } from "../planning/graph.ts";
import { readKnobs } from "../planning/knobs.ts";
import type { LabelledTask } from "./labels.ts";

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
  /** As their labels have them. */
  tasks: LabelledTask[];
  /** Of all tasks, by task and number. */
  labels: LabelFact[];
  /** By task and number. */
  revisions: RevisionFact[];
  attempts: AttemptFact[];
  /** `<task>/<attempt>` of cancelled attempts. */
  cancelled: Set<string>;
  taskFailures: TaskFailureFact[];
  versions: VersionFact[];
  promoted: VerdictFact[];
  withdrawn: VerdictFact[];
  /** Scores from outside, by version and number; absent where nobody asked for them. */
  evaluations?: EvaluationFact[];
  head: { version: number | null; etag: string } | undefined;
  /** Ids of facts whose event has been published. */
  announced: Set<string>;
  /** When each fact under the learner's prefix was written, by key. */
  written: Map<string, string>;
  /**
   * How much of one dataset is in another, by {@link pairOf} their hashes; null where that cannot be told. Of arrivals that
   * were imported and wait.
   */
  overlaps: Map<string, Overlap | null>;
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

/** Whether a version was parked and could still be let through: nothing valid has come after its parent. */
export function isPromotable(
  facts: Pick<LearnerFacts, "versions" | "promoted" | "withdrawn">,
  version: number,
): boolean {
  const fact = facts.versions.find((candidate) => candidate.version === version);
  if (!fact || fact.decision !== "parked") return false;
  if ([...facts.promoted, ...facts.withdrawn].some((verdict) => verdict.version === version)) return false;
  return fact.parent === (validVersions(facts).at(-1)?.version ?? null);
}

/** The attempt at a task that counts: 1, or the newest that an operator asked for or a revision began. */
export function attemptAt(facts: Pick<LearnerFacts, "attempts" | "revisions">, task: number): number {
  const own = [...facts.attempts, ...facts.revisions].filter((fact) => fact.task === task);
  return Math.max(1, ...own.map((fact) => fact.attempt));
}

/** The jobs that led to a version. */
export function jobsOfVersion({ jobs, kinds }: VersionFact): JobName[] {
  return jobs.map((id, index) => ({ id, kind: kinds?.[index] }));
}

/** Whether the store says that a job has failed for good. */
export function hasFailed(state: JobState | undefined): boolean {
  return state !== undefined && !state.result && state.failures.length > state.retries;
}

/** Where a task stands, with the newest of its datasets. */
export function taskState(facts: LearnerFacts, task: number): TaskState {
  return stateOfAttempt(facts, task, attemptAt(facts, task));
}

/** Where a task stands with one of its datasets. */
export function dataState(facts: LearnerFacts, data: TaskData): TaskState {
  return stateOfAttempt(facts, data.task, attemptOf(facts, data));
}

function stateOfAttempt(facts: LearnerFacts, task: number, attempt: number): TaskState {
  const decided = facts.versions.find((fact) => fact.task === task && fact.attempt === attempt);
  if (decided && validVersions(facts).includes(decided)) return "published";
  if (decided) return wasValid(facts, decided) ? "withdrawn" : "parked";
  if (facts.cancelled.has(`${task}/${attempt}`)) return "cancelled";
  return stoppingFailure(facts, task, attempt) ? "failed" : "undecided";
}

/** Whether a version that is not valid was let through once. */
function wasValid({ promoted, withdrawn }: LearnerFacts, { version, decision }: VersionFact): boolean {
  return decision === "published" ||
    [...promoted, ...withdrawn].some((verdict) => verdict.version === version);
}

/** The recorded failure that stops an attempt at a task (the one that counts), if its job has not been retried since. */
export function stoppingFailure(
  facts: LearnerFacts,
  task: number,
  attempt = attemptAt(facts, task),
): TaskFailureFact | undefined {
  return facts.taskFailures.find((fact) =>
    fact.task === task && fact.attempt === attempt && hasFailed(facts.jobs.get(fact.job))
  );
}

/** The first task, or revision of one, still to be learnt: what was decided, cancelled or failed is stepped over. */
export function currentTask(facts: LearnerFacts): TaskData | undefined {
  return dataInOrder(facts).find((data) => dataState(facts, data) === "undecided");
}

/** The configuration revision that holds for a task. */
export function configOf(facts: Pick<LearnerFacts, "configs">, task: number): ConfigFact {
  const config = facts.configs.filter(({ fromTask }) => fromTask <= task).at(-1) ?? facts.configs[0];
  if (!config) throw new Error("This learner has no configuration fact (config/1.json)");
  return config;
}

/** What knobs are read from. */
export type KnobFacts = Pick<LearnerFacts, "configs" | "attempts" | "tasks" | "revisions">;

/** The knobs for the attempt that counts at a task as it was accepted. */
export function knobsOfTask(facts: KnobFacts, task: number): Hyperparameters {
  const config = configOf(facts, task);
  const attempt = attemptsAt(facts, { task, revision: 0 }).at(-1);
  return readKnobs(config.preset, config.knobs, attempt?.overrides);
}

/**
 * The knobs for a task with one of its datasets, beside the tasks that are known. A revision is learnt as the newest of
 * these would be: what was changed since its task was first learnt stays.
 */
export function knobsOfData(facts: KnobFacts, data: TaskData, known: readonly number[]): Hyperparameters {
  if (data.revision === 0) return knobsOfTask(facts, data.task);
  const config = configOf(facts, Math.max(data.task, ...known));
  return readKnobs(config.preset, config.knobs, attemptsAt(facts, data).at(-1)?.overrides);
}

/** The knobs that a version was learnt with, and acts with. */
export function knobsOfVersion(facts: KnobFacts, version: VersionFact): Hyperparameters {
  const { task, revision, tasks, attempt } = version;
  const config = configOf(facts, revision === undefined ? task : Math.max(...tasks));
  const asked = facts.attempts.find((fact) => fact.task === task && fact.attempt === attempt);
  return readKnobs(config.preset, config.knobs, asked?.overrides);
}

/** The last graph of each learner, and the facts it was built of: hashing thousands of jobs takes a second. */
const built = new WeakMap<LearnerFact, { of: readonly unknown[]; graph: Graph }>();

/** The graph of a task on the newest valid version. Equal facts give the very same graph, as long as none other is asked for. */
export function graphOf(facts: LearnerFacts, data: TaskData): Graph {
  const { task } = data;
  const chain = validVersions(facts);
  const parent = chain.at(-1) ?? null;
  const attempts = facts.attempts.filter((fact) => fact.task === task);
  const old = dataOfVersion(facts, parent);
  const config = configOf(facts, data.revision === 0 ? task : Math.max(task, ...old.keys()));
  // Labels of a revised task are not in the fact of its revision.
  const oldFacts = [data, ...old.values()].flatMap(({ fact, labelled }) => [fact, labelled]);
  const of = [config, ...attempts, null, ...chain, null, ...oldFacts];
  const known = built.get(facts.learner);
  if (known && known.of.length === of.length && known.of.every((part, i) => part === of[i])) {
    return known.graph;
  }
  const graph = buildGraph({
    seed: facts.learner.seed,
    knobs: knobsOfData(facts, data, [...old.keys()]),
    task: data,
    attempt: attemptOf(facts, data),
    parent,
    tasks: old,
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
