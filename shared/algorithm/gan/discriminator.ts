/**
 * The discriminator D(x, c, k) of a GAN: an MLP of the generators' width. Its activation is made of plain operations, since the
 * penalty on its slope needs gradients of gradients, which the layers with written gradients have not.
 * @module
 */
import * as tf from "tf";
import type { Params, Stored } from "@cugro/tensors/seam";
import type { DenoiserShape } from "../diffusion/denoiser_shape.ts";
import type { LatentContext } from "../latent/latent_network.ts";
import { initLinear, linear, project } from "../numerics/layers.ts";
import type { Rng } from "../numerics/rng.ts";
import { entry } from "../numerics/weights.ts";

/** Prefix of its weights. */
export const DISCRIMINATOR = "discriminator.";
/** A deep one without normalisation learns slower than its generator. */
const MOST_LAYERS = 3;

/**
 * Fresh weights.
 *
 * @param shape of the generator that it judges
 * @param rng draws the weights
 * @returns kernels `[inputs, outputs]` and biases `[outputs]`, float32
 */
export function initDiscriminator(
  { dim, conditionDim, width, blocks, tasks }: DenoiserShape,
  rng: Rng,
): Stored {
  const weights = initLinear(rng, `${DISCRIMINATOR}input`, dim, width, dim + conditionDim);
  if (conditionDim > 0) {
    const layer = initLinear(rng, `${DISCRIMINATOR}condition`, conditionDim, width, dim + conditionDim);
    const kernel = `${DISCRIMINATOR}condition.kernel`;
    weights[kernel] = layer[kernel]!;
  }
  if (tasks > 0) {
    weights[`${DISCRIMINATOR}taskEmbedding`] = { shape: [tasks, width], data: rng.normals(tasks * width) };
  }
  for (let layer = 0; layer < hiddenLayers(blocks); layer++) {
    Object.assign(weights, initLinear(rng, `${DISCRIMINATOR}hidden.${layer}`, width, width));
  }
  return Object.assign(weights, initLinear(rng, `${DISCRIMINATOR}output`, width, 1));
}

/** Two layers a block, as the generator has, up to a most. */
function hiddenLayers(blocks: number): number {
  return Math.min(2 * blocks, MOST_LAYERS);
}

/**
 * Judges rows.
 *
 * @param weights of the discriminator
 * @param shape number of blocks
 * @param rows `[B, D]`, normalised
 * @param context condition `[B, C]`, one-hot task `[B, tasks]`
 * @returns `[B, 1]`, above 0 for what looks real
 */
export function discriminate(
  weights: Params,
  { blocks }: DenoiserShape,
  rows: tf.Tensor,
  { condition, taskOneHot }: LatentContext,
): tf.Tensor2D {
  const layer = (name: string, input: tf.Tensor) =>
    linear(
      input,
      entry(weights, `${DISCRIMINATOR}${name}.kernel`),
      entry(weights, `${DISCRIMINATOR}${name}.bias`),
    );
  let hidden: tf.Tensor = layer("input", rows);
  if (condition !== undefined) {
    hidden = tf.add(hidden, project(condition, entry(weights, `${DISCRIMINATOR}condition.kernel`)));
  }
  const embedding = weights[`${DISCRIMINATOR}taskEmbedding`];
  if (embedding !== undefined && taskOneHot !== undefined) {
    hidden = tf.add(hidden, project(taskOneHot, embedding));
  }
  for (let at = 0; at < hiddenLayers(blocks); at++) hidden = layer(`hidden.${at}`, activation(hidden));
  return layer("output", activation(hidden));
}

/** x sigmoid(x), differentiable twice. */
function activation(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.sigmoid(x));
}
