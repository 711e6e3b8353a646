/**
 * Batches of a one-step network: rows with labels first, then states for which the parent's network answers.
 * @module
 */
import type { Stored } from "@cugro/tensors/seam";
import { freshRowsOf, oldRowsAt } from "../diffusion/batches.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import { createRng, type Rng } from "../numerics/rng.ts";

/** Normalised rows of one task. */
export interface OneStepRows {
  /** Place of the task among the known ones. */
  taskRow: number;
  /** `[size, S]` */
  states: Float32Array;
  /** z `[size, A]` that the labels belong to; empty for the actor, and where the parent answers. */
  noise: Float32Array;
  /** Labels `[size, A]`; empty where the parent answers. */
  targets: Float32Array;
  size: number;
}

/** Settings of batches. */
export interface OneStepBatchSettings {
  /** The new task. */
  fresh: OneStepRows;
  /** Old tasks, one entry each: all with labels, or all without. */
  old: OneStepRows[];
  batchSize: number;
  newTaskShare: number | "proportional";
  stateDim: number;
  actionDim: number;
  /** Whether the network is given noise. */
  noisy: boolean;
  /** Known tasks, the new one included. */
  tasks: number;
  /** A whole number, or the `state()` of other batches. */
  seed: number | readonly number[];
}

/** A source of batches with a position that can be saved. */
export interface OneStepBatches {
  /** Rows of the new task in every batch; they come first. */
  freshRows: number;
  /** Rows with labels in every batch. */
  labelledRows: number;
  /**
   * Fills the batch of a step: `states` `[B, S]`, `taskOneHot` `[B, tasks]`, `targets` `[labelledRows, A]`, and for the
   * proposer `noise` `[B, A]`, drawn again where the parent answers. The arrays are the same at every call.
   */
  next(step: number): Stored;
  /** Positions of the two streams (rows, noise), 8 numbers. */
  state(): number[];
}

/**
 * Opens a source of batches. Rows are drawn with replacement; rows and noise have streams of their own.
 *
 * @param settings labelled rows, old tasks' states, batch size and seed
 * @returns a source that fills the same arrays at every call
 */
export function openOneStepBatches(settings: OneStepBatchSettings): OneStepBatches {
  const { fresh, old, batchSize, stateDim, actionDim, noisy, tasks } = settings;
  const freshRows = freshRowsOf(batchSize, settings.newTaskShare, old.length);
  const labelledRows = old.every(({ targets }) => targets.length > 0) ? batchSize : freshRows;
  const [rows, noises] = openStreams(settings.seed);
  const array = (count: number, width: number) => ({
    shape: [count, width],
    data: new Float32Array(count * width),
  });
  const arrays = {
    states: array(batchSize, stateDim),
    taskOneHot: array(batchSize, tasks),
    targets: array(labelledRows, actionDim),
    noise: array(batchSize, actionDim),
  };
  const { noise, ...silent } = arrays;
  return {
    freshRows,
    labelledRows,
    state: () => [...rows.state(), ...noises.state()],
    next: (step) => {
      arrays.taskOneHot.data.fill(0);
      const drawn = noisy ? noises : undefined;
      let at = fillRows(arrays, fresh, 0, freshRows, rows, drawn);
      if (old.length > 0) {
        oldRowsAt(step, batchSize - freshRows, old.length).forEach((count, i) => {
          at = fillRows(arrays, old[i]!, at, count, rows, drawn);
        });
      }
      return noisy ? { ...silent, noise } : silent;
    },
  };
}

function openStreams(seed: number | readonly number[]): [Rng, Rng] {
  if (typeof seed === "number") {
    return [createRng(seed, "distillation.rows"), createRng(seed, "distillation.noise")];
  }
  if (seed.length !== 8) {
    throw new InvalidInputError(
      `Cannot resume batches as position must be 8 numbers: current length is ${seed.length}`,
    );
  }
  return [createRng(seed.slice(0, 4)), createRng(seed.slice(4))];
}

type Arrays = Record<
  "states" | "taskOneHot" | "targets" | "noise",
  { shape: number[]; data: Float32Array }
>;

/** Fills `count` rows from `from` on with random rows of one task, without noise where none is drawn; returns the next free row. */
function fillRows(
  { states, taskOneHot, targets, noise }: Arrays,
  source: OneStepRows,
  from: number,
  count: number,
  rows: Rng,
  noises: Rng | undefined,
): number {
  const [stateDim, actionDim, tasks] = [states, noise, taskOneHot].map(({ shape }) => shape[1]!) as [
    number,
    number,
    number,
  ];
  const labelled = source.targets.length > 0;
  const take = (of: Float32Array, width: number, row: number) => of.subarray(row * width, (row + 1) * width);
  for (let row = from; row < from + count; row++) {
    const picked = rows.integer(source.size);
    states.data.set(take(source.states, stateDim, picked), row * stateDim);
    taskOneHot.data[row * tasks + source.taskRow] = 1;
    if (labelled) targets.data.set(take(source.targets, actionDim, picked), row * actionDim);
    if (noises === undefined) continue;
    if (labelled) noise.data.set(take(source.noise, actionDim, picked), row * actionDim);
    else noises.fillNormals(noise.data, row * actionDim, (row + 1) * actionDim);
  }
  return from + count;
}
