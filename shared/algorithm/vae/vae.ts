/**
 * Conditional variational auto-encoders (Kingma and Welling 2014; Sohn et al. 2015) in the place of diffusion models, with a
 * Gaussian decoder whose spread is learnt for each dimension (sigma-VAE, Rybkin et al. 2021) or stated.
 *
 *   q(z|x,c,k) = N(m, s^2),  p(x|z,c,k) = N(d(z,c,k), spread^2),  z ~ N(0, 1)
 *   loss of a row = sum_d [(x - d)^2 / (2 spread^2) + log spread] + klWeight KL(q, N(0, 1))
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
import { entry } from "../numerics/weights.ts";

const ENCODER = "encoder.";
const DECODER = "decoder.";
/** log spread of the decoder, `[D]`; a fixed one is written there, too. */
const SPREAD = "decoder.logSpread";
/** A learnt spread begins here and is never less than this share of a half-range: a constant dimension must not pull it to 0. */
const FIRST_LOG_SPREAD = Math.log(0.3);
const LEAST_LOG_SPREAD = Math.log(0.01);
/** Beyond these, log variances of the encoder say no more. */
const [LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE] = [-10, 4];

type VaeKnobs = Pick<Hyperparameters, "klWeight" | "decoderSpread">;

/**
 * The family, with its knobs.
 * Source: VAE (Kingma and Welling 2014); conditional as in BCQ (Fujimoto et al. 2019).
 *
 * @param knobs weight of the KL term, spread of the decoder
 * @returns networks, batches and a step of training
 */
export function vaeFamily({ klWeight, decoderSpread }: VaeKnobs): GeneratorFamily {
  return {
    init: (shape, rng) => initVae(shape, rng, decoderSpread),
    frozen: () => decoderSpread === "learned" ? [] : [SPREAD],
    openBatches: (settings) => openLatentBatches(settings, latentDim(settings)),
    step: (settings) => vaeStep(settings, klWeight),
    teaches: false,
  };
}

/**
 * Drawing from the prior: z and the decoder's own noise, one after the other in each row.
 *
 * @param shape of the generator
 * @returns noise `[B, Z + D]` in, samples `[B, D]` out, normalised
 */
export function vaePass(shape: DenoiserShape): SamplingPass {
  const latent = latentDim(shape);
  return latentPass(shape, {
    name: "vae",
    noiseDim: latent + shape.dim,
    expected: () => initVae(shape, createRng(0), "learned"),
    needs: (name) => name.startsWith(DECODER),
    draw: (params, noise, context) => {
      const z = tf.slice(noise as tf.Tensor2D, [0, 0], [-1, latent]);
      const own = tf.slice(noise as tf.Tensor2D, [0, latent], [-1, shape.dim]);
      const mean = askLatentNetwork(params, DECODER, shape, z, context);
      return tf.add(mean, tf.mul(own, tf.exp(logSpread(params))));
    },
  });
}

function initVae(shape: DenoiserShape, rng: Rng, spread: VaeKnobs["decoderSpread"]): Stored {
  const { dim } = shape;
  const latent = latentDim(shape);
  const begin = spread === "learned" ? FIRST_LOG_SPREAD : Math.log(spread);
  return {
    ...initLatentNetwork(rng, ENCODER, shape, dim, 2 * latent),
    ...initLatentNetwork(rng, DECODER, shape, latent, dim),
    [SPREAD]: { shape: [dim], data: new Float32Array(dim).fill(begin) },
  };
}

/** A stated spread may lie below the floor of learnt ones. */
function logSpread(params: Params): tf.Tensor {
  return tf.maximum(entry(params, SPREAD), LEAST_LOG_SPREAD);
}

function vaeStep({ name, shape, optimiser }: GeneratorStepSettings, klWeight: number): StepDefinition {
  return {
    name,
    step: (state, inputs) => {
      let kept: tf.Tensor | undefined;
      const updated = optimise(state, inputs, optimiser, (weights) => {
        kept = tf.keep(vaeLoss(weights, shape, inputs, klWeight));
        return tf.mean(kept) as tf.Scalar;
      });
      const rowLoss = tf.clone(kept!);
      kept!.dispose();
      return { state: updated.state, outputs: { rowLoss } };
    },
  };
}

/**
 * The negative evidence lower bound of each row, up to a constant.
 *
 * @param inputs `sample` `[B, D]`, `noise` `[B, latent]`, `condition`, `taskOneHot`
 * @returns `[B]`
 */
export function vaeLoss(
  weights: Params,
  shape: DenoiserShape,
  inputs: Params,
  klWeight: number,
): tf.Tensor1D {
  const context: LatentContext = {
    condition: inputs["condition"],
    taskOneHot: shape.tasks > 0 ? entry(inputs, "taskOneHot") : undefined,
  };
  const latent = latentDim(shape);
  const x = entry(inputs, "sample");
  const encoded = askLatentNetwork(weights, ENCODER, shape, x, context);
  const mean = tf.slice(encoded, [0, 0], [-1, latent]);
  const logVariance = tf.minimum(
    tf.maximum(tf.slice(encoded, [0, latent], [-1, latent]), LEAST_LOG_VARIANCE),
    MOST_LOG_VARIANCE,
  );
  const z = tf.add(mean, tf.mul(entry(inputs, "noise"), tf.exp(tf.mul(logVariance, 0.5))));
  const decoded = askLatentNetwork(weights, DECODER, shape, z, context);
  const log = logSpread(weights);
  const error = tf.mul(tf.square(tf.sub(x, decoded)), tf.mul(tf.exp(tf.mul(log, -2)), 0.5));
  const fit = tf.sum(tf.add(error, log), 1);
  const divergence = tf.mul(
    tf.sum(tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1)), 1),
    0.5,
  );
  return tf.add(fit, tf.mul(divergence, klWeight)) as tf.Tensor1D;
}
