/**
 * The jobs a graph is put together from, each added with its fields, seed and inputs.
 * @module
 */
import {
  createJob,
  deriveSeed,
  type Exactly,
  type FieldsOf,
  type InputRef,
  jobId,
  type OutputName,
  type RefsOf,
} from "@cugro/protocol";
import { describeJob } from "./describe_job.ts";
import type { GraphInput, GraphJob, GraphKind } from "./job_graph.ts";
import { acceptedTask, type LabelledTask } from "../facts/labelled_tasks.ts";
import { knobsFor } from "./knob_subsets.ts";
import { evaluationSeed, heldOutSeed, randomEpisodes } from "./seeds.ts";
import { actingFields, type OneStepNetworks, oneStepRefs } from "./acting_fields.ts";
import { trainingRowsOf } from "./training_rows.ts";
import { isJoint, pairsPerTask } from "./shards.ts";

/** A graph in the making. */
export interface Builder extends GraphInput {
  k: number;
  oldTasks: LabelledTask[];
  jobs: GraphJob[];
}

/** The replay of an old task: one of its shards, or its real dataset. */
export interface Replay {
  task: number;
  shard: number;
  ref: InputRef;
}
/** The trainings that a version consists of. */
export interface Models extends OneStepNetworks {
  stateGenerator: string;
  behaviorGenerator: string;
  critic: string;
}
/** A kind of job that trains on the new task and its replay. */
export type TrainingKind = "states.train" | "behavior.train" | "critic.train";

/**
 * Adds a job to the graph.
 *
 * @param builder of the graph
 * @param fields all fields of the kind
 * @returns its id
 */
export function addJob<K extends GraphKind, C extends FieldsOf<K>>(
  builder: Builder,
  kind: K,
  seed: number,
  fields: Exactly<FieldsOf<K>, C>,
  inputs: RefsOf<K>,
): string {
  const job = createJob<K, C>(kind, seed, fields, inputs, knobsFor(kind, builder.knobs));
  const id = jobId(job);
  builder.jobs.push({ id, job, task: builder.k, label: describeJob(job) });
  return id;
}

/**
 * A training job of the task being learnt.
 *
 * @param until share of its steps after which it ends
 * @returns its id
 */
export function addTrainer<K extends TrainingKind>(
  builder: Builder,
  kind: K,
  replay: Replay[],
  parent: string | undefined,
  until?: number,
): string {
  const { k, task, oldTasks, knobs, attempt } = builder;
  const normalisers = [...oldTasks, task].map((t) => [`normaliser/${t.task}`, { artifact: t.normaliser }]);
  const inputs: RefsOf<TrainingKind> = {
    dataset: { dataset: task.datasetHash },
    ...Object.fromEntries(normalisers),
    ...replayRefs(replay),
    ...(parent === undefined || isJoint(knobs, oldTasks.length)
      ? {}
      : { parent: outputOf(parent, "weights") }),
  };
  const fields = {
    task: k,
    oldTasks: oldTasks.length,
    heldOutSeed: heldOutSeed(builder.seed),
    replayRows: replayRowsOf(builder, replay),
    ...limitOf(builder),
    ...(isJoint(knobs, oldTasks.length) ? { joint: true as const } : {}),
    ...(until === undefined ? {} : { until }),
  };
  return addJob(builder, kind, deriveSeed(builder.seed, kind, k, 0, attempt), fields, inputs);
}

/**
 * The most rows of one old task: where all are learnt alike, as many as of the new one.
 *
 * @param builder of the graph
 * @param replay what the task is given of old ones
 * @returns 0 where there is none
 */
export function replayRowsOf(builder: Builder, replay: readonly Replay[]): number {
  const { knobs, oldTasks } = builder;
  if (replay.length === 0) return 0;
  if (isJoint(knobs, oldTasks.length)) return Math.max(...oldTasks.map((old) => trainingRowsOf(old, knobs)));
  return pairsPerTask(knobs, oldTasks.length);
}

/**
 * The evaluation of one task: its episodes, and how far its replay was from real data.
 *
 * @param about the task that is evaluated
 * @param models ids of the jobs that train them
 * @param replay what was replayed of this task
 * @returns its id.
 */
export function addEvaluation(
  builder: Builder,
  about: LabelledTask,
  models: Models,
  replay: Replay[],
): string {
  const { k, task, knobs, oldTasks } = builder;
  const ofNew = {
    stateGenerator: outputOf(models.stateGenerator, "weights"),
    dataset: { dataset: task.datasetHash },
  };
  const inputs: RefsOf<"policy.evaluate"> = {
    behaviorGenerator: outputOf(models.behaviorGenerator, "weights"),
    critic: outputOf(models.critic, "weights"),
    normaliser: { artifact: about.normaliser },
    sketch: { artifact: about.sketch },
    ...replayRefs(replay.filter((one) => one.task === about.task)),
    ...(about.task === k ? ofNew : {}),
    ...oneStepRefs(models),
  };
  const fields = {
    task: about.task,
    newTask: k,
    environment: about.environment,
    horizon: about.horizon,
    // As it was accepted: other anchors make other scores of the same episodes.
    anchors: acceptedTask(about).anchors,
    heldOutSeed: heldOutSeed(builder.seed),
    replayRows: pairsPerTask(knobs, Math.max(1, oldTasks.length)),
    ...(about.task === k ? limitOf(builder) : {}),
    ...labelledFields(builder, about),
    ...actingFields(builder, about, models),
  };
  return addJob(builder, "policy.evaluate", evaluationSeed(builder.seed, about.task), fields, inputs);
}

/**
 * Adds nothing but the episodes of the task being learnt, by the sampler, from the starts of its evaluation.
 *
 * @param builder of the graph
 * @param models ids of the jobs that train them
 * @returns its id.
 */
export function addEpisodes(
  builder: Builder,
  about: LabelledTask,
  { behaviorGenerator, critic }: Pick<Models, "behaviorGenerator" | "critic">,
): string {
  const fields = {
    ...{ task: about.task, newTask: builder.k, environment: about.environment, horizon: about.horizon },
    ...{ anchors: acceptedTask(about).anchors, heldOutSeed: heldOutSeed(builder.seed), replayRows: 0 },
    episodesOnly: true as const,
    ...(about.labelled?.episodeSteps === undefined ? {} : { episodeSteps: about.labelled.episodeSteps }),
  };
  const inputs: RefsOf<"policy.evaluate"> = {
    behaviorGenerator: outputOf(behaviorGenerator, "weights"),
    critic: outputOf(critic, "weights"),
    normaliser: { artifact: about.normaliser },
    sketch: { artifact: about.sketch },
  };
  return addJob(builder, "policy.evaluate", evaluationSeed(builder.seed, about.task), fields, inputs);
}

/** Fields that only labels need. Versions that know a task already have had its random actions measured. */
function labelledFields({ k, seed }: Builder, { task, labelled }: LabelledTask) {
  if (!labelled) return {};
  const { episodeSteps, measuresRandom } = labelled;
  return {
    ...(episodeSteps === undefined ? {} : { episodeSteps }),
    ...(task === k && measuresRandom ? { randomEpisodes: randomEpisodes(seed) } : {}),
  };
}

/**
 * How many of a task's rows are read, where that is not all of them: other jobs are those of old stores.
 *
 * @param builder the task and its knobs
 * @returns no field where all rows are read
 */
export function limitOf({ task, knobs }: Pick<Builder, "task" | "knobs">): { trainingRows?: number } {
  const trainingRows = trainingRowsOf(task, knobs);
  return trainingRows < task.size ? { trainingRows } : {};
}

/**
 * Replay as inputs of a job.
 *
 * @param replay shards, by task and number
 * @returns inputs by their names, `replay/TASK/SHARD`
 */
export function replayRefs(replay: Replay[]): Record<`replay/${number}/${number}`, InputRef> {
  return Object.fromEntries(replay.map(({ task, shard, ref }) => [`replay/${task}/${shard}`, ref]));
}

/**
 * An output of a job, as an input of another.
 *
 * @param job its id
 * @param output such as `weights`
 * @returns a reference
 */
export function outputOf(job: string, output: OutputName<GraphKind>): InputRef {
  return { job, output };
}
