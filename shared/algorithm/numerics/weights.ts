/**
 * Stored arrays <-> live tensors. `Stored` is what leaves this room: weights, snapshots, normalisers, sketches.
 * @module
 */
import * as tf from "tf";

/** One array with its shape, row-major. */
export interface StoredTensor {
  /** Sizes, outermost first. */
  shape: number[];
  /** Values, row-major. */
  data: Float32Array | Int32Array;
}

/** Named plain arrays: weights and snapshots as they are written to files. */
export type Stored = Record<string, StoredTensor>;

/** Named live tensors. Who makes them disposes them. */
export type Params = Record<string, tf.Tensor>;

/** A live tensor over `stored`. The backend may read `stored.data` as late as the tensor's first use. */
export function toTensor(stored: StoredTensor): tf.Tensor {
  return tf.tensor(stored.data, stored.shape, stored.data instanceof Int32Array ? "int32" : "float32");
}

/** Live tensors of all entries; the caller disposes them. */
export function toParams(stored: Stored): Params {
  return Object.fromEntries(Object.entries(stored).map(([name, tensor]) => [name, toTensor(tensor)]));
}

/** Copies live tensors out. Does not dispose them. */
export async function toStored(params: Params): Promise<Stored> {
  const stored: Stored = {};
  for (const [name, tensor] of Object.entries(params)) {
    const data = await tensor.data();
    stored[name] = {
      shape: tensor.shape.slice(),
      data: tensor.dtype === "int32" ? Int32Array.from(data) : Float32Array.from(data),
    };
  }
  return stored;
}

/** A zero-filled array of `shape`. */
export function zeros(shape: readonly number[]): StoredTensor {
  return { shape: [...shape], data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}

/** A single float32. */
export function scalar(value: number): StoredTensor {
  return { shape: [], data: Float32Array.of(value) };
}

/** `data` as a `[rows, columns]` array; not copied. */
export function matrix(data: Float32Array, columns: number): StoredTensor {
  return { shape: [columns === 0 ? 0 : data.length / columns, columns], data };
}

/** Entries whose names start with `prefix`, without it. */
export function withoutPrefix<T>(entries: Record<string, T>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(entries).filter(([name]) => name.startsWith(prefix)).map((
      [name, value],
    ) => [name.slice(prefix.length), value]),
  );
}

/** All entries under `prefix + name`. */
export function withPrefix<T>(entries: Record<string, T>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [prefix + name, value]));
}

/**
 * The entry `name`.
 * @throws {RangeError} If there is none.
 */
export function entry<T>(entries: Record<string, T>, name: string): T {
  const value = entries[name];
  if (value === undefined) {
    throw new RangeError(
      `Cannot use weights as tensor "${name}" is missing: present are ${
        Object.keys(entries).sort().join(", ")
      }`,
    );
  }
  return value;
}

/** Number of float32 weights (`tasks` and other integers not counted). */
export function countWeights(stored: Stored): number {
  return Object.values(stored).reduce(
    (sum, { data }) => sum + (data instanceof Float32Array ? data.length : 0),
    0,
  );
}

/**
 * Ids of the tasks that published weights know, in row order of their task embedding.
 * @throws {RangeError} If the weights carry no `tasks`.
 */
export function knownTasks(weights: Stored): number[] {
  return [...entry(weights, "tasks").data];
}

/** The `tasks` tensor of published weights. */
export function tasksTensor(tasks: readonly number[]): StoredTensor {
  return { shape: [tasks.length], data: Int32Array.from(tasks) };
}

/**
 * Place of `task` among the known ones.
 * @throws {RangeError} If the weights have not learnt it.
 */
export function taskRow(tasks: readonly number[], task: number): number {
  const row = tasks.indexOf(task);
  if (row < 0) {
    throw new RangeError(
      `Cannot use task ${task} as these weights have not learnt it: known tasks are [${tasks.join(", ")}]`,
    );
  }
  return row;
}
