/**
 * What a policy is made of, and the checks and paddings between arrays and compiled steps.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Compile, CompiledStep, Stored } from "@cugro/tensors/seam";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { type Normaliser, normaliserOf } from "../numerics/normaliser.ts";
import { knownTasks, taskRow } from "../numerics/weights.ts";

/** What a policy is made of. */
export interface PolicyInput {
  /** Published weights. */
  behaviorGenerator: Stored;
  /** Published weights. */
  critic: Stored;
  /** By task id. */
  normalisers: ReadonlyMap<number, Normaliser>;
  stateDim: number;
  actionDim: number;
  hyperparameters: Hyperparameters;
  compile: Compile;
}

/** The normaliser of a task that both networks know. @throws InvalidInputError listing what is known otherwise */
export function knownNormaliser(input: PolicyInput, task: number): Normaliser {
  taskRow(knownTasks(input.behaviorGenerator), task);
  taskRow(knownTasks(input.critic), task);
  return normaliserOf(input.normalisers, task);
}

/** n of finite rows `[n, dim]`, n > 0. @throws InvalidInputError naming the place of what is wrong */
export function countRows(rows: Float32Array, dim: number, what: string): number {
  if (rows.length === 0 || rows.length % dim !== 0) {
    throw new InvalidInputError(
      `Cannot act as ${what} must be [n, ${dim}] with n > 0: current length is ${rows.length}`,
    );
  }
  const bad = rows.findIndex((number) => !Number.isFinite(number));
  if (bad >= 0) {
    throw new InvalidInputError(
      `Cannot act as ${what}[${Math.floor(bad / dim)}, ${bad % dim}] must be finite: current value is ${
        rows[bad]
      }`,
    );
  }
  return rows.length / dim;
}

/** The least of the sizes that holds `size` rows, or the greatest. */
export function paddedSize(sizes: readonly number[], size: number): number {
  return sizes.find((one) => one >= size) ?? sizes[sizes.length - 1]!;
}

/** Zeros after the rows, up to `length` numbers. */
export function padRows(rows: Float32Array, length: number): Float32Array {
  const padded = new Float32Array(length);
  padded.set(rows);
  return padded;
}

/** The step compiled for a batch size, made on first use. */
export function stepFor(
  steps: Map<number, CompiledStep>,
  size: number,
  make: () => CompiledStep,
): CompiledStep {
  const step = steps.get(size) ?? make();
  steps.set(size, step);
  return step;
}
