/**
 * Labels of the proposer: states, noise, and what the sampler makes of them.
 * @module
 */
import type { Compile, Stored } from "@cugro/tensors/seam";
import { behaviorShape } from "../diffusion/denoiser_shape.ts";
import {
  drawNormalised,
  noiseOfSamples,
  type SamplingInput,
  type SamplingRun,
} from "../diffusion/sampling.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import { normalise, type Normaliser, OBSERVATION_CLAMP } from "../numerics/normaliser.ts";
import { knownTasks } from "../numerics/weights.ts";

/** Input of a proposer's labels. */
export interface ProposalLabelInput extends SamplingRun {
  /** Published weights of the behavior generator. */
  behaviorGenerator: Stored;
  /** Known to the weights. */
  task: number;
  /** The task's own. */
  normaliser: Normaliser;
  /** `[size, S]` raw */
  states: Float32Array;
  size: number;
  /** Decides the noise. */
  seed: number;
  hyperparameters: Hyperparameters;
  /** How a pass runs. */
  compile: Compile;
}

/**
 * One noise z for each state, and the sample that acting would begin with it: normalised, clamped to the task's limits.
 *
 * @param input weights of the behavior generator, task, `size` states `[size, S]` and a seed
 * @returns `noise` and `targets`, `[size, A]`
 * @throws {InvalidInputError} If the weights have not learnt the task, or the states have another shape.
 */
export async function labelProposals(
  input: ProposalLabelInput,
): Promise<{ noise: Float32Array; targets: Float32Array }> {
  const { behaviorGenerator: weights, normaliser, states, size, hyperparameters: h } = input;
  const [stateDim, actionDim] = [normaliser.states.centre.length, normaliser.actions.centre.length];
  if (states.length !== size * stateDim) {
    throw new InvalidInputError(
      `Cannot label states as they must be [${size}, ${stateDim}]: current length is ${states.length}`,
    );
  }
  const sampling: SamplingInput = {
    ...input,
    weights,
    shape: behaviorShape(stateDim, actionDim, knownTasks(weights).length, h),
    bounds: normaliser.actions,
    conditions: normalise(states, normaliser.states, OBSERVATION_CLAMP),
    count: size,
    stream: "proposals",
    hyperparameters: { ...h, functionEvaluations: h.actingEvaluations },
  };
  return { targets: await drawNormalised(sampling), noise: noiseOfSamples(sampling) };
}
