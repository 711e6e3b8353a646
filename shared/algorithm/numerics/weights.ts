/**
 * Named arrays and tensors as networks use them: prefixes, entries that must be there, the tasks that weights know.
 * @module
 */
import { InvalidInputError } from "./errors.ts";
import type { Stored, StoredTensor } from "@cugro/tensors/seam";

/**
 * A zero-filled array of `shape`.
 *
 * @param shape sizes, outermost first
 * @returns float32
 */
export function zeros(shape: readonly number[]): StoredTensor {
  return { shape: [...shape], data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}

/**
 * A single float32.
 *
 * @param value a number
 * @returns `[]`
 */
export function scalar(value: number): StoredTensor {
  return { shape: [], data: Float32Array.of(value) };
}

/**
 * `data` as a `[rows, columns]` array; not copied.
 *
 * @param data `[rows * columns]`, row-major
 * @param columns numbers in a row
 * @returns `[rows, columns]`
 */
export function matrix(data: Float32Array, columns: number): StoredTensor {
  return { shape: [columns === 0 ? 0 : data.length / columns, columns], data };
}

/**
 * Entries whose names start with `prefix`, without it.
 *
 * @param entries by name
 * @param prefix what names must start with
 * @returns the values themselves, not copies
 */
export function withoutPrefix<T>(entries: Record<string, T>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(entries).filter(([name]) => name.startsWith(prefix)).map((
      [name, value],
    ) => [name.slice(prefix.length), value]),
  );
}

/**
 * All entries under `prefix + name`.
 *
 * @param entries by name
 * @param prefix put before each name
 * @returns the values themselves, not copies
 */
export function withPrefix<T>(entries: Record<string, T>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [prefix + name, value]));
}

/** Prefix of the Fisher information that stands beside published weights, for their next training ({@link ./ewc.ts}). */
export const FISHER = "fisher/";

/**
 * Published weights without what stands beside them.
 *
 * @param weights published weights
 * @returns the network's own tensors and `tasks`
 */
export function withoutFisher(weights: Stored): Stored {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !name.startsWith(FISHER)));
}

/**
 * The entry `name`.
 *
 * @param entries by name
 * @param name of one
 * @returns its value
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

/**
 * Number of float32 weights (`tasks` and other integers not counted).
 *
 * @param stored named arrays
 * @returns a count of numbers
 */
export function countWeights(stored: Stored): number {
  return Object.values(stored).reduce(
    (sum, { data }) => sum + (data instanceof Float32Array ? data.length : 0),
    0,
  );
}

/**
 * Ids of the tasks that published weights know, in row order of their task embedding.
 *
 * @param weights published weights
 * @returns ids, from 1
 * @throws {InvalidInputError} If the weights carry no `tasks`.
 */
export function knownTasks(weights: Stored): number[] {
  return [...entry(weights, "tasks").data];
}

/**
 * The `tasks` tensor of published weights.
 *
 * @param tasks ids, in row order
 * @returns `[tasks.length]`, int32
 */
export function tasksTensor(tasks: readonly number[]): StoredTensor {
  return { shape: [tasks.length], data: Int32Array.from(tasks) };
}

/**
 * Place of `task` among the known ones.
 *
 * @param tasks known ids, in row order
 * @param task an id
 * @returns 0-based
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
