/**
 * Drawing in one pass, for sampling and for acting.
 * @module
 */
import * as tf from "tf";
import type { Params, Stored } from "@cugro/tensors/seam";
import { checkDenoiser } from "../diffusion/denoiser.ts";
import type { DenoiserShape } from "../diffusion/denoiser_shape.ts";
import type { SamplingPass } from "../diffusion/sampling.ts";
import type { SolverInputs } from "../diffusion/solver.ts";
import type { LatentContext } from "./latent_network.ts";

/** How a family draws from noise. */
export interface LatentDraw {
  /** `vae` or `gan`. */
  name: string;
  noiseDim: number;
  /** Weights as they are made, to check published ones against. */
  expected: () => Stored;
  /** Whether drawing needs the weights of a name. */
  needs: (name: string) => boolean;
  /** `[B, noiseDim]` -> `[B, D]`, not yet clamped. */
  draw: (params: Params, noise: tf.Tensor, context: LatentContext) => tf.Tensor;
}

/**
 * The pass of a family: one call, clamped to the task's limits.
 *
 * @param shape of the generator
 * @param how noise `[B, Z]` and context -> samples `[B, D]`
 * @returns noise in, samples `[B, D]` out, normalised
 */
export function latentPass(shape: DenoiserShape, how: LatentDraw): SamplingPass {
  return {
    noiseDim: how.noiseDim,
    evaluations: 1,
    identity: [how.name, shape],
    weights: (published) => Object.fromEntries(Object.entries(published).filter(([name]) => how.needs(name))),
    check: (published) => checkDenoiser(published, shape, how.expected()),
    draw: (params, { noise, condition, taskOneHot, low, high }: SolverInputs) =>
      tf.tidy(() => {
        const taskInput = shape.tasks > 0 ? taskOneHot : undefined;
        const drawn = how.draw(params, noise, { condition, taskOneHot: taskInput });
        return tf.minimum(tf.maximum(drawn, low), high) as tf.Tensor2D;
      }),
  };
}
