/**
 * What this system itself answers to the inputs of a check: by the policy that acts here, and the generators that replay.
 * @module
 */
import {
  type Compile,
  createPolicy,
  noiseOfActions,
  noiseOfStates,
  type Policy,
  sampleActions,
  sampleStates,
  type WayOfActing,
} from "@cugro/algorithm";
import { normaliserOf } from "@cugro/algorithm/arrays";
import { createActingPolicy } from "@cugro/serving";
import type { PartsInput } from "../parts.ts";
import type { TaskInputs } from "./inputs.ts";

/** Our own answers. */
export interface Ours {
  /** `[n, A]`, raw; one-hot rows of discrete actions. */
  act(way: WayOfActing, inputs: TaskInputs): Promise<Float32Array>;
  /** `[n]`, in units of reward. */
  value(inputs: TaskInputs): Promise<Float32Array>;
  /** The noise `[n, S]` and `[n, A]` that replay of n states and actions starts from. */
  replayNoise(inputs: ReplayInputs): ReplayNoise;
  /** States of replay, `[n, S]`. */
  states(inputs: ReplayInputs): Promise<Float32Array>;
  /** Actions of replay in given states, `[n, A]`. */
  actionsIn(states: Float32Array, inputs: ReplayInputs): Promise<Float32Array>;
  dispose(): void;
}

/** Whose replay, how much of it, and the seed of its noise. */
export type ReplayInputs = Pick<TaskInputs, "task" | "rows" | "seed">;
/** The noise of replay. */
export type ReplayNoise = Record<"stateNoise" | "actionNoise", Float32Array>;

/**
 * Opens our side of a check.
 *
 * @param compile of the open backend
 * @returns must be disposed of
 */
export function openOurs(input: PartsInput, compile: Compile): Ours {
  const policy: Policy = createPolicy({ ...input, compile });
  const served = createActingPolicy(input, policy);
  const { normalisers, stateDim, actionDim, hyperparameters, stateGenerator, behaviorGenerator } = input;
  const common = ({ task, rows: count, seed }: ReplayInputs) => {
    const normaliser = normaliserOf(normalisers, task);
    return { task, normaliser, count, seed, hyperparameters, compile };
  };
  const ofStates = (inputs: ReplayInputs) => ({ ...common(inputs), weights: stateGenerator!, stateDim });
  const ofActions = (states: Float32Array, inputs: ReplayInputs) => ({
    ...common(inputs),
    ...{ weights: behaviorGenerator, states, actionDim },
  });
  return {
    act: (way, { task, observations, seed }) => served.act(task, observations, seed, way),
    value: ({ task, observations, actions }) => policy.value(task, observations, actions),
    replayNoise: (inputs) => ({
      stateNoise: noiseOfStates(ofStates(inputs)),
      actionNoise: noiseOfActions(ofActions(new Float32Array(inputs.rows * stateDim), inputs)),
    }),
    states: (inputs) => sampleStates(ofStates(inputs)),
    actionsIn: (states, inputs) => sampleActions(ofActions(states, inputs)),
    dispose: () => served.dispose(),
  };
}
