/**
 * Conditional generative adversarial networks (Goodfellow et al. 2014; Mirza and Osindero 2014) in the place of diffusion
 * models: non-saturating losses, and a discriminator whose slope on real rows is held down (R1, Mescheder et al. 2018). One
 * step trains both.
 *
 *   loss of D = mean softplus(-D(x)) + mean softplus(D(G(z))) + slopeWeight / 2 mean |dD/dx|^2;  loss of G = mean softplus(-D(G(z)))
 * @module
 */
import * as tf from "tf";
import type { Params, StepDefinition, Stored } from "@cugro/tensors/seam";
import type { DenoiserShape } from "../diffusion/denoiser_shape.ts";
import type { GeneratorFamily } from "../diffusion/generator_family.ts";
import type { GeneratorStepSettings } from "../diffusion/generator_step.ts";
import type { SamplingPass } from "../diffusion/sampling.ts";
import { openLatentBatches } from "../latent/latent_batches.ts";
import {
  askLatentNetwork,
  initLatentNetwork,
  type LatentContext,
  latentDim,
} from "../latent/latent_network.ts";
import { latentPass } from "../latent/latent_pass.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { optimise } from "../numerics/optimiser.ts";
import { createRng, type Rng } from "../numerics/rng.ts";
import { entry, withoutPrefix } from "../numerics/weights.ts";
import { discriminate, DISCRIMINATOR, initDiscriminator } from "./discriminator.ts";

const GENERATOR = "generator.";

/**
 * The family, with its knob.
 * Source: GAN (Goodfellow et al. 2014), zero-centred gradient penalty R1 (Mescheder et al. 2018).
 *
 * @param knobs weight of the slope penalty
 * @returns networks, batches and a step of training
 */
export function ganFamily({ slopeWeight }: Pick<Hyperparameters, "slopeWeight">): GeneratorFamily {
  return {
    init: initGan,
    frozen: () => [],
    openBatches: (settings) => openLatentBatches(settings, latentDim(settings)),
    step: (settings) => ganStep(settings, slopeWeight),
    teaches: false,
    // What one network answers is wrong as soon as the other has moved: momentum makes them circle each other.
    beta1: 0,
  };
}

/**
 * Drawing: the generator's answer to noise.
 *
 * @param shape of the generator
 * @returns noise `[B, Z]` in, samples `[B, D]` out, normalised
 */
export function ganPass(shape: DenoiserShape): SamplingPass {
  return latentPass(shape, {
    name: "gan",
    noiseDim: latentDim(shape),
    expected: () => initGan(shape, createRng(0)),
    needs: (name) => name.startsWith(GENERATOR),
    draw: (params, noise, context) => askLatentNetwork(params, GENERATOR, shape, noise, context),
  });
}

function initGan(shape: DenoiserShape, rng: Rng): Stored {
  return {
    ...initLatentNetwork(rng, GENERATOR, shape, latentDim(shape), shape.dim),
    ...initDiscriminator(shape, rng),
  };
}

/** One update of the discriminator, then one of the generator, on the same batch and noise. Output: the discriminator's loss of each row. */
function ganStep({ name, shape, optimiser }: GeneratorStepSettings, slopeWeight: number): StepDefinition {
  return {
    name,
    step: (state, inputs) => {
      const context: LatentContext = {
        condition: inputs["condition"],
        taskOneHot: shape.tasks > 0 ? entry(inputs, "taskOneHot") : undefined,
      };
      const names = Object.keys(withoutPrefix(state, "weights/"));
      const without = (prefix: string) => ({
        ...optimiser,
        frozen: names.filter((one) => one.startsWith(prefix)),
      });
      const draw = (weights: Params) =>
        askLatentNetwork(weights, GENERATOR, shape, entry(inputs, "noise"), context);
      const fake = draw(withoutPrefix(state, "weights/"));
      let kept: tf.Tensor | undefined;
      const judged = optimise(state, inputs, without(GENERATOR), (weights) => {
        const judge = (rows: tf.Tensor) => discriminate(weights, shape, rows, context);
        const { rowLoss, slope } = discriminatorLoss(judge, entry(inputs, "sample"), fake);
        kept = tf.keep(rowLoss);
        return tf.add(tf.mean(kept), tf.mul(slope, slopeWeight / 2)) as tf.Scalar;
      });
      const rowLoss = tf.clone(kept!);
      kept!.dispose();
      const drawn = optimise(judged.state, inputs, without(DISCRIMINATOR), (weights) => {
        const judgement = discriminate(weights, shape, draw(weights), context);
        return tf.mean(tf.softplus(tf.neg(judgement))) as tf.Scalar;
      });
      return { state: drawn.state, outputs: { rowLoss } };
    },
  };
}

/**
 * What the discriminator is trained on.
 *
 * @param judge `[B, D]` -> `[B, 1]`
 * @returns `rowLoss` `[B]`, and `slope`, the mean squared length of the judgement's gradient on real rows
 */
export function discriminatorLoss(
  judge: (rows: tf.Tensor) => tf.Tensor,
  real: tf.Tensor,
  fake: tf.Tensor,
): { rowLoss: tf.Tensor; slope: tf.Tensor } {
  const gradient = tf.grad((rows: tf.Tensor) => tf.sum(judge(rows)))(real);
  const loss = tf.add(tf.softplus(tf.neg(judge(real))), tf.softplus(judge(fake)));
  return { rowLoss: tf.reshape(loss, [-1]), slope: tf.mean(tf.sum(tf.square(gradient), 1)) };
}
