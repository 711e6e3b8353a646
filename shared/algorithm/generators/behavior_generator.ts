/**
 * mu_phi(a | s, k): the model of actions given state and task, a diffusion model or what it is compared with (the paper's is not told the task: `behaviorKnowsTask`).
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Compile, Stored } from "@cugro/tensors/seam";
import { behaviorShape } from "../diffusion/denoiser_shape.ts";
import { familyOf, passOf } from "./generator_families.ts";
import { type GeneratorTrainingInput, trainGenerator } from "../diffusion/generator_training.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { normalise, type Normaliser } from "../numerics/normaliser.ts";
import type { TrainingProgress, TrainingResult } from "../numerics/progress.ts";
import { jointSteps, stepsFor } from "../knobs/training_steps.ts";
import { drawSamples, noiseOfSamples, type SamplingInput, type SamplingRun } from "../diffusion/sampling.ts";
import { taskRowsOf } from "../replay/task_rows.ts";
import { knownTasks } from "../numerics/weights.ts";

/**
 * Trains the behavior generator on a new task and replay; see {@linkcode trainGenerator}.
 * Source: arXiv 2404.10662, Eqs. 10 and 13 (of its first version).
 *
 * @param input rows of the task and replay
 * @yields progress after every step; `return()` frees all tensors
 * @returns published weights, curves and metrics
 */
export function trainBehaviorGenerator(
  input: GeneratorTrainingInput,
): AsyncGenerator<TrainingProgress, TrainingResult> {
  const { hyperparameters: h, stateDim, actionDim, oldTasks } = input;
  return trainGenerator(input, {
    family: familyOf(h),
    name: "behaviorGenerator",
    shapeOf: (tasks) => behaviorShape(stateDim, actionDim, tasks, h),
    steps: (input.joint ? jointSteps : stepsFor)(
      h.behaviorSteps,
      h.generatorStepsPerOldTask,
      h.maxGeneratorSteps,
      oldTasks,
    ),
    rowsOf: (tasks) => taskRowsOf(input, { samples: "actions", conditions: "states" }, tasks),
  });
}

/** Input of the sampling of pseudo-actions. */
export interface ActionSamplingInput extends SamplingRun {
  /** Published weights of the behavior generator. */
  weights: Stored;
  /** Known to the weights. */
  task: number;
  /** The task's own. */
  normaliser: Normaliser;
  /** `[count, S]` raw */
  states: Float32Array;
  /** Samples to draw. */
  count: number;
  /** A */
  actionDim: number;
  /** Decides the noise. */
  seed: number;
  /** Those the weights were trained with. */
  hyperparameters: Hyperparameters;
  /** How a pass runs. */
  compile: Compile;
}

/**
 * Draws one pseudo-action for each state.
 *
 * @param input weights, task, `count` states `[count, S]` and a seed
 * @returns `[count, actionDim]`, raw units, within the task's own min and max
 * @throws {InvalidInputError} If the weights have not learnt the task, or the states have another shape.
 */
export async function sampleActions(input: ActionSamplingInput): Promise<Float32Array> {
  return await drawSamples(samplingOf(input));
}

/**
 * The noise that each of {@linkcode sampleActions} starts from, `[count, actionDim]`.
 *
 * @param input as of {@linkcode sampleActions}
 * @returns `[count, A]`, standard normal
 */
export function noiseOfActions(input: ActionSamplingInput): Float32Array {
  return noiseOfSamples(samplingOf(input));
}

function samplingOf(input: ActionSamplingInput): SamplingInput {
  const { weights, normaliser, states, count, actionDim, hyperparameters } = input;
  const stateDim = normaliser.states.centre.length;
  if (states.length !== count * stateDim) {
    throw new InvalidInputError(
      `Cannot label states as they must be [${count}, ${stateDim}]: current length is ${states.length}`,
    );
  }
  const shape = behaviorShape(stateDim, actionDim, knownTasks(weights).length, hyperparameters);
  return {
    ...input,
    shape,
    pass: passOf(shape, hyperparameters),
    bounds: normaliser.actions,
    conditions: normalise(states, normaliser.states),
    stream: "actions",
  };
}
