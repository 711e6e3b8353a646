/**
 * A session: stored weights and normalisers in, actions out, in this thread and without a tensor library. The one interface
 * of this room.
 * @module
 */
import { type ActionNoise, InvalidInputError, type Stored } from "@cugro/algorithm/arrays";
import type { Opened } from "./decisions.ts";
import { type DrawnNoise, drawNoise, type NoiseSource } from "./drawn_noise.ts";
import { type JoinedInput, joinedInputOf } from "./joined_session.ts";
import { openJudge } from "./critic_judge.ts";
import { type KernelName, type Kernels, kernelsOf, sharedKernels } from "./kernels.ts";
import { openNetwork } from "./network.ts";
import { oneStepNetwork } from "./network_files.ts";
import { act, value } from "./session_questions.ts";
import { type InferenceActing, type SessionInput, tasksOf } from "./session_input.ts";

/** A policy in memory. Calls compute before they return. */
export interface InferenceSession {
  readonly acting: InferenceActing;
  readonly kernel: KernelName;
  /** Memory of its weights; what calls compute with is shared by all sessions of a thread. */
  readonly sizeBytes: number;
  /**
   * One action for each state. A row's action does not depend on the rows beside it, nor on the kernel.
   *
   * @param task id of a task that the weights know
   * @param states `[n, S]` raw
   * @param noise a seed, or whose rows these are, as a policy of `@cugro/algorithm` takes it; or what `draw` gave. An actor
   * needs none
   * @returns `[n, A]` raw, within the task's own limits; of discrete actions one-hot rows
   * @throws {InvalidInputError} for an unknown task, a wrong shape, a state that is not finite, or noise of other rows
   */
  act(task: number, states: Float32Array, noise: NoiseSource): Float32Array;
  /** The noise of the next rows of these sources, one a row; undefined for an actor. */
  draw(sources: readonly ActionNoise[]): DrawnNoise | undefined;
  /**
   * Q of given actions: the discounted return in raw reward units, judged as pessimistically as when acting.
   *
   * @param states `[n, S]` raw
   * @param actions `[n, A]` raw
   * @returns `[n]`
   * @throws {InvalidInputError} as `act`, and without a critic
   */
  value(task: number, states: Float32Array, actions: Float32Array): Float32Array;
  /** Gives its memory back to other sessions; calling it again does nothing. */
  dispose(): void;
}

/**
 * Opens a session. Weights are copied: the arrays that they came in are no longer needed.
 *
 * @param input weights, normalisers, sizes and knobs
 * @returns states `[n, S]` in, actions `[n, A]` out, raw units; dispose it
 * @throws {InvalidInputError} if weights, normalisers and dimensions do not fit each other; RangeError when memory is full
 */
export function openSession(input: SessionInput): InferenceSession {
  return openWith(input, kernelsOf(input.kernel)).session;
}

/** Input for opening a critic alone. */
export type CriticInput = Omit<SessionInput, "acting" | "network" | "critic"> & { critic: Stored };

/**
 * Opens a critic that values actions of any origin.
 *
 * @param input weights and normalisers
 * @returns must be disposed of
 * @throws {InvalidInputError} as {@linkcode openSession}
 */
export function openCritic(input: CriticInput): Pick<InferenceSession, "value" | "dispose"> {
  const { critic, stateDim, actionDim, hyperparameters } = input;
  const tasks = tasksOf({ ...input, acting: "actor", network: critic });
  const judge = openJudge(critic, stateDim, actionDim, hyperparameters, kernelsOf(input.kernel));
  return {
    value: (task, states, actions) => value({ input, tasks, judge }, task, states, actions),
    dispose: () => judge.dispose(),
  };
}

/** A session whose weights threads can compute with, too. */
export interface SharedSession extends InferenceSession {
  /** Input for threads to join it, until it is disposed; undefined where WebAssembly is missing. */
  readonly joined: JoinedInput | undefined;
}

/**
 * Opens a session in the memory that threads can be given; else as {@linkcode openSession}.
 *
 * @param input weights, normalisers, sizes and knobs
 * @returns a session, and what threads join it by
 */
export function openSharedSession(input: SessionInput): SharedSession {
  const kernels = sharedKernels();
  const { session, parts } = openWith(input, kernels);
  return { ...session, joined: kernels.shared && joinedInputOf(parts()) };
}

function openWith(
  input: SessionInput,
  kernels: Kernels,
): { session: InferenceSession; parts: () => Opened } {
  const before = kernels.memory.usedBytes();
  let opened: Opened | undefined = openParts(input, kernels);
  const sizeBytes = kernels.memory.usedBytes() - before;
  const parts = (): Opened => {
    if (opened) return opened;
    throw new Error("Cannot act as this session is disposed");
  };
  const { acting, actionDim, hyperparameters } = input;
  const session: InferenceSession = {
    ...{ acting, kernel: kernels.name, sizeBytes },
    act: (task, states, noise) => act(parts(), task, states, noise),
    draw: (sources) => acting === "actor" ? undefined : drawNoise(sources, hyperparameters, actionDim),
    value: (task, states, actions) => value(parts(), task, states, actions),
    dispose: () => {
      opened?.network.dispose();
      opened?.judge?.dispose();
      opened = undefined;
    },
  };
  return { session, parts };
}

function openParts({ network: weights, critic, ...input }: SessionInput, kernels: Kernels): Opened {
  const { acting, stateDim, actionDim, hyperparameters } = input;
  const tasks = tasksOf({ ...input, network: weights, critic });
  const network = openNetwork(weights, oneStepNetwork(acting, weights), kernels);
  try {
    const wanted = [stateDim, acting === "actor" ? 0 : actionDim, actionDim];
    const found = [network.stateInputs, network.candidateInputs, network.outputs];
    if (wanted.join() !== found.join()) {
      throw new InvalidInputError(
        `Cannot open the ${acting} as it must take states of ${wanted[0]}, noise of ${
          wanted[1]
        } and give actions of ${wanted[2]} dimensions: current ones are ${found.join(", ")}`,
      );
    }
    return {
      input,
      tasks,
      network,
      judge: critic && openJudge(critic, stateDim, actionDim, hyperparameters, kernels),
    };
  } catch (error) {
    network.dispose();
    throw error;
  }
}
