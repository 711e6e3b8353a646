/**
 * Batches of critic training: B rows of the new task drawn uniformly from those to regress on, and R rows of replay
 * spread evenly over the old tasks. Everything is in the critic's input coordinates before the first step.
 * @module
 */
import type { Stored } from "@cugro/tensors/seam";
import type { CriticPart } from "./critic_parts.ts";
import { normalise, type Normaliser } from "../numerics/normaliser.ts";
import type { Rng } from "../numerics/rng.ts";
import { matrix } from "../numerics/weights.ts";

/** Replay of one old task, ready for the critic. */
export interface CriticReplay {
  /** Column of the task's head. */
  head: number;
  /** `[size, S + A]` */
  rows: Float32Array;
  size: number;
}

/** The rows that batches are drawn from. */
export interface CriticBatchSource {
  /** Rows of the tasks that are regressed on, `[N, S + A]`. */
  rows: Float32Array;
  /** Those tasks: which rows, and the column of each head. */
  parts: readonly Pick<CriticPart, "trainRows" | "head">[];
  replay: readonly CriticReplay[];
  /** S + A */
  width: number;
  /** Heads. */
  heads: number;
  batchSize: number;
  reduction: "average" | "sum";
}

/**
 * Number of replay rows in a batch, R.
 *
 * @param replay the replayed tasks, one entry each
 * @param batchSize B, rows of the new task in a batch
 * @param reduction whether retention is the mean over old tasks or their sum
 * @returns R: as many as the batch has of the new task, for a sum as many for each old one; 0 without any
 */
export function retentionRows(
  replay: readonly unknown[],
  batchSize: number,
  reduction: "average" | "sum",
): number {
  if (replay.length === 0) return 0;
  return reduction === "sum" ? batchSize * replay.length : batchSize;
}

/**
 * States and actions side by side in the critic's coordinates: the task's normalised ones, or raw.
 *
 * @param states `[N, S]`, raw units
 * @param actions `[N, A]`, raw units
 * @param size N
 * @param normaliser the task's; undefined: raw coordinates
 * @returns `[N, S + A]`
 */
export function criticRows(
  states: Float32Array,
  actions: Float32Array,
  size: number,
  normaliser: Normaliser | undefined,
): Float32Array {
  const stateDim = states.length / size, actionDim = actions.length / size, width = stateDim + actionDim;
  const s = normaliser ? normalise(states, normaliser.states) : states;
  const a = normaliser ? normalise(actions, normaliser.actions) : actions;
  const rows = new Float32Array(size * width);
  for (let i = 0; i < size; i++) {
    rows.set(s.subarray(i * stateDim, (i + 1) * stateDim), i * width);
    rows.set(a.subarray(i * actionDim, (i + 1) * actionDim), i * width + stateDim);
  }
  return rows;
}

/**
 * Draws a batch: `rows` `[B + R, S + A]` and one-hot `selection` `[B + R, heads]`, the tasks regressed on first.
 * @param step turns which task gets the rows that do not divide evenly
 * @returns the inputs, and the rows of the dataset that were drawn, `[B]`
 */
export function drawBatch(
  source: CriticBatchSource,
  rng: Rng,
  step: number,
): { inputs: Stored; drawn: Int32Array } {
  const { width, heads, batchSize, replay, parts } = source;
  const retained = retentionRows(replay, batchSize, source.reduction);
  const rows = new Float32Array((batchSize + retained) * width);
  const selection = new Float32Array((batchSize + retained) * heads);
  const drawn = new Int32Array(batchSize);
  for (let i = 0; i < batchSize; i++) {
    const { trainRows, head } = parts[(i + step * batchSize) % parts.length]!;
    const row = drawn[i] = trainRows[rng.integer(trainRows.length)]!;
    rows.set(source.rows.subarray(row * width, (row + 1) * width), i * width);
    selection[i * heads + head] = 1;
  }
  for (let i = 0; i < retained; i++) {
    const old = replay[(i + step * retained) % replay.length]!;
    const row = rng.integer(old.size);
    rows.set(old.rows.subarray(row * width, (row + 1) * width), (batchSize + i) * width);
    selection[(batchSize + i) * heads + old.head] = 1;
  }
  return { inputs: { rows: matrix(rows, width), selection: matrix(selection, heads) }, drawn };
}
