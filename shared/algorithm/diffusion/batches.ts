/**
 * Batches of a generator: how many rows of each task, which rows, at which time, with which noise. Arrays are made once and filled again.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Stored } from "@cugro/tensors/seam";
import { logAlpha, TRAINING_TIME_START } from "./noise_schedule.ts";
import { createRng, type Rng } from "../numerics/rng.ts";
import type { TaskRows } from "../replay/task_rows.ts";

/** Settings of batches. */
export interface BatchSettings {
  /** The new task. */
  fresh: TaskRows;
  /** Old tasks, one entry each; empty for the first task or without replay. */
  replay: TaskRows[];
  batchSize: number;
  newTaskShare: number | "proportional";
  dim: number;
  conditionDim: number;
  /** Known tasks, the new one included. */
  tasks: number;
  /** Share of rows, of every task alike, that are not told their task. @default 0 */
  conditionDropout?: number | undefined;
  /** A whole number, or the `state()` of other batches. */
  seed: number | readonly number[];
}

/** A source of batches with a position that can be saved. */
export interface Batches {
  /** Rows of the new task in every batch; they come first. */
  freshRows: number;
  /**
   * Fills the batch of a step: `noisy` x_t and `noise` `[B, D]`, `time` `[B, 1]`, `condition` `[B, C]` if C > 0, `taskOneHot` `[B, tasks]`.
   * The arrays are the same at every call.
   */
  next(step: number): Stored;
  /** Positions of the three streams (rows, times, noise), 12 numbers. */
  state(): number[];
}

/**
 * Rows of the new task in a batch.
 *
 * @param share The new task's share; `proportional` is 1/k.
 * @returns At least 1; all of them without old tasks.
 */
export function freshRowsOf(batchSize: number, share: number | "proportional", oldTasks: number): number {
  if (oldTasks === 0) return batchSize;
  const rows = Math.round(batchSize * (share === "proportional" ? 1 / (oldTasks + 1) : share));
  return Math.min(Math.max(rows, 1), batchSize);
}

/**
 * Rows of each old task at a step: equal, and where the rest does not divide, the tasks take turns, so that over `oldTasks` steps each has had
 * exactly the same number.
 *
 * @param step from 0
 * @param rows of all old tasks together, in one batch
 * @param oldTasks their number
 * @returns a count for each old task, which sum to `rows`
 */
export function oldRowsAt(step: number, rows: number, oldTasks: number): number[] {
  const base = Math.floor(rows / oldTasks);
  const extra = rows - base * oldTasks;
  const start = (step * extra) % oldTasks;
  return Array.from(
    { length: oldTasks },
    (_, i) => base + ((i - start + oldTasks) % oldTasks < extra ? 1 : 0),
  );
}

/**
 * Rows of a task that are not told it at a step: those that come first, as all are drawn at random; over steps exactly their share.
 * Source: classifier-free guidance (Ho and Salimans 2022).
 *
 * @param step from 0
 * @param count rows of the task in the batch
 * @param share of rows without their task, 0 to 1
 * @returns how many of the batch's first rows go without
 */
export function unconditionedRowsAt(step: number, count: number, share: number): number {
  return Math.floor((step + 1) * count * share) - Math.floor(step * count * share);
}

/**
 * Opens a source of batches. Rows are drawn with replacement; rows, times and noise have streams of their own.
 *
 * @param settings rows of every task, shares, batch size and seed
 * @returns a source that fills the same arrays at every call
 */
export function openBatches(settings: BatchSettings): Batches {
  const { fresh, replay, batchSize, dim, conditionDim, tasks } = settings;
  const freshRows = freshRowsOf(batchSize, settings.newTaskShare, replay.length);
  const streams = openStreams(settings.seed);
  const arrays = allocate(batchSize, dim, conditionDim, tasks);
  const stored = asStored(arrays, batchSize, dim, conditionDim, tasks);
  return {
    freshRows,
    state: () => streams.flatMap((stream) => stream.state()),
    next: (step) => {
      const [rows, times, noises] = streams;
      noises.fillNormals(arrays.noise);
      arrays.taskOneHot.fill(0);
      const fill = (source: TaskRows, from: number, count: number) => {
        const end = fillRows(arrays, source, from, count, settings, rows, times);
        const unconditioned = unconditionedRowsAt(step, count, settings.conditionDropout ?? 0);
        arrays.taskOneHot.fill(0, from * tasks, (from + unconditioned) * tasks);
        return end;
      };
      let at = fill(fresh, 0, freshRows);
      if (replay.length > 0) {
        oldRowsAt(step, batchSize - freshRows, replay.length).forEach((count, i) => {
          at = fill(replay[i]!, at, count);
        });
      }
      return stored;
    },
  };
}

function openStreams(seed: number | readonly number[]): [Rng, Rng, Rng] {
  if (typeof seed === "number") {
    return [createRng(seed, "batch.rows"), createRng(seed, "batch.times"), createRng(seed, "batch.noise")];
  }
  if (seed.length !== 12) {
    throw new InvalidInputError(
      `Cannot resume batches as position must be 12 numbers: current length is ${seed.length}`,
    );
  }
  return [createRng(seed.slice(0, 4)), createRng(seed.slice(4, 8)), createRng(seed.slice(8))];
}

interface BatchArrays {
  noisy: Float32Array;
  noise: Float32Array;
  time: Float32Array;
  condition: Float32Array;
  taskOneHot: Float32Array;
}

function allocate(batchSize: number, dim: number, conditionDim: number, tasks: number): BatchArrays {
  return {
    noisy: new Float32Array(batchSize * dim),
    noise: new Float32Array(batchSize * dim),
    time: new Float32Array(batchSize),
    condition: new Float32Array(batchSize * conditionDim),
    taskOneHot: new Float32Array(batchSize * tasks),
  };
}

function asStored(
  arrays: BatchArrays,
  batchSize: number,
  dim: number,
  conditionDim: number,
  tasks: number,
): Stored {
  const stored: Stored = {
    noisy: { shape: [batchSize, dim], data: arrays.noisy },
    noise: { shape: [batchSize, dim], data: arrays.noise },
    time: { shape: [batchSize, 1], data: arrays.time },
    taskOneHot: { shape: [batchSize, tasks], data: arrays.taskOneHot },
  };
  if (conditionDim > 0) stored["condition"] = { shape: [batchSize, conditionDim], data: arrays.condition };
  return stored;
}

/** Fills `count` rows from `from` on with random rows of one task; returns the next free row. */
function fillRows(
  arrays: BatchArrays,
  source: TaskRows,
  from: number,
  count: number,
  { dim, conditionDim, tasks }: BatchSettings,
  rows: Rng,
  times: Rng,
): number {
  for (let row = from; row < from + count; row++) {
    const picked = rows.integer(source.size);
    // The open interval (start, 1]: t = 0 has no noise to predict.
    const time = 1 - times.uniform() * (1 - TRAINING_TIME_START);
    const log = logAlpha(time);
    const keep = Math.exp(log);
    const spread = Math.sqrt(-Math.expm1(2 * log));
    for (let d = 0, to = row * dim, of = picked * dim; d < dim; d++) {
      arrays.noisy[to + d] = keep * source.samples[of + d]! + spread * arrays.noise[to + d]!;
    }
    for (let c = 0, to = row * conditionDim, of = picked * conditionDim; c < conditionDim; c++) {
      arrays.condition[to + c] = source.conditions[of + c]!;
    }
    arrays.time[row] = time;
    arrays.taskOneHot[row * tasks + source.taskRow] = 1;
  }
  return from + count;
}
