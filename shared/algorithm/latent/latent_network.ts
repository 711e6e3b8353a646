/**
 * The network of generators that draw in one pass: the residual MLP of the default denoiser without the time, told condition
 * and task. Several of them share one file, each under a prefix.
 *
 *   h = Wx x + Wc c + b;  per block h = h + V2 silu(V1 LN(h) + taskEmbedding[k]);  output = Wo silu(h)
 * @module
 */
import * as tf from "tf";
import type { Params, Stored } from "@cugro/tensors/seam";
import { initBlocks, residualBlocks } from "../diffusion/denoiser_resnet.ts";
import type { DenoiserShape } from "../diffusion/denoiser_shape.ts";
import { repeatRows } from "../diffusion/repeat_rows.ts";
import { initLinear, linear, project } from "../numerics/layers.ts";
import type { Rng } from "../numerics/rng.ts";
import { entry, withoutPrefix, withPrefix } from "../numerics/weights.ts";

/** Conditions of a network beside its input. */
export interface LatentContext {
  /** `[n, C]`, normalised; row i belongs to rows i B / n ... of the input. Absent when C is 0. */
  condition?: tf.Tensor | undefined;
  /** `[B, tasks]` or `[1, tasks]`; absent when the task is not told. */
  taskOneHot?: tf.Tensor | undefined;
}

/**
 * Numbers of noise of one sample: twice its own, as in BCQ (Fujimoto et al. 2019).
 *
 * @param shape D
 * @returns 2 D
 */
export function latentDim({ dim }: Pick<DenoiserShape, "dim">): number {
  return 2 * dim;
}

/**
 * Fresh weights of a network with these numbers of inputs and outputs, under a prefix.
 *
 * @param rng draws the weights
 * @param prefix of the tensors' names
 * @param shape condition, width, blocks and tasks
 * @param inputs numbers in a row
 * @param outputs numbers in an answer
 * @returns kernels `[inputs, outputs]` and biases `[outputs]`, float32
 */
export function initLatentNetwork(
  rng: Rng,
  prefix: string,
  { conditionDim, width, blocks, tasks }: DenoiserShape,
  inputs: number,
  outputs: number,
): Stored {
  const fanIn = inputs + conditionDim;
  const weights = initLinear(rng, "input", inputs, width, fanIn);
  if (conditionDim > 0) {
    weights["condition.kernel"] = initLinear(
      rng,
      "condition",
      conditionDim,
      width,
      fanIn,
    )["condition.kernel"]!;
  }
  if (tasks > 0) weights["taskEmbedding"] = { shape: [tasks, width], data: rng.normals(tasks * width) };
  return withPrefix(Object.assign(weights, initBlocks(rng, blocks, width, outputs)), prefix);
}

/**
 * Asks a network. Gradients flow into its input.
 *
 * @param params All weights, of which those under `prefix` are its own.
 * @param input `[B, inputs]`
 * @returns `[B, outputs]`
 */
export function askLatentNetwork(
  params: Params,
  prefix: string,
  { blocks }: DenoiserShape,
  input: tf.Tensor,
  { condition, taskOneHot }: LatentContext,
): tf.Tensor2D {
  const own = withoutPrefix(params, prefix);
  const ofInput = linear(input, entry(own, "input.kernel"), entry(own, "input.bias"));
  const hidden = condition === undefined
    ? ofInput
    : tf.add(ofInput, repeatRows(project(condition, entry(own, "condition.kernel")), input.shape[0]!));
  const embedding = own["taskEmbedding"];
  const added = embedding !== undefined && taskOneHot !== undefined
    ? project(taskOneHot, embedding)
    : tf.zeros([1, hidden.shape[1]!]);
  return residualBlocks(own, blocks, hidden, added);
}
