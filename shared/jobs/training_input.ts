/**
 * A training job's inputs -> the algorithm's arrays: the new task's rows, the replay of old tasks, the parent's weights.
 * @module
 */
import type { ReplayRows } from "@cugro/algorithm";
import {
  createRng,
  type Normaliser,
  type Rng,
  splitRows,
  type Stored,
  takeRows,
  trainingRows,
} from "@cugro/algorithm/arrays";
import type { JobInput } from "@cugro/protocol";
import type { JobContext } from "@cugro/worker";
import { type CriticRows, readCriticRows } from "./critic_rows.ts";
import { decodeNormaliser, decodeShard, decodeStored } from "./encoding.ts";
import { knobsOf } from "./carried_knobs.ts";
import { openDataset, type StoredDataset } from "./stored_dataset.ts";

/** A job that trains a network. */
export type TrainingKind =
  | "states.train"
  | "behavior.train"
  | "critic.train"
  | "proposer.train"
  | "actor.train";

/** Training input beside the new task's rows. */
export interface TrainingInput {
  /** k, the new task. */
  task: number;
  oldTasks: number;
  /** In raw units; one entry a shard, in order of task. */
  replay: ReplayRows[];
  normalisers: Map<number, Normaliser>;
  /** Whether all tasks are learnt alike, from fresh weights. */
  joint?: boolean;
  /** Share of the steps after which the training ends. */
  until?: number;
  /** Published weights of the parent version; absent for the first. */
  parent?: Stored;
}

/** A generator's training input. Rows are in raw units, those held out for the sketch are not among them. */
export interface GeneratorInput extends TrainingInput {
  stateDim: number;
  actionDim: number;
  /** `[size, S]`, `[size, A]` */
  states: Float32Array;
  actions: Float32Array;
  size: number;
}

/** A critic's training input. `trainRows`: those to regress on; the others are held out, or only count in returns. */
export interface CriticInput extends TrainingInput, CriticRows {
  trainRows: Int32Array;
  /** Old tasks that are regressed on as well, in the place of replay. */
  jointTasks?: (CriticRows & { task: number; trainRows: Int32Array })[];
}

/**
 * Reads everything that the training of a generator names.
 *
 * @param context of the job
 * @returns rows `[n, S]` and `[n, A]` of the new task, replay, normalisers, parent's weights
 */
export async function readGeneratorInput(
  context: JobContext<"states.train" | "behavior.train">,
): Promise<GeneratorInput> {
  const dataset = await openDataset(await context.open(context.inputs.dataset));
  const { train } = rowsOfTask(dataset, context.config);
  const { stateDim, actionDim } = dataset;
  return {
    stateDim,
    actionDim,
    states: await dataset.numbers("states", train),
    actions: await dataset.numbers("actions", train),
    size: train.length,
    ...await readTrainingInput(context),
  };
}

/**
 * Reads everything that the training of a critic names.
 *
 * @param context of the job
 * @returns rows of the new task with rewards and ends, replay, normalisers, parent's weights
 */
export async function readCriticInput(context: JobContext<"critic.train">): Promise<CriticInput> {
  const { config, inputs } = context;
  const rows = await readRowsOfCritic(context, inputs.dataset, config);
  if (!config.joint) return { ...rows, ...await readTrainingInput(context) };
  const jointTasks = [];
  for (const old of inputs.replay.toSorted((a, b) => a.task - b.task)) {
    const limit = { heldOutSeed: config.heldOutSeed, trainingRows: config.replayRows };
    jointTasks.push({ task: old.task, ...await readRowsOfCritic(context, old, limit) });
  }
  return { ...rows, ...await readTrainingInput(context, []), jointTasks };
}

async function readRowsOfCritic(
  context: JobContext<"critic.train">,
  input: JobInput,
  config: RowLimits,
): Promise<CriticRows & { trainRows: Int32Array }> {
  const dataset = await openDataset(await context.open(input));
  const { rows, train } = rowsOfTask(dataset, config);
  const { places, ...found } = await readCriticRows(dataset, rows, knobsOf(context).discount);
  let at = 0;
  const trainRows = train.map((row) => {
    while (rows[at] !== row) at++;
    return places[at]!;
  });
  return { ...found, trainRows };
}

/** Which of a dataset's rows are read. `trainingRows`: this many of them, where it has more than are to be read. */
export interface RowLimits {
  heldOutSeed: number;
  trainingRows?: number;
}

/**
 * Which rows of a new task's dataset are read: by all trainers, and by its evaluation, the same. `train` and `heldOut`
 * are parts of `rows`; all are rising.
 *
 * @param dataset its size N
 * @param limits seed of the held-out split, and the most rows
 * @returns row numbers, rising
 */
export function rowsOfTask(
  { size }: Pick<StoredDataset, "size">,
  { heldOutSeed, trainingRows: limit = size }: RowLimits,
): { rows: Int32Array; train: Int32Array; heldOut: Int32Array } {
  const rows = trainingRows(size, limit, heldOutSeed);
  return { rows, ...splitRows(rows, size, heldOutSeed) };
}

/**
 * What all trainings are given.
 * @param replay what stands for old tasks, where it has been read already
 * @returns weights, normalisers and replay as arrays; `parent` only where there is one
 */
export async function readTrainingInput(
  context: JobContext<TrainingKind>,
  replay?: ReplayRows[],
): Promise<TrainingInput> {
  const { config, inputs } = context;
  const parent = inputs.parent && decodeStored(await context.read(inputs.parent));
  return {
    task: config.task,
    oldTasks: config.oldTasks,
    replay: replay ?? await readReplay(context),
    normalisers: await readNormalisers(context),
    ...("joint" in config && config.joint ? { joint: true } : {}),
    ...("until" in config && config.until !== undefined ? { until: config.until } : {}),
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
export type ReplayContext = JobContext<TrainingKind | "policy.evaluate">;

/**
 * The replay of every old task that a job names as `replay/<task>/<shard>`: the shards as they are, in order of tasks. With
 * the oracle a name leads to the task's real dataset instead, of which as many rows are drawn as pseudo-samples would have
 * been made.
 *
 * @param context of the job
 * @returns states `[n, S]` and actions `[n, A]` of each old task, raw units
 */
export async function readReplay(context: ReplayContext): Promise<ReplayRows[]> {
  const shards: ReplayRows[] = [];
  for (const input of context.inputs.replay) {
    const { task, ref } = input;
    shards.push(
      "dataset" in ref
        ? await drawReal(await openDataset(await context.open(input)), task, context.config)
        : decodeShard(await context.read(input), task),
    );
  }
  return shards.sort((a, b) => a.task - b.task);
}

/** Rows of a task that are drawn from its dataset without being held out, each once; in the order in which they were drawn. */
async function drawReal(
  dataset: StoredDataset,
  task: number,
  { heldOutSeed, replayRows }: ReplayContext["config"],
): Promise<ReplayRows> {
  return await drawPairs(dataset, task, {
    heldOutSeed,
    rows: replayRows,
    rng: createRng(heldOutSeed, `oracle/${task}`),
  });
}

/**
 * Pairs drawn from a dataset, each row at most once, none that is held out. They are read in rising order, and come in the
 * order in which they were drawn.
 *
 * @param dataset opened
 * @param task whose it is
 * @param options seed of the held-out split, number of rows, random numbers
 * @returns states `[rows, S]` and actions `[rows, A]`, raw units
 */
export async function drawPairs(
  dataset: StoredDataset,
  task: number,
  { heldOutSeed, rows, rng }: { heldOutSeed: number; rows: number; rng: Rng },
): Promise<ReplayRows> {
  const { train } = rowsOfTask(dataset, { heldOutSeed });
  const drawn = rng.permutation(train.length).subarray(0, rows);
  const order = drawn.slice().sort();
  const rising = order.map((place) => train[place]!);
  const placeOf = new Map(Array.from(order, (drawnPlace, i) => [drawnPlace, i]));
  const places = drawn.map((place) => placeOf.get(place)!);
  return {
    task,
    states: takeRows(await dataset.numbers("states", rising), dataset.stateDim, places),
    actions: takeRows(await dataset.numbers("actions", rising), dataset.actionDim, places),
    size: drawn.length,
  };
}
