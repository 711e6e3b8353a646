/**
 * A session: stored weights and normalisers in, actions out, in this thread and without a tensor library. The one interface
 * of this room.
 * @module
 */
import {
  countRows,
  denormalise,
  InvalidInputError,
  type NoiseShare,
  normalise,
  OBSERVATION_CLAMP,
  openNoise,
  rowSources,
} from "@cugro/algorithm/arrays";
import { answers, decisions, type Opened } from "./decisions.ts";
import { openJudge } from "./judge.ts";
import { type KernelName, type Kernels, kernelsOf } from "./kernels.ts";
import { openNetwork } from "./network.ts";
import { oneStepNetwork } from "./network_files.ts";
import { type InferenceActing, knownTask, type SessionInput, tasksOf } from "./session_input.ts";

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
   * @param noise a seed, or whose rows these are, as a policy of `@cugro/algorithm` takes it; an actor needs none
   * @returns `[n, A]` raw, within the task's own limits
   * @throws InvalidInputError for an unknown task, a wrong shape, a state that is not finite, or shares that are not n rows
   */
  act(task: number, states: Float32Array, noise: number | readonly NoiseShare[]): Float32Array;
  /**
   * Q of given actions: the discounted return in raw reward units, judged as pessimistically as when acting.
   *
   * @param states `[n, S]` raw
   * @param actions `[n, A]` raw
   * @returns `[n]`
   * @throws InvalidInputError as `act`, and without a critic
   */
  value(task: number, states: Float32Array, actions: Float32Array): Float32Array;
  /** Gives its memory back to other sessions; calling it again does nothing. */
  dispose(): void;
}

/**
 * Opens a session. Weights are copied: the arrays that they came in are no longer needed.
 *
 * @throws InvalidInputError if weights, normalisers and dimensions do not fit each other; RangeError when memory is full
 */
export function openSession(input: SessionInput): InferenceSession {
  const kernels = kernelsOf(input.kernel);
  const before = kernels.memory.usedBytes();
  let opened: Opened | undefined = openParts(input, kernels);
  const sizeBytes = kernels.memory.usedBytes() - before;
  const parts = (): Opened => {
    if (opened) return opened;
    throw new Error("Cannot act as this session is disposed");
  };
  return {
    acting: input.acting,
    kernel: kernels.name,
    sizeBytes,
    act: (task, states, noise) => act(parts(), task, states, noise),
    value: (task, states, actions) => value(parts(), task, states, actions),
    dispose: () => {
      opened?.network.dispose();
      opened?.judge?.dispose();
      opened = undefined;
    },
  };
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

function act(
  opened: Opened,
  task: number,
  states: Float32Array,
  source: number | readonly NoiseShare[],
): Float32Array {
  const { input: { acting, stateDim, actionDim }, tasks } = opened;
  const known = knownTask(tasks, task);
  const count = countRows(states, stateDim, "states");
  const observed = normalise(states, known.normaliser.states, OBSERVATION_CLAMP);
  const shares = typeof source === "number" ? [{ noise: openNoise(source), rows: count }] : source;
  const sources = rowSources(shares, count);
  const actions = acting === "actor"
    ? answers(opened, known, observed, count)
    : decisions(opened, known, observed, sources);
  const bad = actions.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InvalidInputError(
      `Cannot act in task ${task} as the ${acting} gives ${actions[bad]} for row ${
        Math.floor(bad / actionDim)
      }: its weights or the critic's are too large`,
    );
  }
  return denormalise(actions, known.normaliser.actions);
}

function value(
  { input, tasks, judge }: Opened,
  task: number,
  states: Float32Array,
  actions: Float32Array,
): Float32Array {
  if (judge === undefined) {
    throw new InvalidInputError("Cannot value actions as this session was opened without a critic");
  }
  const { stateDim, actionDim, hyperparameters } = input;
  const known = knownTask(tasks, task);
  const count = countRows(states, stateDim, "states");
  if (countRows(actions, actionDim, "actions") !== count) {
    throw new InvalidInputError(`Cannot value ${actions.length / actionDim} actions in ${count} states`);
  }
  const { normaliser, head } = known;
  const normalised = hyperparameters.criticNormalisedInputs;
  const rows = normalised ? normalise(states, normaliser.states) : states;
  const candidates = normalised ? normalise(actions, normaliser.actions) : actions;
  const mean = judge.returns.mean[head!]!, std = judge.returns.std[head!]!;
  return judge.judge(known, rows, candidates, 1).map((q) => q * std + mean);
}
