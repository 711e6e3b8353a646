/**
 * What both architectures of the denoiser are built on: the sizes that fix their tensors, and what they are conditioned on.
 * @module
 */
import type * as tf from "tf";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";

/** All that fixes a denoiser's tensors. */
export interface DenoiserShape {
  architecture: "unet" | "resnet";
  /** D: dimensions of a sample. */
  dim: number;
  /** C: dimensions of the condition (the state, for actions); 0 for none. */
  conditionDim: number;
  /** Hidden width; of the U-net the greatest one. */
  width: number;
  /** Residual blocks (resnet only). */
  blocks: number;
  /** Rows of the task embedding; 0 if the denoiser is not told the task. */
  tasks: number;
}

/** The conditions of a denoiser. `T` times, `n` conditions. */
export interface DenoiserContext {
  /** `[T, 1]` */
  time: tf.Tensor;
  /** `[n, C]`, normalised; absent when C is 0. */
  condition?: tf.Tensor | undefined;
  /** `[B, tasks]` or `[1, tasks]`; absent when the task is not told. */
  taskOneHot?: tf.Tensor | undefined;
}

/**
 * Shape of p(s|k).
 *
 * @param stateDim S
 * @param tasks how many are known
 * @param hyperparameters architecture and sizes
 * @returns D = S, no condition
 */
export function stateShape(stateDim: number, tasks: number, hyperparameters: Hyperparameters): DenoiserShape {
  const { architecture, denoiserWidth: width, denoiserBlocks: blocks } = hyperparameters;
  return { architecture, dim: stateDim, conditionDim: 0, width, blocks, tasks };
}

/**
 * Shape of mu(a|s, k), or mu(a|s) if the behavior generator is not told the task.
 *
 * @param stateDim S
 * @param actionDim A
 * @param tasks how many are known
 * @param hyperparameters architecture and sizes, and whether it is told the task
 * @returns D = A, C = S
 */
export function behaviorShape(
  stateDim: number,
  actionDim: number,
  tasks: number,
  hyperparameters: Hyperparameters,
): DenoiserShape {
  const { architecture, denoiserWidth: width, denoiserBlocks: blocks, behaviorKnowsTask } = hyperparameters;
  return {
    architecture,
    dim: actionDim,
    conditionDim: stateDim,
    width,
    blocks,
    tasks: behaviorKnowsTask ? tasks : 0,
  };
}
