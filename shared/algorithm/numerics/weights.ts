/**
 * Named arrays and tensors as networks use them: prefixes, entries that must be there, the tasks that weights know.
 * @module
 */
import { InvalidInputError } from "./errors.ts";
import type { Stored, StoredTensor } from "@cugro/tensors/seam";

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

/** Prefix of the Fisher information that stands beside published weights, for their next training ({@link ./ewc.ts}). */
export const FISHER = "fisher/";

/** Published weights without what stands beside them. */
export function withoutFisher(weights: Stored): Stored {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !name.startsWith(FISHER)));
}

/**
 * The entry `name`.
 * @throws {InvalidInputError} If there is none.
 */
export function entry<T>(entries: Record<string, T>, name: string): T {
  const value = entries[name];
  if (value === undefined) {
    throw new InvalidInputError(
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
 * @throws {InvalidInputError} If the weights carry no `tasks`.
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
 * @throws {InvalidInputError} If the weights have not learnt it.
 */
export function taskRow(tasks: readonly number[], task: number): number {
  const row = tasks.indexOf(task);
  if (row < 0) {
    throw new InvalidInputError(
      `Cannot use task ${task} as these weights have not learnt it: known tasks are [${tasks.join(", ")}]`,
    );
  }
  return row;
}
