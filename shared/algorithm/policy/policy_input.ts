/**
 * What a policy is made of, and the checks and paddings between arrays and compiled steps.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Compile, CompiledStep, Stored } from "@cugro/tensors/seam";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { type Normaliser, normaliserOf } from "../numerics/normaliser.ts";
import { knownTasks, taskRow } from "../numerics/weights.ts";

/** Networks, normalisers and knobs of a policy. */
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
  /** Published weights, of versions that have such networks. */
  proposer?: Stored | undefined;
  /** As `proposer`. */
  actor?: Stored | undefined;
  /** How to act in each task; the sampler acts in the others. */
  actingByTask?: ReadonlyMap<number, WayOfActing> | undefined;
}

/** The ways of acting, as the protocol names them: candidates from the diffusion and the critic, one-step candidates and the critic, one pass to one action. */
export const WAYS_OF_ACTING = ["sampler", "proposer", "actor"] as const;
/** A way of acting. */
export type WayOfActing = typeof WAYS_OF_ACTING[number];

/**
 * The normaliser of a task that both networks know.
 *
 * @param input of the policy
 * @param task an id
 * @returns its normaliser
 * @throws {InvalidInputError} listing what is known otherwise
 */
export function knownNormaliser(input: PolicyInput, task: number): Normaliser {
  taskRow(knownTasks(input.behaviorGenerator), task);
  taskRow(knownTasks(input.critic), task);
  return normaliserOf(input.normalisers, task);
}

/**
 * The network that a way of acting asks.
 *
 * @param input of the policy
 * @param acting sampler, proposer or actor
 * @returns published weights
 * @throws {InvalidInputError} if there is none
 */
export function networkOf(input: PolicyInput, acting: WayOfActing): Stored {
  const network = acting === "sampler" ? input.behaviorGenerator : input[acting];
  if (network !== undefined) return network;
  const others = WAYS_OF_ACTING.filter((one) => one === "sampler" || input[one] !== undefined);
  throw new InvalidInputError(
    `Cannot act by the ${acting} as this version has none: it can act by the ${others.join(" or the ")}`,
  );
}

/**
 * n of finite rows `[n, dim]`, n > 0.
 *
 * @param rows `[n * dim]`
 * @param dim numbers in a row
 * @param what named in the error
 * @returns n
 * @throws {InvalidInputError} naming the place of what is wrong
 */
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

/**
 * The least of the sizes that holds `size` rows, or the greatest.
 *
 * @param sizes rising
 * @param size rows to hold
 * @returns one of the sizes
 */
export function paddedSize(sizes: readonly number[], size: number): number {
  return sizes.find((one) => one >= size) ?? sizes[sizes.length - 1]!;
}

/**
 * Zeros after the rows, up to `length` numbers.
 *
 * @param rows `[n]`, n <= `length`
 * @param length numbers wanted
 * @returns `[length]`; the same array if it is as long
 */
export function padRows(rows: Float32Array, length: number): Float32Array {
  const padded = new Float32Array(length);
  padded.set(rows);
  return padded;
}

/**
 * The step compiled for a batch size and a way of acting, made on first use.
 *
 * @param steps made so far
 * @param key batch size and way of acting
 * @param make compiles one
 * @returns the step
 */
export function stepFor<K>(steps: Map<K, CompiledStep>, key: K, make: () => CompiledStep): CompiledStep {
  const step = steps.get(key) ?? make();
  steps.set(key, step);
  return step;
}
