/**
 * The families of generators, by the knob that chooses one.
 * @module
 */
import type { DenoiserShape } from "../diffusion/denoiser_shape.ts";
import { DIFFUSION, type GeneratorFamily } from "../diffusion/generator_family.ts";
import { diffusionPass, type SamplingPass } from "../diffusion/sampling.ts";
import { planSolver } from "../diffusion/solver.ts";
import { ganFamily, ganPass } from "../gan/gan.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { refuseUnknownChoice } from "../numerics/unknown_choice.ts";
import { vaeFamily, vaePass } from "../vae/vae.ts";

/**
 * The family that the hyperparameters ask for.
 *
 * @param hyperparameters `generator` and the knobs of its family
 * @returns networks, batches and a step of training
 */
export function familyOf(hyperparameters: Hyperparameters): GeneratorFamily {
  const { generator } = hyperparameters;
  switch (generator) {
    case "diffusion":
      return DIFFUSION;
    case "gan":
      return ganFamily(hyperparameters);
    case "vae":
      return vaeFamily(hyperparameters);
    default:
      return refuseUnknownChoice("generator", generator);
  }
}

/**
 * How its samples are drawn.
 *
 * @param guidance weight of classifier-free guidance, of diffusion models
 * @param shape of the generator
 * @param hyperparameters `generator` and the solver's knobs
 * @returns noise in, samples `[B, D]` out, normalised
 */
export function passOf(
  shape: DenoiserShape,
  hyperparameters: Hyperparameters,
  guidance = 0,
): SamplingPass {
  const { generator } = hyperparameters;
  switch (generator) {
    case "diffusion":
      return diffusionPass(shape, planSolver(hyperparameters), guidance);
    case "gan":
      return ganPass(shape);
    case "vae":
      return vaePass(shape);
    default:
      return refuseUnknownChoice("generator", generator);
  }
}
