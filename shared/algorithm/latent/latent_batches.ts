/**
 * Batches of generators that draw in one pass: which rows of each task, and noise.
 * @module
 */
import type { Stored } from "@cugro/tensors/seam";
import { type Batches, type BatchSettings, freshRowsOf, oldRowsAt } from "../diffusion/batches.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import { createRng, type Rng } from "../numerics/rng.ts";
import type { TaskRows } from "../replay/task_rows.ts";

/**
 * Opens a source of batches: `sample` `[B, D]`, `noise` `[B, noiseDim]`, `condition` `[B, C]` if C > 0, `taskOneHot` `[B, tasks]`.
 * Shares of tasks are those of every generator. Rows are drawn with replacement; rows and noise have streams of their own.
 *
 * @param settings rows of every task, shares, batch size and seed
 * @param noiseDim numbers of noise in a row
 * @returns a source that fills the same arrays at every call
 */
export function openLatentBatches(settings: BatchSettings, noiseDim: number): Batches {
  const { fresh, replay, batchSize, dim, conditionDim, tasks } = settings;
  const freshRows = freshRowsOf(batchSize, settings.newTaskShare, replay.length);
  const [rows, noises] = openStreams(settings.seed);
  const stored: Stored = {
    sample: { shape: [batchSize, dim], data: new Float32Array(batchSize * dim) },
    noise: { shape: [batchSize, noiseDim], data: new Float32Array(batchSize * noiseDim) },
    taskOneHot: { shape: [batchSize, tasks], data: new Float32Array(batchSize * tasks) },
  };
  if (conditionDim > 0) {
    stored["condition"] = {
      shape: [batchSize, conditionDim],
      data: new Float32Array(batchSize * conditionDim),
    };
  }
  return {
    freshRows,
    state: () => [...rows.state(), ...noises.state()],
    next: (step) => {
      noises.fillNormals(stored["noise"]!.data as Float32Array);
      (stored["taskOneHot"]!.data as Float32Array).fill(0);
      let at = fillRows(stored, fresh, 0, freshRows, settings, rows);
      if (replay.length > 0) {
        oldRowsAt(step, batchSize - freshRows, replay.length).forEach((count, i) => {
          at = fillRows(stored, replay[i]!, at, count, settings, rows);
        });
      }
      return stored;
    },
  };
}

function openStreams(seed: number | readonly number[]): [Rng, Rng] {
  if (typeof seed === "number") return [createRng(seed, "batch.rows"), createRng(seed, "batch.noise")];
  if (seed.length !== 8) {
    throw new InvalidInputError(
      `Cannot resume batches as position must be 8 numbers: current length is ${seed.length}`,
    );
  }
  return [createRng(seed.slice(0, 4)), createRng(seed.slice(4))];
}

/** Fills `count` rows from `from` on with random rows of one task; returns the next free row. */
function fillRows(
  stored: Stored,
  source: TaskRows,
  from: number,
  count: number,
  { dim, conditionDim, tasks }: BatchSettings,
  rows: Rng,
): number {
  const data = (name: string) => stored[name]!.data as Float32Array;
  for (let row = from; row < from + count; row++) {
    const picked = rows.integer(source.size);
    data("sample").set(source.samples.subarray(picked * dim, (picked + 1) * dim), row * dim);
    if (conditionDim > 0) {
      const condition = source.conditions.subarray(picked * conditionDim, (picked + 1) * conditionDim);
      data("condition").set(condition, row * conditionDim);
    }
    data("taskOneHot")[row * tasks + source.taskRow] = 1;
  }
  return from + count;
}
