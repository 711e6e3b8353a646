/**
 * What a session is made of, and the checks before anything is placed in memory.
 * @module
 */
import {
  InvalidInputError,
  knownTasks,
  type Normaliser,
  normaliserOf,
  type Stored,
  taskRow,
} from "@cugro/algorithm/arrays";
import type { Hyperparameters } from "@cugro/algorithm/knobs";
import type { KernelName } from "./kernels.ts";
import type { SelectionKnobs } from "./array_selection.ts";

/** Ways of acting of a session: one pass of a network, or candidates of a network that the critic weighs. */
export type InferenceActing = "actor" | "proposer";

/** The knobs that a session reads. */
export type InferenceKnobs =
  & SelectionKnobs
  & Pick<Hyperparameters, "candidates" | "criticLayerNorm" | "criticNormalisedInputs">;

/** Input of a session. */
export interface SessionInput {
  acting: InferenceActing;
  /** Published weights of the actor or of the proposer. */
  network: Stored;
  /** Published weights; a proposer needs them, with an actor they serve `value` alone. */
  critic?: Stored | undefined;
  /** By task id. */
  normalisers: ReadonlyMap<number, Normaliser>;
  stateDim: number;
  actionDim: number;
  hyperparameters: InferenceKnobs;
  /** Which kernel computes; by default WebAssembly where there is any. */
  kernel?: KernelName | undefined;
}

/** A task as the networks know it. */
export interface KnownTask {
  normaliser: Normaliser;
  /** Its place in the network. */
  taskRow: number;
  /** Its head of the critic; not given without a critic. */
  head: number | undefined;
}

/**
 * What a session knows of a task.
 *
 * @param task its number
 * @returns rows of the task in network and critic, and its normaliser
 * @throws {InvalidInputError} listing the known ones otherwise
 */
export function knownTask({ network, critic, normalisers }: KnownTasks, task: number): KnownTask {
  return {
    taskRow: taskRow(network, task),
    head: critic && taskRow(critic, task),
    normaliser: normaliserOf(normalisers, task),
  };
}

/** The tasks that each part knows. */
export interface KnownTasks {
  network: readonly number[];
  critic: readonly number[] | undefined;
  normalisers: ReadonlyMap<number, Normaliser>;
}

/**
 * What stays of the input once the weights are placed.
 *
 * @param input a session's, whose weights are not looked at
 * @returns numbers of the tasks that network and critic know, and their normalisers
 * @throws {InvalidInputError} for a proposer without a critic
 */
export function tasksOf(
  { acting, network, critic, normalisers, actionDim, stateDim }: SessionInput,
): KnownTasks {
  if (acting === "proposer" && critic === undefined) {
    throw new InvalidInputError("Cannot open a proposer as it needs the critic that weighs its candidates");
  }
  for (const [task, { states, actions }] of normalisers) {
    const found = [states.centre.length, actions.centre.length];
    if (found[0] === stateDim && found[1] === actionDim) continue;
    throw new InvalidInputError(
      `Cannot open session as the normaliser of task ${task} must be of ${stateDim} and ${actionDim} dimensions: it is of ${
        found.join(" and ")
      }`,
    );
  }
  return { network: knownTasks(network), critic: critic && knownTasks(critic), normalisers };
}
