/**
 * The paper's network ("large"): a per-sample MLP U-net. SiLU everywhere, no normalisation.
 *
 * Time and condition pass the same two-layer MLP (`sort`). The condition is the state, the one-hot task, or both: the kernel of their joint
 * linear layer is kept in two parts, and the task's part is named `taskEmbedding` so that it grows as the residual network's does.
 * Its output is the predicted noise itself (the reference code's output is minus that).
 * @module
 */
import * as tf from "tf";
import type { Params, Stored } from "@cugro/tensors/seam";
import type { DenoiserContext, DenoiserShape } from "./denoiser_shape.ts";
import { repeatRows } from "./repeat_rows.ts";
import { initLinear, linear, project, silu } from "../numerics/layers.ts";
import type { Rng } from "../numerics/rng.ts";
import { entry } from "../numerics/weights.ts";

const FREQUENCIES = 32;
const FREQUENCY_SCALE = 30;
const EMBEDDING = 64;
const SORTED = 128;
const BLOCKS = ["down1", "down2", "down3", "middle", "up3", "up2"] as const;
type Block = typeof BLOCKS[number];

/** The Fourier frequencies are drawn once and saved: drawing them again would break the network silently. */
export const FROZEN = ["fourier.frequencies"];

/** Per block what time and condition add to its hidden layer: `[T, out]` and `[n, out]`. */
export type UnetEmbedding = Record<Block, { time: tf.Tensor; condition: tf.Tensor }>;

/** Inputs and outputs of each block for the greatest width w: the paper's 512, 256, 128 are w, w/2, w/4. */
function blockSizes(dim: number, width: number): Record<Block, [number, number]> {
  const [w1, w2, w3] = [width, width / 2, width / 4];
  return {
    down1: [dim, w1],
    down2: [w1, w2],
    down3: [w2, w3],
    middle: [w3, w3],
    up3: [2 * w3, w2],
    up2: [2 * w2, w1],
  };
}

/**
 * Fresh weights.
 *
 * @param shape of the network
 * @param rng draws the weights
 * @returns kernels `[inputs, outputs]` and biases `[outputs]`, float32
 */
export function init(shape: DenoiserShape, rng: Rng): Stored {
  const { dim, conditionDim, width, tasks } = shape;
  const scaled = rng.normals(FREQUENCIES).map((value) => value * FREQUENCY_SCALE);
  const weights: Stored = { "fourier.frequencies": { shape: [1, FREQUENCIES], data: scaled } };
  Object.assign(weights, initLinear(rng, "time", 2 * FREQUENCIES, EMBEDDING));
  const joint = initLinear(rng, "condition", conditionDim + tasks, EMBEDDING);
  const kernel = joint["condition.kernel"]!.data as Float32Array;
  weights["condition.bias"] = joint["condition.bias"]!;
  const split = conditionDim * EMBEDDING;
  if (conditionDim > 0) {
    weights["condition.kernel"] = { shape: [conditionDim, EMBEDDING], data: kernel.slice(0, split) };
  }
  if (tasks > 0) weights["taskEmbedding"] = { shape: [tasks, EMBEDDING], data: kernel.slice(split) };
  Object.assign(
    weights,
    initLinear(rng, "sort.0", EMBEDDING, SORTED),
    initLinear(rng, "sort.1", SORTED, SORTED),
  );
  for (const [block, [inputs, outputs]] of Object.entries(blockSizes(dim, width))) {
    Object.assign(
      weights,
      initLinear(rng, `${block}.first`, inputs, outputs),
      initLinear(rng, `${block}.second`, outputs, outputs),
      initLinear(rng, `${block}.time`, SORTED, outputs),
      initLinear(rng, `${block}.condition`, SORTED, outputs),
      inputs === outputs ? {} : initLinear(rng, `${block}.skip`, inputs, outputs),
    );
  }
  return Object.assign(weights, initLinear(rng, "output", 2 * width, dim));
}

/**
 * All that does not depend on the sample.
 *
 * @param params the weights
 * @param context time `[T, 1]`, condition `[n, C]`, one-hot task `[B, tasks]` or `[1, tasks]`
 * @returns embeddings of time, T rows, and of condition and task
 */
export function embed(params: Params, { time, condition, taskOneHot }: DenoiserContext): UnetEmbedding {
  const phase = tf.mul(time, tf.mul(entry(params, "fourier.frequencies"), 2 * Math.PI));
  const features = tf.concat([tf.sin(phase), tf.cos(phase)], 1);
  const timeInput = tf.add(project(features, entry(params, "time.kernel")), entry(params, "time.bias"));
  let given = entry(params, "condition.bias");
  if (condition !== undefined) given = tf.add(project(condition, entry(params, "condition.kernel")), given);
  if (params["taskEmbedding"] !== undefined && taskOneHot !== undefined) {
    given = tf.add(project(taskOneHot, params["taskEmbedding"]), given);
  }
  const sortedTime = silu(sort(params, timeInput));
  const sortedCondition = silu(sort(params, silu(given)));
  const rows = BLOCKS.map((block) => [block, {
    time: dense(params, `${block}.time`, sortedTime),
    condition: dense(params, `${block}.condition`, sortedCondition),
  }]);
  return Object.fromEntries(rows) as UnetEmbedding;
}

/**
 * `[B, D]` -> predicted noise `[B, D]`.
 * Source: the U-net of SfBC (Chen et al. 2023), which CuGRO uses.
 *
 * @param params the weights
 * @param noisy x_t, `[B, D]`
 * @param embedding of n conditions, which divide B, at one time
 * @returns predicted noise, `[B, D]`
 */
export function forward(params: Params, noisy: tf.Tensor, embedding: UnetEmbedding): tf.Tensor {
  const run = (block: Block, x: tf.Tensor) => residual(params, block, x, embedding[block]);
  const down1 = run("down1", noisy);
  const down2 = run("down2", down1);
  const down3 = run("down3", down2);
  const middle = run("middle", down3);
  const up3 = run("up3", tf.concat([down3, middle], 1));
  const up2 = run("up2", tf.concat([down2, up3], 1));
  return dense(params, "output", tf.concat([down1, up2], 1));
}

/** h1 = silu(W1 x) + time + condition; out = silu(W2 h1) + skip(x). */
function residual(params: Params, block: Block, x: tf.Tensor, added: UnetEmbedding[Block]): tf.Tensor {
  const offset = tf.add(added.time, added.condition);
  const hidden = tf.add(silu(dense(params, `${block}.first`, x)), offset);
  const skip = params[`${block}.skip.kernel`] === undefined ? x : dense(params, `${block}.skip`, x);
  return tf.add(silu(dense(params, `${block}.second`, hidden)), skip);
}

function sort(params: Params, x: tf.Tensor): tf.Tensor {
  return dense(params, "sort.1", silu(dense(params, "sort.0", x)));
}

function dense(params: Params, name: string, x: tf.Tensor): tf.Tensor {
  return linear(x, entry(params, `${name}.kernel`), entry(params, `${name}.bias`));
}

/**
 * Conditions repeated to a batch of `batch` rows.
 *
 * @param embedding of n conditions
 * @param batch a multiple of n
 * @returns the embedding with `batch` conditions
 */
export function repeatConditions(embedding: UnetEmbedding, batch: number): UnetEmbedding {
  return mapBlocks(embedding, ({ time, condition }) => ({ time, condition: repeatRows(condition, batch) }));
}

/**
 * The embedding at one of the T times.
 *
 * @param embedding of T times
 * @param node 0-based
 * @returns the embedding with a single time
 */
export function atNode(embedding: UnetEmbedding, node: number): UnetEmbedding {
  return mapBlocks(
    embedding,
    ({ time, condition }) => ({ time: tf.slice(time, [node, 0], [1, -1]), condition }),
  );
}

function mapBlocks(
  embedding: UnetEmbedding,
  change: (rows: UnetEmbedding[Block]) => UnetEmbedding[Block],
): UnetEmbedding {
  return Object.fromEntries(BLOCKS.map((block) => [block, change(embedding[block])])) as UnetEmbedding;
}
