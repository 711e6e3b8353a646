/**
 * p_phi(s | k): the model of states given the task, a diffusion model or what it is compared with.
 * @module
 */
import type { Compile, Stored } from "@cugro/tensors/seam";
import { stateShape } from "../diffusion/denoiser_shape.ts";
import { familyOf, passOf } from "./generator_families.ts";
import { type GeneratorTrainingInput, trainGenerator } from "../diffusion/generator_training.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import type { Normaliser } from "../numerics/normaliser.ts";
import type { TrainingProgress, TrainingResult } from "../numerics/progress.ts";
import { jointSteps, stepsFor } from "../knobs/training_steps.ts";
import { drawSamples, noiseOfSamples, type SamplingInput, type SamplingRun } from "../diffusion/sampling.ts";
import { taskRowsOf } from "../replay/task_rows.ts";
import { knownTasks } from "../numerics/weights.ts";

/**
 * Trains the state generator on a new task and replay; see {@linkcode trainGenerator}.
 * Source: arXiv 2404.10662, Eqs. 10 and 13 (of its first version).
 *
 * @param input rows of the task and replay
 * @yields progress after every step; `return()` frees all tensors
 * @returns published weights, curves and metrics
 */
export function trainStateGenerator(
  input: GeneratorTrainingInput,
): AsyncGenerator<TrainingProgress, TrainingResult> {
  const { hyperparameters: h, stateDim, oldTasks } = input;
  return trainGenerator(input, {
    family: familyOf(h),
    name: "stateGenerator",
    shapeOf: (tasks) => stateShape(stateDim, tasks, h),
    steps: (input.joint ? jointSteps : stepsFor)(
      h.stateSteps,
      h.generatorStepsPerOldTask,
      h.maxGeneratorSteps,
      oldTasks,
    ),
    conditionDropout: h.conditionDropout,
    rowsOf: (tasks) => taskRowsOf(input, { samples: "states" }, tasks),
  });
}

/** Input of the sampling of pseudo-states. */
export interface StateSamplingInput extends SamplingRun {
  /** Published weights of the state generator. */
  weights: Stored;
  /** Known to the weights. */
  task: number;
  /** The task's own. */
  normaliser: Normaliser;
  /** S */
  stateDim: number;
  /** Samples to draw. */
  count: number;
  /** Decides the noise. */
  seed: number;
  /** Those the weights were trained with. */
  hyperparameters: Hyperparameters;
  /** How a pass runs. */
  compile: Compile;
}

/**
 * Draws pseudo-states of a task.
 *
 * @param input weights, task, count and a seed
 * @returns `[count, stateDim]`, raw units, within the task's own min and max
 * @throws {InvalidInputError} If the weights have not learnt the task.
 */
export function sampleStates(input: StateSamplingInput): Promise<Float32Array> {
  return drawSamples(samplingOf(input));
}

/**
 * The noise that each of {@linkcode sampleStates} starts from, `[count, stateDim]`.
 *
 * @param input as of {@linkcode sampleStates}
 * @returns `[count, S]`, standard normal
 */
export function noiseOfStates(input: StateSamplingInput): Float32Array {
  return noiseOfSamples(samplingOf(input));
}

function samplingOf(input: StateSamplingInput): SamplingInput {
  const { weights, normaliser, stateDim, hyperparameters } = input;
  const shape = stateShape(stateDim, knownTasks(weights).length, hyperparameters);
  return {
    ...input,
    shape,
    pass: passOf(shape, hyperparameters, hyperparameters.guidance),
    bounds: normaliser.states,
    conditions: new Float32Array(0),
    stream: "states",
  };
}
