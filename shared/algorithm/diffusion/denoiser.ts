/**
 * The denoiser eps(x, t, condition, task) of both generators: one interface, two architectures.
 *
 * Only the noisy sample changes from call to call of a sampler: everything that depends on time, condition or task alone is computed once
 * (`embed`), 27 % of the paper network's cost.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type * as tf from "tf";
import type { Params, Stored, StoredTensor } from "@cugro/tensors/seam";
import { refuseUnknownChoice } from "../numerics/unknown_choice.ts";
import type { Rng } from "../numerics/rng.ts";
import { entry, taskRow, withoutFisher } from "../numerics/weights.ts";
import * as resnet from "./denoiser_resnet.ts";
import type { DenoiserContext, DenoiserShape } from "./denoiser_shape.ts";
import * as unet from "./denoiser_unet.ts";

/**
 * Fresh weights, PyTorch's uniform initialisation.
 *
 * @param shape of the network
 * @param rng draws the weights
 * @returns kernels `[inputs, outputs]`, biases `[outputs]` and the Fourier frequencies, float32
 */
export function initDenoiser(shape: DenoiserShape, rng: Rng): Stored {
  return isUnet(shape) ? unet.init(shape, rng) : resnet.init(shape, rng);
}

/**
 * Weights that are saved but not trained.
 *
 * @param shape of the network
 * @returns their names
 */
export function frozenWeights(shape: DenoiserShape): string[] {
  return isUnet(shape) ? unet.FROZEN : [];
}

/** Which of the two it is; a third would be named here by the compiler. */
function isUnet({ architecture }: DenoiserShape): boolean {
  switch (architecture) {
    case "unet":
      return true;
    case "resnet":
      return false;
    default:
      return refuseUnknownChoice("architecture", architecture);
  }
}

/**
 * eps(x, t, c, k) for rows that each have their own time.
 *
 * @param params Weights without prefix.
 * @param noisy x_t, `[B, D]`
 * @param context With T = n = B.
 * @returns The predicted noise, `[B, D]`
 */
export function predictNoise(
  params: Params,
  shape: DenoiserShape,
  noisy: tf.Tensor,
  context: DenoiserContext,
): tf.Tensor {
  return isUnet(shape)
    ? unet.forward(params, noisy, unet.embed(params, context))
    : resnet.forward(params, shape, noisy, resnet.embed(params, context));
}

/**
 * Opens a denoiser for one sampling pass: T times are embedded at once.
 *
 * @param context `time` holds every time of the pass; n may divide the batch (state-major repeats).
 * @param batch B
 * @returns (x `[B, D]`, index of the time) -> predicted noise `[B, D]`
 */
export function openDenoiser(
  params: Params,
  shape: DenoiserShape,
  context: DenoiserContext,
  batch: number,
): (noisy: tf.Tensor, node: number) => tf.Tensor {
  if (isUnet(shape)) {
    const rows = unet.repeatConditions(unet.embed(params, context), batch);
    return (noisy, node) => unet.forward(params, noisy, unet.atNode(rows, node));
  }
  const rows = resnet.repeatConditions(resnet.embed(params, context), batch);
  return (noisy, node) => resnet.forward(params, shape, noisy, resnet.atNode(rows, node));
}

/**
 * Published weights as a step takes them: the floats, without the list of tasks and the Fisher information.
 *
 * @param weights published weights
 * @returns the denoiser's own tensors, not copied
 */
export function denoiserWeights(weights: Stored): Stored {
  const { tasks: _tasks, ...floats } = withoutFisher(weights);
  return floats;
}

/**
 * The one-hot row of a task, `[1, tasks.length]`.
 *
 * @param tasks known ids, in row order
 * @param task the one to mark
 * @returns `[1, tasks.length]`, float32
 * @throws {InvalidInputError} If the weights do not know the task.
 */
export function taskOneHot(tasks: readonly number[], task: number): StoredTensor {
  const data = new Float32Array(tasks.length);
  data[taskRow(tasks, task)] = 1;
  return { shape: [1, tasks.length], data };
}

/**
 * Checks once, at the outer storey, that weights are those of `shape`.
 *
 * @param weights published weights
 * @param shape named in the error
 * @param expected tensors of that shape, whatever their values
 * @throws {InvalidInputError} If a tensor is missing or of another shape.
 */
export function checkDenoiser(weights: Stored, shape: DenoiserShape, expected: Stored): void {
  for (const [name, { shape: wanted }] of Object.entries(expected)) {
    const current = entry(weights, name).shape;
    if (current.length !== wanted.length || current.some((size, axis) => size !== wanted[axis])) {
      throw new InvalidInputError(
        `Cannot use weights as "${name}" of a ${shape.architecture} of width ${shape.width} must be [${wanted}]: current shape is [${current}]`,
      );
    }
  }
}
