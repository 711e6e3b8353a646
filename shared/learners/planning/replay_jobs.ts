/**
 * What stands for old tasks in a graph, whatever its source: shards of the learner's own samples, the old datasets
 * themselves, or what baselines put in their place. Only the source differs: trainings and evaluations are the same jobs.
 * @module
 */
import { generatorBytes, type Hyperparameters, refuseUnknownChoice } from "@cugro/algorithm/arrays";
import { deriveSeed, type JobKind, type RefsOf, type TaskFact } from "@cugro/protocol";
import { addJob, type Builder, outputOf, type Replay } from "./graph_jobs.ts";
import { heldOutSeed } from "./seeds.ts";
import { keptShards, shardRows } from "./shards.ts";
import { trainingRowsOf } from "./training_rows.ts";

/** A shard, and what it was labelled from. */
export interface LabelledShard extends Replay {
  labelling: RefsOf<"actions.label">;
}

/** Replay of old tasks for trainers, and the part that is compared with real data. */
export interface ReplaySources {
  trained: Replay[];
  measured: Replay[];
  /** Shards that a later behavior generator may label again. */
  generated: LabelledShard[];
  /** Jobs whose shards later tasks replay: a decision waits for them. */
  kept: string[];
}

/**
 * Adds the replay of every old task.
 *
 * @param builder of the graph
 * @returns what trainings read, what evaluations measure, and what later tasks need
 * @throws {InvalidInputError} for a source that nothing is known of
 */
export function addReplay(builder: Builder): ReplaySources {
  const { replay } = builder.knobs;
  const nothing: ReplaySources = { trained: [], measured: [], generated: [], kept: [] };
  switch (replay) {
    case "none":
      return nothing;
    case "oracle":
    case "multitask":
      return { ...nothing, trained: realDatasets(builder) };
    case "generated": {
      const generated = addShards(builder);
      return { ...nothing, trained: generated, measured: generated, generated };
    }
    case "noise": {
      const shards = addNoise(builder);
      return { ...nothing, trained: shards, measured: shards };
    }
    case "real-buffer": {
      const buffers = builder.oldTasks.map((old) => addBuffer(builder, old));
      const own = addBuffer(builder, builder.task);
      return { ...nothing, trained: buffers, measured: buffers, kept: [own.job] };
    }
    default:
      return refuseUnknownChoice("replay", replay);
  }
}

/** The shards of every old task: from the parent, or from who learnt the task. */
function addShards(builder: Builder): LabelledShard[] {
  const { knobs, oldTasks, task } = builder;
  const kept = keptShards(knobs, oldTasks.length, task.stateDim + task.actionDim);
  const rows = shardRows(knobs, oldTasks.length).slice(0, kept);
  return oldTasks.flatMap((old) => rows.map((count, m) => addShard(builder, old, m, count)));
}

function addShard(builder: Builder, old: TaskFact, shard: number, rows: number): LabelledShard {
  const { task } = old;
  const first = builder.knobs.replaySource === "first";
  const maker = first ? builder.learnt.get(task) : builder.parent;
  if (!maker) throw new Error(`No valid version has learnt task ${task}`);
  // A shard made once has its maker's seed for every task that uses it; one sampled again has the asking task's.
  const by = first ? task : builder.k;
  const attempt = first ? maker.attempt : builder.attempt;
  const seed = (kind: JobKind) => deriveSeed(builder.seed, `${kind}@${by}`, task, shard, attempt);
  const normaliser = { artifact: old.normaliser };
  const sample = addJob(builder, "states.sample", seed("states.sample"), { task, shard, rows }, {
    stateGenerator: outputOf(maker.stateGenerator, "weights"),
    normaliser,
  });
  const labelling = {
    states: outputOf(sample, "shard"),
    behaviorGenerator: outputOf(maker.behaviorGenerator, "weights"),
    normaliser,
  };
  const label = addJob(builder, "actions.label", seed("actions.label"), { task, shard }, labelling);
  return { task, shard, ref: outputOf(label, "shard"), labelling };
}

/**
 * The paper's critic replay: the same states, labelled by the behavior generator that has just been trained.
 *
 * @param builder of the graph
 * @param shared shards with the behavior of the parent
 * @param behavior id of the job that trains it
 * @returns as many shards
 */
export function addRelabelled(builder: Builder, shared: LabelledShard[], behavior: string): Replay[] {
  return shared.map(({ task, shard, labelling }) => {
    const seed = deriveSeed(builder.seed, `relabel@${builder.k}`, task, shard, builder.attempt);
    const inputs = { ...labelling, behaviorGenerator: outputOf(behavior, "weights") };
    const id = addJob(builder, "actions.label", seed, { task, shard }, inputs);
    return { task, shard, ref: outputOf(id, "shard") };
  });
}

/** The real old datasets in the place of replay: an upper bound, which keeps data. */
function realDatasets({ oldTasks }: Builder): Replay[] {
  return oldTasks.map(({ task, datasetHash }) => ({ task, shard: 0, ref: { dataset: datasetHash } }));
}

/** Noise in the place of every pair, again for each task that is learnt: the method's control. */
function addNoise(builder: Builder): Replay[] {
  const { knobs, oldTasks, k, attempt } = builder;
  const counts = shardRows(knobs, oldTasks.length);
  return oldTasks.flatMap(({ task, normaliser }) =>
    counts.map((rows, shard) => {
      const seed = deriveSeed(builder.seed, `noise@${k}`, task, shard, attempt);
      const fields = { task, shard, pairs: { source: "noise" as const, rows } };
      const id = addJob(builder, "actions.label", seed, fields, { normaliser: { artifact: normaliser } });
      return { task, shard, ref: outputOf(id, "shard") };
    })
  );
}

/** Rows of a task's dataset, kept when that goes: the same job in the graph of every later task. */
function addBuffer(builder: Builder, about: TaskFact): Replay & { job: string } {
  const { task, normaliser, datasetHash } = about;
  const rows = bufferRows(builder.knobs, about);
  const seed = deriveSeed(builder.seed, "buffer", task, 0, 1);
  const pairs = { source: "dataset" as const, rows, heldOutSeed: heldOutSeed(builder.seed) };
  const inputs = { normaliser: { artifact: normaliser }, dataset: { dataset: datasetHash } };
  const job = addJob(builder, "actions.label", seed, { task, shard: 0, pairs }, inputs);
  return { task, shard: 0, ref: outputOf(job, "shard"), job };
}

/**
 * Rows of a task that `replay: real-buffer` keeps; those held out are not among them.
 *
 * @param knobs how much is kept
 * @param about rows and sizes of the task
 * @returns 1 at the least
 */
export function bufferRows(
  knobs: Hyperparameters,
  about: Pick<TaskFact, "size" | "stateDim" | "actionDim">,
): number {
  const { bufferShare, bufferTasks } = knobs;
  const { size, stateDim, actionDim } = about;
  const wanted = bufferShare === "equal-bytes"
    ? generatorBytes(stateDim, actionDim, bufferTasks, knobs) / bufferTasks / (4 * (stateDim + actionDim))
    : bufferShare * trainingRowsOf(about, knobs);
  return Math.max(1, Math.min(Math.floor(wanted), size - Math.floor(size / 10)));
}
