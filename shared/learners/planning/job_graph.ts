/**
 * The jobs of one task: a pure function of its configuration, its place and its parent version.
 *
 * ```
 * states.sample (i,m) ─► actions.label (i,m) ─┬─► states.train   ─┐
 *        for every old task i and shard m     ├─► behavior.train ─┼─► policy.evaluate (j), policy.estimate (j)
 *        the dataset of the task being learnt ┴─► critic.train   ─┘       for every known task j
 * ```
 * An estimate of an old task asks the networks that the version kept which learnt it.
 * `distil` puts networks that act in one step between trainings and evaluations: `one_step_jobs.ts`.
 * The task being learnt is a new one, or one that the parent knows and whose dataset has grown: then all others are the
 * old tasks, and it keeps its place.
 * `replay: none` has no shards; `oracle` and `multitask` give trainers the old datasets instead, `multitask` without a
 * parent; noise and kept rows are shards, too (`replay_jobs.ts`). `criticReplay: relabelled` puts further label jobs between
 * behavior.train and critic.train. Nothing here asks what exists.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import { hasOutput, type JobKind, type JobOf, type VersionFact } from "@cugro/protocol";
import type { LabelledTask } from "../facts/labelled_tasks.ts";
import { addEstimates } from "./graph_estimates.ts";
import { addEvaluation, addTrainer, type Builder } from "./graph_jobs.ts";
import { addOneStepNetworks } from "./one_step_jobs.ts";
import { addRelabelled, addReplay } from "./replay_jobs.ts";
import { addSnapshots, type SnapshotJob } from "./snapshot_jobs.ts";
import { trainingRowsOf } from "./training_rows.ts";

/** Every kind of job that a graph is made of: datasets were read and measured before there was a task. */
export type GraphKind = Exclude<JobKind, "dataset.import" | "dataset.measure">;

/** A job in a graph. `task`: the task being learnt; `label`: for people. */
export interface GraphJob {
  id: string;
  job: JobOf<GraphKind>;
  task: number;
  label: string;
}

/** All jobs of one task, each after the jobs it needs. */
export interface Graph {
  task: number;
  /** Which dataset of the task; 0: the one that it was accepted with. */
  revision: number;
  attempt: number;
  parent: number | null;
  /** The task's rows, and how many of them its trainings read; null before the task has arrived. */
  rows: { size: number; trainingRows: number } | null;
  /** Tasks that the version will know, in the order learnt. */
  tasks: number[];
  jobs: GraphJob[];
  stateGenerator: string;
  behaviorGenerator: string;
  critic: string;
  proposer?: string;
  actor?: string;
  evaluations: { task: number; id: string }[];
  /** Of the tasks that have one: those of `estimate`, and of these the old ones whose networks were kept. */
  estimates: { task: number; id: string }[];
  /** Runs of the task being learnt before its trainings were at their end; absent without the knob `snapshots`. */
  snapshots?: SnapshotJob[];
  /** Ids of the jobs of this task whose shards replay it later, where its data will be gone. */
  kept?: string[];
  /** Ids of the jobs that make shards and labels. */
  shards: string[];
}

/** Input of a graph. `tasks`: those that the parent knows, as it knows them; `learnt`: by task, the valid version that learnt it last; `parent` is the newest of them. */
export interface GraphInput {
  seed: number;
  knobs: Hyperparameters;
  /** The task to be learnt. @default revision: 0 */
  task: LabelledTask & { revision?: number };
  attempt: number;
  parent: VersionFact | null;
  tasks: ReadonlyMap<number, LabelledTask>;
  learnt: ReadonlyMap<number, VersionFact>;
}

/**
 * The jobs of a task.
 *
 * @param input the task with its dataset, knobs, seed, and the version that it continues
 * @returns jobs, each after those it needs, and the ids of those that a decision reads
 * @throws {Error} when the parent knows a task that has no fact.
 */
export function buildGraph(input: GraphInput): Graph {
  const { task, attempt, parent, tasks } = input;
  const before = parent?.tasks ?? [];
  const old = before.filter((i) => i !== task.task);
  const builder: Builder = { ...input, k: task.task, oldTasks: old.map((i) => factOf(i, tasks)), jobs: [] };
  const { trained: replay, measured, generated, kept } = addReplay(builder);
  const stateGenerator = addTrainer(builder, "states.train", replay, parent?.stateGenerator);
  const behaviorGenerator = addTrainer(builder, "behavior.train", replay, parent?.behaviorGenerator);
  const relabelled = generated.length > 0 && input.knobs.criticReplay === "relabelled";
  const criticReplay = (by: string) => relabelled ? addRelabelled(builder, generated, by) : replay;
  const critic = addTrainer(builder, "critic.train", criticReplay(behaviorGenerator), parent?.critic);
  const models = {
    ...{ stateGenerator, behaviorGenerator, critic },
    ...addOneStepNetworks(builder, { behaviorGenerator, critic, replay }),
  };
  const evaluations = [...builder.oldTasks, task].map((about) => ({
    task: about.task,
    id: addEvaluation(builder, about, models, measured),
  }));
  const estimates = addEstimates(builder, models);
  const snapshots = addSnapshots(builder, { behavior: replay, critic: criticReplay });
  return {
    task: task.task,
    revision: task.revision ?? 0,
    attempt,
    parent: parent?.version ?? null,
    rows: { size: task.size, trainingRows: trainingRowsOf(task, input.knobs) },
    tasks: before.length > old.length ? before : [...old, task.task],
    jobs: builder.jobs,
    ...models,
    evaluations,
    estimates,
    ...(snapshots.length === 0 ? {} : { snapshots }),
    ...(kept.length === 0 ? {} : { kept }),
    shards: builder.jobs.filter(({ job }) => isTransient(job.kind)).map(({ id }) => id),
  };
}

/** Whether jobs of a kind make what only other jobs of a graph read. */
function isTransient(kind: JobKind): boolean {
  return hasOutput(kind, "shard") || hasOutput(kind, "labels");
}

function factOf(i: number, tasks: ReadonlyMap<number, LabelledTask>): LabelledTask {
  const fact = tasks.get(i);
  if (!fact) throw new Error(`The parent version knows task ${i}, but there is no fact of that task`);
  return fact;
}
