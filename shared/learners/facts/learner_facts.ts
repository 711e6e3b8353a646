/**
 * Everything known about one learner, and questions that it answers without asking the store again. Pure.
 * @module
 */
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
import { attemptOf, dataInOrder, type TaskData } from "./task_revisions.ts";
import type { LabelledTask } from "./labelled_tasks.ts";

/** The state of one job in the store. */
export interface JobState {
  /** Undefined for a job of software up to 0.2 that nothing else names. */
  kind: JobKind | undefined;
  result: ResultFact | undefined;
  /** The key of the result. */
  resultKey: string | undefined;
  failures: FailureFact[];
  retries: number;
  /** Keys of its workers' reports of damaged artifacts. */
  damaged: string[];
  /** Whether workers have been told that it is no longer needed. */
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
  /** With their labels applied. */
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
  /** Scores from outside, by version and number; absent where none were requested. */
  evaluations?: EvaluationFact[];
  head: { version: number | null; etag: string } | undefined;
  /** Ids of facts whose event has been published. */
  announced: Set<string>;
  /** When each fact under the learner's prefix was written, by key. */
  written: Map<string, string>;
  /**
   * How much of one dataset is in another, by {@link pairOf} their hashes; null where that is unknown. Of arrivals that
   * were imported and wait.
   */
  overlaps: Map<string, Overlap | null>;
  /** Files in `incoming/`, by key. */
  incoming: Map<string, ObjectInfo>;
  /** States of the jobs that the plan may look at. */
  jobs: Map<string, JobState>;
  /** Keys of inputs of unfinished jobs that are not in the store. */
  missing: Set<string>;
  /** Shards of the newest decided version that still take up space: artifact keys. */
  leftoverShards: string[];
}

/**
 * The valid versions, oldest first: published or promoted, not withdrawn, each continuing the one before it. The
 * last condition makes a rollback of several versions atomic, in whatever order its facts are written.
 * @param facts versions and verdicts on them
 * @returns none before the first
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

/**
 * Whether a version was parked and could still be let through: nothing valid has come after its parent.
 * @param facts versions and verdicts on them
 * @param version its number
 * @returns false also where there is no such version
 */
export function isPromotable(
  facts: Pick<LearnerFacts, "versions" | "promoted" | "withdrawn">,
  version: number,
): boolean {
  const fact = facts.versions.find((candidate) => candidate.version === version);
  if (!fact || fact.decision !== "parked") return false;
  if ([...facts.promoted, ...facts.withdrawn].some((verdict) => verdict.version === version)) return false;
  return fact.parent === (validVersions(facts).at(-1)?.version ?? null);
}

/**
 * The attempt at a task that counts: 1, or the newest that an operator asked for or a revision began.
 * @param facts attempts and revisions
 * @param task its number
 * @returns from 1
 */
export function attemptAt(facts: Pick<LearnerFacts, "attempts" | "revisions">, task: number): number {
  const own = [...facts.attempts, ...facts.revisions].filter((fact) => fact.task === task);
  return Math.max(1, ...own.map((fact) => fact.attempt));
}

/**
 * The jobs that led to a version.
 * @param version its fact
 * @returns ids, with kinds where the fact has them (since 0.3)
 */
export function jobsOfVersion({ jobs, kinds }: VersionFact): JobName[] {
  return jobs.map((id, index) => ({ id, kind: kinds?.[index] }));
}

/**
 * Whether the store says that a job has failed for good.
 * @param state undefined for an unknown job
 * @returns true where there are more failures than retries, and no result
 */
export function hasFailed(state: JobState | undefined): boolean {
  return state !== undefined && !state.result && state.failures.length > state.retries;
}

/**
 * Where a task stands, with the newest of its datasets.
 * @param facts of the learner
 * @param task its number
 * @returns such as `published`
 */
export function taskState(facts: LearnerFacts, task: number): TaskState {
  return stateOfAttempt(facts, task, attemptAt(facts, task));
}

/**
 * Where a task stands with one of its datasets.
 * @param facts of the learner
 * @param data the task with one of its datasets
 * @returns such as `published`
 */
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

/**
 * The recorded failure that stops an attempt at a task (the one that counts), if its job has not been retried since.
 * @param facts of the learner
 * @param task its number
 * @param attempt by default the one that counts
 * @returns undefined where it is not stopped
 */
export function stoppingFailure(
  facts: LearnerFacts,
  task: number,
  attempt = attemptAt(facts, task),
): TaskFailureFact | undefined {
  return facts.taskFailures.find((fact) =>
    fact.task === task && fact.attempt === attempt && hasFailed(facts.jobs.get(fact.job))
  );
}

/**
 * The first task, or revision of one, still to be learnt: decided, cancelled and failed ones are skipped.
 * @param facts of the learner
 * @returns undefined where all tasks are decided
 */
export function currentTask(facts: LearnerFacts): TaskData | undefined {
  return dataInOrder(facts).find((data) => dataState(facts, data) === "undecided");
}
