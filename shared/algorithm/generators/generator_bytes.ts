/**
 * How many bytes the weights of both generators take, by their shapes alone: a plan asks this, and loads no tensor library for
 * it. The test counts weights as they are made.
 * @module
 */
import { behaviorShape, type DenoiserShape, stateShape } from "../diffusion/denoiser_shape.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { refuseUnknownChoice } from "../numerics/unknown_choice.ts";

/**
 * Bytes of the weights of both generators once they know `tasks` tasks, file headers not counted.
 *
 * @param stateDim S
 * @param actionDim A
 * @param tasks how many they know
 * @param hyperparameters family and sizes
 * @returns bytes, 4 a weight
 */
export function generatorBytes(
  stateDim: number,
  actionDim: number,
  tasks: number,
  hyperparameters: Hyperparameters,
): number {
  const shapes = [
    stateShape(stateDim, tasks, hyperparameters),
    behaviorShape(stateDim, actionDim, tasks, hyperparameters),
  ];
  return shapes.reduce((sum, shape) => sum + 4 * weightsOf(shape, hyperparameters), 0);
}

function weightsOf(shape: DenoiserShape, { generator }: Hyperparameters): number {
  const { dim } = shape;
  switch (generator) {
    case "diffusion":
      return denoiser(shape);
    // Of the latent families see `latentDim`: twice as many numbers of noise as of a sample.
    case "vae":
      return latentNetwork(shape, dim, 4 * dim) + latentNetwork(shape, 2 * dim, dim) + dim;
    case "gan":
      return latentNetwork(shape, 2 * dim, dim) + discriminator(shape);
    default:
      return refuseUnknownChoice("generator", generator);
  }
}

function denoiser(shape: DenoiserShape): number {
  const { architecture } = shape;
  switch (architecture) {
    case "unet":
      return unet(shape);
    case "resnet":
      return resnet(shape);
    default:
      return refuseUnknownChoice("architecture", architecture);
  }
}

/** Kernel and bias. */
const linear = (inputs: number, outputs: number) => inputs * outputs + outputs;

const blocksOf = ({ width, blocks }: DenoiserShape, outputs: number) =>
  2 * blocks * linear(width, width) + linear(width, outputs);

function resnet(shape: DenoiserShape): number {
  const { dim, conditionDim, width, tasks } = shape;
  return linear(dim + conditionDim, width) + linear(64, width) + linear(width, width) + tasks * width +
    blocksOf(shape, dim);
}

function unet({ dim, conditionDim, width, tasks }: DenoiserShape): number {
  const [w1, w2, w3] = [width, width / 2, width / 4];
  const sizes: [number, number][] = [[dim, w1], [w1, w2], [w2, w3], [w3, w3], [2 * w3, w2], [2 * w2, w1]];
  const blocks = sizes.map(([inputs, outputs]) =>
    linear(inputs, outputs) + linear(outputs, outputs) + 2 * linear(128, outputs) +
    (inputs === outputs ? 0 : linear(inputs, outputs))
  );
  return 32 + linear(64, 64) + linear(conditionDim + tasks, 64) + linear(64, 128) + linear(128, 128) +
    blocks.reduce((sum, one) => sum + one) + linear(2 * width, dim);
}

function latentNetwork(shape: DenoiserShape, inputs: number, outputs: number): number {
  return linear(inputs + shape.conditionDim, shape.width) + shape.tasks * shape.width +
    blocksOf(shape, outputs);
}

function discriminator({ dim, conditionDim, width, blocks, tasks }: DenoiserShape): number {
  return linear(dim + conditionDim, width) + tasks * width + Math.min(2 * blocks, 3) * linear(width, width) +
    linear(width, 1);
}
