/**
 * Raw rows of the new task and of replay -> normalised rows, each task with its own normaliser. All shapes are checked here, once.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import { type Bounds, normalise, type Normaliser, normaliserOf } from "../numerics/normaliser.ts";
import { taskRow } from "../numerics/weights.ts";

/** Normalised rows of one task. */
export interface TaskRows {
  /** Place of the task among the known ones. */
  taskRow: number;
  /** x0, `[size, D]` */
  samples: Float32Array;
  /** `[size, C]`, or empty when C is 0. */
  conditions: Float32Array;
  size: number;
}

/** Pseudo-pairs of one old task (or its real pairs, for the oracle). */
export interface ReplayRows {
  task: number;
  /** `[size, S]` raw */
  states: Float32Array;
  /** `[size, A]` raw */
  actions: Float32Array;
  size: number;
}

/** Rows of a new task and of replay, as a training is given them. */
export interface RawTaskRows {
  /** k, the new task. */
  task: number;
  /** S */
  stateDim: number;
  /** A */
  actionDim: number;
  /** `[size, S]` raw, training rows only. */
  states: Float32Array;
  /** `[size, A]` raw */
  actions: Float32Array;
  /** Rows of the new task. */
  size: number;
  /** Pseudo-pairs of old tasks, any number of shards a task; empty for the first task or without replay. */
  replay: ReplayRows[];
  /** Fresh weights learn all tasks alike, of which `replay` has the real rows; there is no parent. */
  joint?: boolean;
  /** N_i by task id: of the new task and of every task in `replay`. */
  normalisers: ReadonlyMap<number, Normaliser>;
}

/**
 * Ids of the tasks of a joint training: the old ones in order, then the new one.
 *
 * @param input the new task's id, and the old tasks' rows
 * @returns ids
 */
export function allTasks({ task, replay }: Pick<RawTaskRows, "task" | "replay">): number[] {
  return [...new Set(replay.map((shard) => shard.task))].sort((a, b) => a - b).concat(task);
}

/** Which rows are learnt, and which they are conditioned on. */
export interface RowKinds {
  samples: "states" | "actions";
  conditions?: "states";
}

/**
 * Normalises everything a generator learns from.
 *
 * @param tasks Known task ids in row order, the new one included.
 * @returns The new task's rows, and one entry for each old task whatever the number of its shards.
 * @throws {InvalidInputError} If an array has another shape, a task is unknown or has no normaliser, or the new task is in its own replay.
 */
export function taskRowsOf(
  input: RawTaskRows,
  kinds: RowKinds,
  tasks: readonly number[],
): { fresh: TaskRows; replay: TaskRows[] } {
  const { task, stateDim, actionDim, replay, normalisers } = input;
  const dims = { states: stateDim, actions: actionDim };
  const convert = (id: number, shards: readonly RawRows[]): TaskRows => {
    const normaliser = normaliserOf(normalisers, id);
    for (const shard of shards) checkRows(id, shard, dims);
    const part = (kind: "states" | "actions") =>
      normaliseShards(shards.map((shard) => shard[kind]), normaliser[kind]);
    return {
      taskRow: taskRow(tasks, id),
      samples: part(kinds.samples),
      conditions: kinds.conditions === undefined ? new Float32Array(0) : part(kinds.conditions),
      size: shards.reduce((sum, { size }) => sum + size, 0),
    };
  };
  const old = [...new Set(replay.map((shard) => shard.task))].sort((a, b) => a - b);
  if (old.includes(task)) {
    throw new InvalidInputError(`Cannot replay task ${task} as it is the one to be learnt`);
  }
  return {
    fresh: convert(task, [input]),
    replay: old.map((id) => convert(id, replay.filter((shard) => shard.task === id))),
  };
}

interface RawRows {
  states: Float32Array;
  actions: Float32Array;
  size: number;
}

function checkRows(task: number, rows: RawRows, dims: { states: number; actions: number }): void {
  for (const kind of ["states", "actions"] as const) {
    if (rows.size < 1 || rows[kind].length !== rows.size * dims[kind]) {
      throw new InvalidInputError(
        `Cannot train on task ${task} as its ${kind} must be [${rows.size}, ${
          dims[kind]
        }] with at least one row: current length is ${rows[kind].length}`,
      );
    }
  }
}

function normaliseShards(shards: readonly Float32Array[], bounds: Bounds): Float32Array {
  const out = new Float32Array(shards.reduce((sum, shard) => sum + shard.length, 0));
  let at = 0;
  for (const shard of shards) {
    out.set(normalise(shard, bounds), at);
    at += shard.length;
  }
  return out;
}
