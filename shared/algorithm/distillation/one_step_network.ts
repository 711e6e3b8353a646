/**
 * Networks that answer in one pass: the proposer g(z, s, k) and the actor g(s, k). The residual MLP of the default
 * denoiser without its embedding of time; tensors are named as there.
 *
 *   h = Wz z + Ws s + b  (the actor has no Wz);  per block h = h + V2 silu(V1 LN(h) + taskEmbedding[k]);  a = Wo silu(h)
 * @module
 */
import * as tf from "tf";
import type { Params, Stored } from "@cugro/tensors/seam";
import { initBlocks, residualBlocks } from "../diffusion/denoiser_resnet.ts";
import { repeatRows } from "../diffusion/repeat_rows.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import { initLinear, project } from "../numerics/layers.ts";
import type { Rng } from "../numerics/rng.ts";
import { entry } from "../numerics/weights.ts";

/** Which of the two networks: only the proposer is given noise. */
export type OneStepKind = "proposer" | "actor";

/** All that fixes a one-step network's tensors. */
export interface OneStepShape {
  kind: OneStepKind;
  stateDim: number;
  actionDim: number;
  width: number;
  blocks: number;
  tasks: number;
}

/** Inputs of a one-step network. */
export interface OneStepInputs {
  /** `[n, S]`, normalised */
  states: tf.Tensor;
  /** z `[B, A]`, of the proposer; row i belongs to state i n / B. */
  noise?: tf.Tensor | undefined;
  /** `[B, tasks]` or `[1, tasks]` */
  taskOneHot: tf.Tensor;
}

/**
 * Shape of a one-step network for a number of known tasks: of the generators' width and depth.
 *
 * @param kind proposer, which takes noise, or actor
 * @param dims S and A
 * @param tasks how many are known
 * @param hyperparameters width and number of blocks
 * @returns inputs S (and A of noise), outputs A
 */
export function oneStepShape(
  kind: OneStepKind,
  dims: { stateDim: number; actionDim: number },
  tasks: number,
  { denoiserWidth: width, denoiserBlocks: blocks }: Pick<Hyperparameters, "denoiserWidth" | "denoiserBlocks">,
): OneStepShape {
  const { stateDim, actionDim } = dims;
  return { kind, stateDim, actionDim, width, blocks, tasks };
}

/**
 * Fresh weights.
 *
 * @param shape of the network
 * @param rng draws the weights
 * @returns kernels `[inputs, outputs]` and biases `[outputs]`, float32
 */
export function initOneStep(shape: OneStepShape, rng: Rng): Stored {
  const { kind, stateDim, actionDim, width, blocks, tasks } = shape;
  const noiseDim = kind === "proposer" ? actionDim : 0;
  const ofNoise = initLinear(rng, "input", noiseDim, width, noiseDim + stateDim);
  const { "condition.kernel": kernel } = initLinear(
    rng,
    "condition",
    stateDim,
    width,
    noiseDim + stateDim,
  );
  const weights: Stored = {
    ...(noiseDim > 0 ? ofNoise : { "input.bias": ofNoise["input.bias"]! }),
    "condition.kernel": kernel!,
    taskEmbedding: { shape: [tasks, width], data: rng.normals(tasks * width) },
  };
  return Object.assign(weights, initBlocks(rng, blocks, width, actionDim));
}

/**
 * The network's answer, normalised and not yet clamped.
 *
 * @param params Weights without prefix.
 * @returns `[B, A]`; B is n for the actor
 */
export function answerInOneStep(
  params: Params,
  shape: OneStepShape,
  { states, noise, taskOneHot }: OneStepInputs,
): tf.Tensor2D {
  const ofStates = tf.add(project(states, entry(params, "condition.kernel")), entry(params, "input.bias"));
  const hidden = noise === undefined
    ? ofStates
    : tf.add(project(noise, entry(params, "input.kernel")), repeatRows(ofStates, noise.shape[0]!));
  const added = project(taskOneHot, entry(params, "taskEmbedding"));
  return residualBlocks(params, shape.blocks, hidden, added);
}

/**
 * Checks once, at the outer storey, that weights are those of `shape`.
 *
 * @param weights published weights
 * @param shape named in the error
 * @param expected tensors of that shape, whatever their values
 * @throws {InvalidInputError} If a tensor is missing or of another shape.
 */
export function checkOneStep(weights: Stored, shape: OneStepShape, expected: Stored): void {
  for (const [name, { shape: wanted }] of Object.entries(expected)) {
    const current = entry(weights, name).shape;
    if (current.join() !== wanted.join()) {
      throw new InvalidInputError(
        `Cannot use weights as "${name}" of ${
          shape.kind === "actor" ? "an actor" : "a proposer"
        } of width ${shape.width} must be [${wanted}]: current shape is [${current}]`,
      );
    }
  }
}
