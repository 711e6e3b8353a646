/**
 * A training job's inputs -> the algorithm's arrays: the new task's rows, the replay of old tasks, the parent's weights.
 * @module
 */
import {
  createRng,
  heldOutRows,
  type Normaliser,
  type ReplayRows,
  type Stored,
  takeRows,
} from "@cugro/algorithm";
import { type Dataset, decodeDataset } from "@cugro/datasets";
import type { JobContext } from "@cugro/worker";
import { decodeNormaliser, decodeShard, decodeStored } from "./encoding.ts";

/** A job that trains the network of one service. */
export type TrainingKind = "states.train" | "behavior.train" | "critic.train";

/** What every learner trains on. All rows are in raw units. */
export interface TrainingInput {
  /** k, the new task. */
  task: number;
  oldTasks: number;
  dataset: Dataset;
  /** Rows that may be trained on; the rest is held out for the sketch. */
  trainRows: Int32Array;
  /** Train rows only `[n, S]`, `[n, A]`. */
  states: Float32Array;
  actions: Float32Array;
  size: number;
  /** One entry an old task, in order of task. */
  replay: ReplayRows[];
  normalisers: Map<number, Normaliser>;
  /** Published weights of the parent version; absent for the first. */
  parent?: Stored;
}

/** Reads everything a training job names. */
export async function readTrainingInput(context: JobContext<TrainingKind>): Promise<TrainingInput> {
  const { config: { task, oldTasks, heldOutSeed }, inputs } = context;
  const dataset = decodeDataset(await context.read(inputs.dataset));
  const trainRows = heldOutRows(dataset.size, heldOutSeed).train;
  const parent = inputs.parent && decodeStored(await context.read(inputs.parent));
  return {
    task,
    oldTasks,
    dataset,
    trainRows,
    states: takeRows(dataset.states, dataset.stateDim, trainRows),
    actions: takeRows(dataset.actions, dataset.actionDim, trainRows),
    size: trainRows.length,
    replay: await readReplay(context),
    normalisers: await readNormalisers(context),
    ...(parent ? { parent } : {}),
  };
}

async function readNormalisers(context: JobContext<TrainingKind>): Promise<Map<number, Normaliser>> {
  const normalisers = new Map<number, Normaliser>();
  for (const input of context.inputs.normaliser) {
    normalisers.set(input.task, decodeNormaliser(await context.read(input)));
  }
  return normalisers;
}

/** A job that is given replay. */
type ReplayContext = JobContext<TrainingKind | "policy.evaluate">;

/**
 * The replay of every old task that a job names as `replay/<task>/<shard>`: the shards as they are, in order of tasks. With
 * the oracle a name leads to the task's real dataset instead, of which as many rows are drawn as pseudo-samples would have
 * been made.
 */
export async function readReplay(context: ReplayContext): Promise<ReplayRows[]> {
  const shards: ReplayRows[] = [];
  for (const input of context.inputs.replay) {
    const { task, ref } = input;
    const bytes = await context.read(input);
    const real = "dataset" in ref;
    shards.push(real ? drawReal(decodeDataset(bytes), task, context.config) : decodeShard(bytes, task));
  }
  return shards.sort((a, b) => a.task - b.task);
}

function drawReal(
  dataset: Dataset,
  task: number,
  { heldOutSeed, replayRows }: ReplayContext["config"],
): ReplayRows {
  const { train } = heldOutRows(dataset.size, heldOutSeed);
  const rng = createRng(heldOutSeed, `oracle/${task}`);
  const chosen = rng.permutation(train.length).subarray(0, replayRows).map((place) => train[place]!);
  return {
    task,
    states: takeRows(dataset.states, dataset.stateDim, chosen),
    actions: takeRows(dataset.actions, dataset.actionDim, chosen),
    size: chosen.length,
  };
}
