/**
 * Residual MLP with LayerNorm (as IDQL's, Hansen-Estruch et al. 2023), the default denoiser.
 *
 *   e = W2 silu(W1 [sin(f t), cos(f t)]) + taskEmbedding[k]
 *   h = Wx x + Wc c + b;  per block h = h + V2 silu(V1 LN(h) + e);  eps = Wo silu(h)
 * @module
 */
import * as tf from "tf";
import type { Params, Stored } from "@cugro/tensors/seam";
import type { DenoiserContext, DenoiserShape } from "./denoiser_shape.ts";
import { repeatRows } from "./repeat_rows.ts";
import { initLinear, layerNorm, linear, project, silu } from "../numerics/layers.ts";
import type { Rng } from "../numerics/rng.ts";
import { entry } from "../numerics/weights.ts";

const FREQUENCIES = 32;
const GREATEST_FREQUENCY = 1000;

/** Inputs of `forward` besides the sample. */
export interface ResnetEmbedding {
  /** Wc c + b: `[n, W]`, or `[W]` without condition. */
  input: tf.Tensor;
  /** e: `[T, W]`, or `[1, W]` at one node. */
  time: tf.Tensor;
}

/**
 * Fresh weights; the condition's kernel is apart from the sample's, so that it can be applied once a sample.
 *
 * @param shape of the network
 * @param rng draws the weights
 * @returns kernels `[inputs, outputs]` and biases `[outputs]`, float32
 */
export function init(shape: DenoiserShape, rng: Rng): Stored {
  const { dim, conditionDim, width, blocks, tasks } = shape;
  const weights = initLinear(rng, "input", dim, width, dim + conditionDim);
  if (conditionDim > 0) {
    const { "condition.kernel": kernel } = initLinear(
      rng,
      "condition",
      conditionDim,
      width,
      dim + conditionDim,
    );
    weights["condition.kernel"] = kernel!;
  }
  Object.assign(
    weights,
    initLinear(rng, "time.0", 2 * FREQUENCIES, width),
    initLinear(rng, "time.1", width, width),
  );
  if (tasks > 0) weights["taskEmbedding"] = { shape: [tasks, width], data: rng.normals(tasks * width) };
  return Object.assign(weights, initBlocks(rng, blocks, width, dim));
}

/**
 * Fresh weights of the residual blocks and the output layer.
 *
 * @param rng draws the weights
 * @param blocks number of residual blocks
 * @param width W
 * @param outputs D
 * @returns kernels `[inputs, outputs]` and biases `[outputs]`, float32
 */
export function initBlocks(rng: Rng, blocks: number, width: number, outputs: number): Stored {
  const weights: Stored = {};
  for (let block = 0; block < blocks; block++) {
    Object.assign(
      weights,
      initLinear(rng, `block.${block}.0`, width, width),
      initLinear(rng, `block.${block}.1`, width, width),
    );
  }
  return Object.assign(weights, initLinear(rng, "output", width, outputs));
}

/**
 * All that does not depend on the sample.
 *
 * @param params the weights
 * @param context time `[T, 1]`, condition `[n, C]`, one-hot task `[B, tasks]` or `[1, tasks]`
 * @returns `input` `[n, W]` or `[W]`, and `time` `[T, W]`
 */
export function embed(params: Params, { time, condition, taskOneHot }: DenoiserContext): ResnetEmbedding {
  const bias = entry(params, "input.bias");
  const input = condition === undefined
    ? bias
    : tf.add(project(condition, entry(params, "condition.kernel")), bias);
  const hidden = silu(
    tf.add(project(timeFeatures(time), entry(params, "time.0.kernel")), entry(params, "time.0.bias")),
  );
  const row = linear(hidden, entry(params, "time.1.kernel"), entry(params, "time.1.bias"));
  const known = params["taskEmbedding"] !== undefined && taskOneHot !== undefined;
  return { input, time: known ? tf.add(row, project(taskOneHot, entry(params, "taskEmbedding"))) : row };
}

/** `[T, 1]` -> `[T, 64]`: sine and cosine at 32 frequencies from 1 to 1000, evenly spaced in the logarithm. */
function timeFeatures(time: tf.Tensor): tf.Tensor {
  const frequencies = Float32Array.from(
    { length: FREQUENCIES },
    (_, i) => Math.exp((Math.log(GREATEST_FREQUENCY) * i) / (FREQUENCIES - 1)),
  );
  const phase = tf.mul(time, tf.tensor2d(frequencies, [1, FREQUENCIES]));
  return tf.concat([tf.sin(phase), tf.cos(phase)], 1);
}

/**
 * `[B, D]` -> predicted noise `[B, D]`.
 * Source: IDQL's LN-ResNet (Hansen-Estruch et al. 2023).
 *
 * @param params the weights
 * @param shape of the network
 * @param noisy x_t, `[B, D]`
 * @param embedding of n conditions, which divide B, at one time
 * @returns predicted noise, `[B, D]`
 */
export function forward(
  params: Params,
  shape: DenoiserShape,
  noisy: tf.Tensor,
  embedding: ResnetEmbedding,
): tf.Tensor {
  const hidden = tf.add(project(noisy, entry(params, "input.kernel")), embedding.input);
  return residualBlocks(params, shape.blocks, hidden, embedding.time);
}

/**
 * The residual blocks and the output layer, which one-step networks share.
 *
 * @param hidden h `[B, W]`
 * @param added e, added inside every block: `[B, W]`, or `[1, W]` for all rows alike
 * @returns `[B, D]`
 */
export function residualBlocks(
  params: Params,
  blocks: number,
  hidden: tf.Tensor,
  added: tf.Tensor,
): tf.Tensor2D {
  const shared = added.shape[0] === 1;
  let h = hidden;
  for (let block = 0; block < blocks; block++) {
    const kernel = entry(params, `block.${block}.0.kernel`);
    const bias = entry(params, `block.${block}.0.bias`);
    // One row for all: it joins the bias, and a pass over [B, W] is saved.
    const inner = shared
      ? linear(layerNorm(h), kernel, tf.reshape(tf.add(added, bias), bias.shape))
      : tf.add(linear(layerNorm(h), kernel, bias), added);
    const change = linear(
      silu(inner),
      entry(params, `block.${block}.1.kernel`),
      entry(params, `block.${block}.1.bias`),
    );
    h = tf.add(h, change);
  }
  return linear(silu(h), entry(params, "output.kernel"), entry(params, "output.bias"));
}

/**
 * Conditions repeated to a batch of `batch` rows.
 *
 * @param embedding of n conditions
 * @param batch a multiple of n
 * @returns the embedding with `input` `[batch, W]`
 */
export function repeatConditions(embedding: ResnetEmbedding, batch: number): ResnetEmbedding {
  return embedding.input.rank === 1 ? embedding : { ...embedding, input: repeatRows(embedding.input, batch) };
}

/**
 * The embedding at one of the T times.
 *
 * @param embedding of T times
 * @param node 0-based
 * @returns the embedding with `time` `[1, W]`
 */
export function atNode(embedding: ResnetEmbedding, node: number): ResnetEmbedding {
  return { ...embedding, time: tf.slice(embedding.time, [node, 0], [1, -1]) };
}
