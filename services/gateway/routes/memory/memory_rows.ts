/**
 * Rows of a task from the store: statistics of the real ones from its sketch, generated ones, and real ones that still exist.
 * @module
 */
import { sampleQuantiles, SKETCH_ROWS, type Stored } from "@cugro/algorithm/arrays";
import type { Memory, MemoryRows } from "@cugro/client/schemas";
import { observationNames } from "@cugro/environments/families";
import { decodeStored, openDataset, type StoredDataset } from "@cugro/jobs";
import type { LearnerOverview } from "@cugro/learners";
import { datasetKey } from "@cugro/protocol";
import { CorruptArtifactError, getArtifact, MissingInputError, openObject, type Store } from "@cugro/store";
import { Problem } from "../../problem_details.ts";

type TaskStatus = LearnerOverview["tasks"][number];

/** The most steps of an episode in one answer. */
const EPISODE_STEPS = 2_000;
/** Rows whose rewards are read at once. */
const PART_ROWS = 1 << 20;
/** Digits of numbers. */
const DIGITS = 6;

/** Statistics of a task's real rows, and which versions have replayed it. @throws {Problem} 404 without such a task */
export async function memoryOf(store: Store, status: LearnerOverview, task: number): Promise<Memory> {
  const fact = taskOf(status, task);
  const { stateDim, actionDim, sketch, size, episodes, datasetHash } = fact;
  const kept = await store.head(datasetKey(datasetHash)) !== undefined;
  return {
    ...{ task, stateDim, actionDim, names: namesOf(fact) },
    real: await sketchOf(store, sketch, stateDim + actionDim),
    dataset: { rows: size, episodes, kept },
    generations: status.versions.filter(({ tasks }) => tasks.includes(task))
      .map(({ version, task: learnt, tasks }) => ({
        ...{ version, learnt, generation: learnt === task ? 0 : generationsSince(tasks, task) },
      })),
  };
}

/** Pseudo-samples as the API returns them. @param drawn by a version's generators */
export function pseudoRowsOf(
  status: LearnerOverview,
  { task, version, rows }: { task: number; version: number; rows: number },
  drawn: AllRows,
): MemoryRows {
  const { stateDim, actionDim } = taskOf(status, task);
  return {
    ...{ task, version, rows: drawn.size },
    ...{ quantiles: quantilesOf(drawn, stateDim, actionDim), rewards: null },
    ...chosen(drawn, evenly(drawn.size, rows), stateDim, actionDim),
  };
}

/** Real rows. @throws {Problem} 404 where there is no such task or episode, or its rows are gone */
export async function realRowsOf(
  store: Store,
  status: LearnerOverview,
  { task, rows, episode }: { task: number; rows: number; episode?: number | undefined },
): Promise<MemoryRows> {
  const { datasetHash, stateDim, actionDim } = taskOf(status, task);
  const opened = await openObject(store, datasetKey(datasetHash));
  if (!opened) {
    throw new Problem(404, `The rows of task ${task} are gone: only what generators remember is left`);
  }
  const dataset = await openDataset({ size: opened.info.size, read: opened.read });
  if (episode !== undefined) {
    const { rows: all, rewards, ...read } = await readEpisode(dataset, episode, task);
    const whole = evenly(read.size, read.size);
    return {
      ...{ task, version: null, rows: all, quantiles: null, rewards },
      ...chosen(read, whole, stateDim, actionDim),
    };
  }
  const read = await readRows(dataset, evenly(dataset.size, SKETCH_ROWS));
  return {
    ...{ task, version: null, rows: dataset.size, rewards: null },
    quantiles: quantilesOf(read, stateDim, actionDim),
    ...chosen(read, evenly(read.size, rows), stateDim, actionDim),
  };
}

/** Only the rows that are sent, and the rewards of the others: one episode may be a whole dataset of millions of rows. */
export async function readEpisode(
  dataset: StoredDataset,
  episode: number,
  task: number,
): Promise<AllRows & { rows: number; rewards: number[] }> {
  const { first, rows } = await findEpisode(dataset, episode, task);
  const shown = evenly(rows, EPISODE_STEPS).map((row) => first + row);
  const rewards = await earnedBetween(dataset, shown, first + rows);
  return { ...await readRows(dataset, shown), rewards, rows };
}

async function readRows(dataset: StoredDataset, rows: Int32Array): Promise<AllRows> {
  const states = await dataset.numbers("states", rows), actions = await dataset.numbers("actions", rows);
  return { states, actions, size: rows.length };
}

function taskOf({ tasks, learner }: LearnerOverview, task: number): TaskStatus {
  const found = tasks.find((one) => one.task === task);
  if (found) return found;
  throw new Problem(404, `There is no task ${task} of "${learner.name}": it has ${tasks.length}`);
}

/** How many tasks a version has learnt since that one: as many times its generators were trained on their own samples of it. */
function generationsSince(tasks: readonly number[], task: number): number {
  return tasks.length - 1 - tasks.indexOf(task);
}

function namesOf({ environment, stateDim, actionDim }: TaskStatus): string[] {
  const family = environment && "family" in environment ? environment.family : undefined;
  const known = family === undefined ? undefined : observationNames(family);
  const states = known?.length === stateDim
    ? known
    : Array.from({ length: stateDim }, (_, i) => `state ${i + 1}`);
  return [...states, ...Array.from({ length: actionDim }, (_, i) => `action ${i + 1}`)];
}

/** Without its sketch, a task's other data is still shown. */
async function sketchOf(store: Store, artifact: string, dim: number): Promise<Memory["real"]> {
  let stored: Stored;
  try {
    stored = decodeStored(await getArtifact(store, artifact));
  } catch (error) {
    if (error instanceof MissingInputError || error instanceof CorruptArtifactError) return null;
    throw error;
  }
  const numbers = (name: string) => [...stored[name]?.data ?? []].map(rounded);
  const [centre, halfRange, quantiles] = [numbers("centre"), numbers("halfRange"), numbers("quantiles")];
  if (quantiles.length === 0) return null;
  const levels = quantiles.length / dim;
  return {
    ...{ rows: stored.size?.data[0] ?? 0, centre, halfRange, mean: numbers("mean") },
    covariance: inRows(numbers("covariance"), dim),
    quantiles: inRows(quantiles, levels).map((row, d) =>
      row.map((value) => rounded(centre[d]! + halfRange[d]! * value))
    ),
  };
}

/** Where an episode begins, and how many rows it has; read in parts, and no further than its end. */
async function findEpisode(
  dataset: StoredDataset,
  episode: number,
  task: number,
): Promise<{ first: number; rows: number }> {
  let [first, count] = [0, 0];
  for (let begin = 0; begin < dataset.size; begin += PART_ROWS) {
    const part = Int32Array.from({ length: Math.min(PART_ROWS, dataset.size - begin) }, (_, i) => begin + i);
    const [terminals, timeouts] = [
      await dataset.flags("terminals", part),
      await dataset.flags("timeouts", part),
    ];
    for (const [i, row] of part.entries()) {
      if (!terminals[i] && !timeouts[i] && row < dataset.size - 1) continue;
      if (count++ === episode) return { first, rows: row + 1 - first };
      first = row + 1;
    }
  }
  throw new Problem(404, `There is no episode ${episode} of task ${task}: it has ${count}, counted from 0`);
}

/** Rewards summed from each returned row to the next one, so that none of an episode is lost; read in parts. */
async function earnedBetween(dataset: StoredDataset, shown: Int32Array, end: number): Promise<number[]> {
  const sums = new Float64Array(shown.length);
  for (let begin = shown[0]!, at = 0; begin < end; begin += PART_ROWS) {
    const count = Math.min(PART_ROWS, end - begin);
    const rewards = await dataset.numbers("rewards", Int32Array.from({ length: count }, (_, i) => begin + i));
    rewards.forEach((reward, i) => {
      while (at + 1 < shown.length && shown[at + 1]! <= begin + i) at++;
      sums[at]! += reward;
    });
  }
  return Array.from(sums, rounded);
}

/** Rows as the store and generators have them. */
export interface AllRows {
  states: Float32Array;
  actions: Float32Array;
  size: number;
}

function quantilesOf(rows: AllRows, stateDim: number, actionDim: number): number[][] {
  return sampleQuantiles(rows, stateDim, actionDim).map((row) => [...row].map(rounded));
}

function chosen({ states, actions }: AllRows, places: Int32Array, stateDim: number, actionDim: number) {
  const take = (values: Float32Array, dim: number) =>
    Array.from(places, (row) => [...values.subarray(row * dim, (row + 1) * dim)].map(rounded));
  return { states: take(states, stateDim), actions: take(actions, actionDim) };
}

function evenly(size: number, wanted: number): Int32Array {
  const count = Math.min(size, wanted);
  return Int32Array.from({ length: count }, (_, i) => Math.floor(i * size / count));
}

function inRows(values: readonly number[], width: number): number[][] {
  return Array.from(
    { length: values.length / width },
    (_, row) => values.slice(row * width, (row + 1) * width),
  );
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));
