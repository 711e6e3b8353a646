/**
 * What is known of a version, for readers who have nothing but its bundle: `bundle.json` without the files beside it.
 * Nothing in it depends on when or where it is written.
 * @module
 */
import type { LearnerStatus, VersionStatus } from "@cugro/learners";
import type { PolicyParts } from "@cugro/serving";
import type { Anchors, EnvironmentRef, JobKind, WayScore } from "@cugro/protocol";
import { observationNames } from "@cugro/environments/families";
import { codeVersion } from "@cugro/telemetry";
import type { WayOfActing } from "@cugro/algorithm";

/** A task as a bundle describes it. */
export interface TaskRecord {
  task: number;
  name: string;
  revision: number;
  environment: EnvironmentRef | null;
  /** Steps of an episode at most. */
  horizon: number;
  /** `order`: what each number is, where that is known; otherwise as the environment or the dataset gives them. */
  observations: { count: number; order: string[] | string; min: number[]; max: number[] };
  actions: { count: number; min: number[]; max: number[] } | { discrete: number };
  /** Returns that score 0 and 100. */
  anchors: Anchors;
  /** How the version serves the task, as decided by `ways`. */
  acting: WayOfActing;
  /** Other ways of acting that were compared with the sampler, and whether they did as well. */
  ways: WayScore[];
}

/** A version's score in a task: 0 is random, 100 what the data comes from; a 90 % interval over episodes. */
export interface ScoreRecord {
  task: number;
  mean: number | null;
  low: number | null;
  high: number | null;
  episodes: number;
  acting: WayOfActing;
  /** Whether the score is 100 times a rate of success. */
  isSuccess: boolean;
}

/** A version's row of the results matrix. */
export interface RowRecord {
  version: number;
  task: number;
  state: string;
  reasons: string[];
  scores: ScoreRecord[];
}

/** Where the weights come from. */
export interface LineageRecord {
  /** The version and those it continues, newest first; `weights`: SHA-256 of the stored weights. */
  versions: {
    version: number;
    task: number;
    attempt: number;
    parent: number | null;
    weights: Record<string, string>;
    jobs: { kind: JobKind | null; id: string; codeVersion: string | null }[];
  }[];
  /** `datasetHash`: SHA-256 of the dataset as imported. */
  datasets: { task: number; revision: number; datasetHash: string; rows: number; episodes: number }[];
  /** The code that wrote the bundle. */
  codeVersion: string;
}

/** All that is known of a version: its tasks, scores, lineage and knobs. */
export interface VersionRecord {
  learner: string;
  version: number;
  state: string;
  reasons: string[];
  preset: string;
  knobs: Record<string, unknown>;
  tasks: TaskRecord[];
  scores: RowRecord[];
  lineage: LineageRecord;
}

/** The parts of a policy that the record describes. */
export type DescribedPolicy = Pick<
  PolicyParts,
  "tasks" | "version" | "input" | "stateDim" | "actionDim" | "discreteActions"
>;

/** Facts about jobs from their results, by id. */
export type JobsById = ReadonlyMap<string, { kind: JobKind; codeVersion: string }>;

/**
 * Describes a version: tasks, knobs, scores and where it comes from.
 *
 * @param jobs that led to it
 * @param weights artifacts of the version, by network
 * @returns JSON of `bundle.json`
 */
export function describeVersion(
  status: LearnerStatus,
  policy: DescribedPolicy,
  { jobs, weights }: {
    jobs: JobsById;
    weights: ReadonlyMap<number, Record<string, string>>;
  },
): VersionRecord {
  const fact = status.versions.find(({ version }) => version === policy.version)!;
  const { learner, config } = status;
  return {
    ...{ learner: learner.name, version: fact.version, state: fact.state, reasons: fact.reasons },
    ...{ preset: config.preset, knobs: { ...policy.input.hyperparameters } },
    tasks: policy.tasks.map((task) => taskRecord(task, status, fact, policy)),
    scores: status.versions.map(rowRecord),
    lineage: {
      versions: chainOf(status.versions, fact).map((one) => ({
        ...{ version: one.version, task: one.task, attempt: one.attempt, parent: one.parent },
        weights: weights.get(one.version) ?? {},
        jobs: one.jobs.map((id, i) => ({
          ...{ kind: one.kinds?.[i] ?? jobs.get(id)?.kind ?? null, id },
          codeVersion: jobs.get(id)?.codeVersion ?? null,
        })),
      })),
      datasets: policy.tasks.map(({ task, datasetHash, size, episodes }) => ({
        ...{ task, revision: revisionOf(status, fact, task) },
        ...{ datasetHash, rows: size, episodes },
      })),
      codeVersion,
    },
  };
}

function taskRecord(
  { task, name, environment, horizon, anchors }: DescribedPolicy["tasks"][number],
  status: LearnerStatus,
  fact: VersionStatus,
  { input, stateDim, actionDim, discreteActions }: DescribedPolicy,
): TaskRecord {
  const { states, actions } = input.normalisers.get(task)!;
  const cell = fact.row.find((one) => one.task === task);
  const family = environment && "family" in environment ? environment.family : undefined;
  return {
    ...{ task, name, revision: revisionOf(status, fact, task), environment, horizon },
    observations: {
      count: stateDim,
      order: (family === undefined ? undefined : observationNames(family)) ?? orderOf(environment),
      ...{ min: [...states.min], max: [...states.max] },
    },
    actions: discreteActions === undefined
      ? { count: actionDim, min: [...actions.min], max: [...actions.max] }
      : { discrete: discreteActions },
    ...{ anchors, acting: cell?.acting ?? "sampler", ways: cell?.ways ?? [] },
  };
}

function orderOf(environment: EnvironmentRef | null): string {
  return environment && "gymnasium" in environment
    ? `as ${environment.gymnasium} of Gymnasium gives them`
    : "as in the dataset's observations";
}

function rowRecord({ version, task, state, reasons, row }: VersionStatus): RowRecord {
  const scores = row.map((cell) => ({
    ...{ task: cell.task, mean: cell.meanScore, low: cell.low, high: cell.high, episodes: cell.episodes },
    ...{ acting: cell.acting ?? "sampler", isSuccess: cell.success !== undefined },
  }));
  return { version, task, state, reasons, scores };
}

/**
 * The version and those it continues, newest first.
 *
 * @param versions of the learner
 * @param fact the version
 * @returns begins with the version itself
 */
export function chainOf(versions: readonly VersionStatus[], fact: VersionStatus): VersionStatus[] {
  const chain = [fact];
  for (;;) {
    const parent = versions.find(({ version }) => version === chain.at(-1)!.parent);
    if (parent === undefined || chain.includes(parent)) return chain;
    chain.push(parent);
  }
}

/** The revision of a task that a version knows: the newest that it or one before it has learnt. */
function revisionOf({ versions }: LearnerStatus, fact: VersionStatus, task: number): number {
  return chainOf(versions, fact).find((one) => one.task === task)?.revision ?? 0;
}
