/**
 * What a family of generators is: its networks, its batches and one step of its training. Everything else (rows, old tasks,
 * growth, schedule, resuming) is the same for all, and so is the number of steps.
 * @module
 */
import type { StepDefinition, Stored } from "@cugro/tensors/seam";
import type { Rng } from "../numerics/rng.ts";
import { type Batches, type BatchSettings, openBatches } from "./batches.ts";
import { frozenWeights, initDenoiser } from "./denoiser.ts";
import type { DenoiserShape } from "./denoiser_shape.ts";
import { generatorStep, type GeneratorStepSettings } from "./generator_step.ts";

/** The networks of a family, its batches, and one step of its training. */
export interface GeneratorFamily {
  /** Fresh weights, those that only training needs included. */
  init(shape: DenoiserShape, rng: Rng): Stored;
  /** Weights that are saved but not trained. */
  frozen(shape: DenoiserShape): string[];
  openBatches(settings: BatchSettings): Batches;
  /** A step, whose output `rowLoss` `[B]` has the new task's rows first. */
  step(settings: GeneratorStepSettings): StepDefinition;
  /** Whether the frozen parent can be asked for the target of an old row (`retention: distill`). */
  teaches: boolean;
  /** Decay of Adam's first moments. @default 0.9 */
  beta1?: number;
}

/** Diffusion models. */
export const DIFFUSION: GeneratorFamily = {
  init: initDenoiser,
  frozen: frozenWeights,
  openBatches,
  step: generatorStep,
  teaches: true,
};
