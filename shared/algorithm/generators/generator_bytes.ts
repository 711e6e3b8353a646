/**
 * How many bytes the weights of both generators take.
 * @module
 */
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { createRng } from "../numerics/rng.ts";
import { countWeights } from "../numerics/weights.ts";
import { behaviorShape, type DenoiserShape, stateShape } from "../diffusion/denoiser_shape.ts";
import { familyOf } from "./families.ts";

const known = new Map<string, number>();

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
  return shapes.reduce((sum, shape) => sum + bytesOf(shape, hyperparameters), 0);
}

/** Counted on weights as they are made, once for each shape: a plan asks again and again. */
function bytesOf(shape: DenoiserShape, hyperparameters: Hyperparameters): number {
  const mark = JSON.stringify([hyperparameters.generator, shape]);
  const bytes = known.get(mark) ??
    4 * countWeights(familyOf(hyperparameters).init(shape, createRng(0)));
  known.set(mark, bytes);
  return bytes;
}
