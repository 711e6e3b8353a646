/**
 * A training job's inputs -> the algorithm's arrays: the new task's rows, the replay of old tasks, the parent's weights.
 * @module
 */
import { createRng, heldOutRows, type Normaliser, type ReplayRows, type Stored } from "@cugro/algorithm";
import { type Dataset, decodeDataset } from "@cugro/datasets";
import type { JobContext } from "@cugro/worker";
import { concatenate, decodeNormaliser, decodeShard, decodeStored } from "./artifacts.ts";
import { numberOf } from "./knobs.ts";

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
export async function readTrainingInput(context: JobContext): Promise<TrainingInput> {
  const { config } = context.job;
  const dataset = decodeDataset(await context.input("dataset"));
  const trainRows = heldOutRows(dataset.size, numberOf(config, "heldOutSeed")).train;
  const parent = context.job.inputs.parent ? decodeStored(await context.input("parent")) : undefined;
  return {
    task: numberOf(config, "task"),
    oldTasks: numberOf(config, "oldTasks"),
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

/** Rows `indices` of a matrix `[N, columns]`. */
export function takeRows(matrix: Float32Array, columns: number, indices: Int32Array): Float32Array {
  const rows = new Float32Array(indices.length * columns);
  for (let row = 0; row < indices.length; row++) {
    const start = indices[row]! * columns;
    rows.set(matrix.subarray(start, start + columns), row * columns);
  }
  return rows;
}

async function readNormalisers(context: JobContext): Promise<Map<number, Normaliser>> {
  const normalisers = new Map<number, Normaliser>();
  for (const name of context.inputNames("normaliser/")) {
    normalisers.set(Number(name.split("/")[1]), decodeNormaliser(await context.input(name)));
  }
  return normalisers;
}

/**
 * The replay of every old task that a job names as `replay/<task>/<shard>`. With the oracle a name leads to the task's
 * real dataset instead, of which as many rows are drawn as pseudo-samples would have been made.
 */
export async function readReplay(context: JobContext): Promise<ReplayRows[]> {
  const shards = new Map<number, ReplayRows[]>();
  for (const name of context.inputNames("replay/")) {
    const task = Number(name.split("/")[1]);
    const bytes = await context.input(name);
    const real = "dataset" in context.job.inputs[name]!;
    const rows = real ? drawReal(decodeDataset(bytes), task, context) : decodeShard(bytes, task);
    shards.set(task, [...(shards.get(task) ?? []), rows]);
  }
  return [...shards].sort(([a], [b]) => a - b).map(([task, parts]) => concatenate(parts, task));
}

function drawReal(dataset: Dataset, task: number, context: JobContext): ReplayRows {
  const { config } = context.job;
  const { train } = heldOutRows(dataset.size, numberOf(config, "heldOutSeed"));
  const rng = createRng(numberOf(config, "heldOutSeed"), `oracle/${task}`);
  const chosen = shuffled(train, rng.integer).subarray(
    0,
    Math.min(train.length, numberOf(config, "replayRows")),
  );
  return {
    task,
    states: takeRows(dataset.states, dataset.stateDim, chosen),
    actions: takeRows(dataset.actions, dataset.actionDim, chosen),
    size: chosen.length,
  };
}

function shuffled(indices: Int32Array, integer: (below: number) => number): Int32Array {
  const order = indices.slice();
  for (let last = order.length - 1; last > 0; last--) {
    const other = integer(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
