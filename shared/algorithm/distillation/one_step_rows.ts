/**
 * Raw labels and states of replay -> normalised rows, each task with its own normaliser. All shapes are checked here, once.
 * @module
 */
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import { normalise, type Normaliser, normaliserOf } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";
import { taskRow } from "../numerics/weights.ts";
import type { OneStepRows } from "./one_step_batches.ts";
import type { OneStepKind } from "./one_step_network.ts";
import { perturbStates } from "./perturbed_states.ts";

/** Labels of one task. */
export interface LabelledActions {
  task: number;
  /** `[size, S]` raw */
  states: Float32Array;
  /** z `[size, A]`; empty for the actor. */
  noise: Float32Array;
  /** `[size, A]`, normalised: discrete actions as the shares of the classes. */
  targets: Float32Array;
  size: number;
}

/** States of one old task, raw. */
export interface OldStates {
  task: number;
  /** `[size, S]` */
  states: Float32Array;
  size: number;
}

/** Rows as a training is given them. */
export interface RawOneStepRows {
  /** k, the new task. */
  task: number;
  /** S */
  stateDim: number;
  /** A */
  actionDim: number;
  /** Of the new task; of every old task, too, where there is no parent to answer for it. Any number of shards a task. */
  labels: LabelledActions[];
  /** States of the old tasks that the parent answers for; empty without a parent or without replay. */
  replay: OldStates[];
  /** N_i by task id: of every task in `labels` and `replay`. */
  normalisers: ReadonlyMap<number, Normaliser>;
  hyperparameters: Pick<Hyperparameters, "distilPerturbation">;
  /** Decides how states of old tasks that the parent answers for are perturbed. */
  seed: number;
}

/**
 * Normalises everything a one-step network learns from.
 *
 * @param tasks Known task ids in row order, the new one included.
 * @returns The new task's rows, and one entry for each old task whatever the number of its shards.
 * @throws {InvalidInputError} If an array has another shape, a task is unknown or has no normaliser, the new task has no
 * labels, or some old tasks have labels and others have not.
 */
export function rowsToLearn(
  input: RawOneStepRows,
  kind: OneStepKind,
  tasks: readonly number[],
): { fresh: OneStepRows; old: OneStepRows[] } {
  const { task, labels, replay } = input;
  const old = (shards: readonly { task: number }[]) =>
    [...new Set(shards.map((shard) => shard.task))].filter((id) => id !== task).sort((a, b) => a - b);
  const [labelled, taught] = [old(labels), old(replay)];
  if (labelled.length > 0 && taught.length > 0) {
    throw new InvalidInputError(
      `Cannot train ${kind} as old tasks must all have labels, or none: labels are there of [${labelled}], states alone of [${taught}]`,
    );
  }
  if (replay.some((shard) => shard.task === task)) {
    throw new InvalidInputError(`Cannot replay task ${task} as it is the one to be learnt`);
  }
  const rowsOf = (id: number, shards: readonly LabelledActions[]): OneStepRows => {
    if (shards.length === 0) {
      throw new InvalidInputError(`Cannot train ${kind} on task ${id} as it has no labels`);
    }
    return join(input, id, shards, taskRow(tasks, id), kind);
  };
  return {
    fresh: rowsOf(task, labels.filter((shard) => shard.task === task)),
    old: [
      ...labelled.map((id) => rowsOf(id, labels.filter((shard) => shard.task === id))),
      ...taught.map((id) => {
        const shards = replay.filter((shard) => shard.task === id);
        return join(input, id, shards.map((shard, i) => perturbed(input, shard, i)), taskRow(tasks, id));
      }),
    ],
  };
}

/** Labels come with their states perturbed; the parent answers for any. */
function perturbed(
  { normalisers, hyperparameters, seed }: RawOneStepRows,
  shard: OldStates,
  place: number,
): LabelledActions {
  const { states: bounds } = normaliserOf(normalisers, shard.task);
  const own = createRng(seed, `distillation.perturbed/${shard.task}/${place}`).integer(2 ** 31);
  const none = new Float32Array(0);
  const states = perturbStates(shard.states, bounds, hyperparameters.distilPerturbation, own);
  return { ...shard, states, noise: none, targets: none };
}

function join(
  { stateDim, actionDim, normalisers }: RawOneStepRows,
  task: number,
  shards: readonly LabelledActions[],
  taskRow: number,
  labelledFor?: OneStepKind,
): OneStepRows {
  const normaliser = normaliserOf(normalisers, task);
  const widths = {
    states: stateDim,
    noise: labelledFor === "proposer" ? actionDim : 0,
    targets: labelledFor === undefined ? 0 : actionDim,
  };
  const size = shards.reduce((sum, shard) => sum + shard.size, 0);
  const joined = { states: [], noise: [], targets: [] } as Record<keyof typeof widths, Float32Array[]>;
  for (const shard of shards) {
    for (const name of Object.keys(widths) as (keyof typeof widths)[]) {
      checkLength(task, name, shard[name].length, shard.size, widths[name]);
      joined[name].push(name === "states" ? normalise(shard.states, normaliser.states) : shard[name]);
    }
  }
  return {
    taskRow,
    states: concatenated(joined.states),
    noise: concatenated(joined.noise),
    targets: concatenated(joined.targets),
    size,
  };
}

function checkLength(task: number, name: string, length: number, size: number, width: number): void {
  if (size >= 1 && length === size * width) return;
  throw new InvalidInputError(
    `Cannot train on task ${task} as its ${name} must be [${size}, ${width}] with at least one row: current length is ${length}`,
  );
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
