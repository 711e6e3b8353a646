/**
 * Q_theta^k(s, a): an ensemble of independent trunks, each with one linear head a task; and the state value V used by
 * some targets. Heads are columns of one kernel, so that a step costs the same number of operations at any number
 * of tasks; which head a row asks is a one-hot row, so that no backend needs a gather.
 *
 * Names: `trunk.<e>.<l>.kernel|bias`, `head.<e>.kernel` `[W, n]`, `head.<e>.bias` `[n]`; published weights also hold
 * `tasks` (Int32 `[n]`, the task of each column) and `returns.mean`, `returns.std` `[n]` (the scale of each head).
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import * as tf from "tf";
import type { Params, Stored } from "@cugro/tensors/seam";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { initLinear, layerNorm, linear, project, silu } from "../numerics/layers.ts";
import { createRng } from "../numerics/rng.ts";
import { entry, knownTasks, tasksTensor } from "../numerics/weights.ts";

/** The sizes of the critic's tensors. */
export interface CriticShape {
  /** S + A */
  inputs: number;
  width: number;
  layers: number;
  ensemble: number;
  layerNorm: boolean;
}

/**
 * The critic that hyperparameters ask for.
 *
 * @param stateDim S
 * @param actionDim A
 * @param h width, depth and layer normalisation
 * @returns the shape of a critic with S + A inputs
 */
export function criticShape(stateDim: number, actionDim: number, h: Hyperparameters): CriticShape {
  return {
    inputs: stateDim + actionDim,
    width: h.criticWidth,
    layers: h.criticLayers,
    ensemble: h.criticEnsemble,
    layerNorm: h.criticLayerNorm,
  };
}

/**
 * A fresh critic without heads (`head.<e>.kernel` is `[W, 0]`): `growCritic` adds the first one too.
 *
 * @param shape width W, depth and number of inputs
 * @param seed decides the weights
 * @returns kernels `[inputs, outputs]` and biases `[outputs]`, float32
 */
export function initCritic(shape: CriticShape, seed: number): Stored {
  const weights: Stored = { tasks: tasksTensor([]) };
  for (let e = 0; e < shape.ensemble; e++) {
    const rng = createRng(seed, `critic.trunk.${e}`);
    for (let l = 0; l < shape.layers; l++) {
      Object.assign(
        weights,
        initLinear(rng, `trunk.${e}.${l}`, l === 0 ? shape.inputs : shape.width, shape.width),
      );
    }
    weights[`head.${e}.kernel`] = { shape: [shape.width, 0], data: new Float32Array(0) };
    weights[`head.${e}.bias`] = { shape: [0], data: new Float32Array(0) };
  }
  weights["returns.mean"] = { shape: [0], data: new Float32Array(0) };
  weights["returns.std"] = { shape: [0], data: new Float32Array(0) };
  return weights;
}

/**
 * @param weights published weights
 * @param shape what they must be of
 * @throws {InvalidInputError} naming the first tensor that is not as `shape` wants it
 */
export function checkCritic(weights: Stored, shape: CriticShape): void {
  const heads = knownTasks(weights).length;
  for (let e = 0; e < shape.ensemble; e++) {
    for (let l = 0; l < shape.layers; l++) {
      checkShape(weights, `trunk.${e}.${l}.kernel`, [l === 0 ? shape.inputs : shape.width, shape.width]);
    }
    checkShape(weights, `head.${e}.kernel`, [shape.width, heads]);
  }
  if (weights[`head.${shape.ensemble}.kernel`]) {
    throw new InvalidInputError(`Cannot use critic as it must have ${shape.ensemble} trunks: it has more`);
  }
}

function checkShape(weights: Stored, name: string, expected: number[]): void {
  const { shape } = entry(weights, name);
  if (shape.join() !== expected.join()) {
    throw new InvalidInputError(
      `Cannot use critic as ${name} must be [${expected.join(", ")}]: current shape is [${shape.join(", ")}]`,
    );
  }
}

/**
 * The tensors that are trained: trunks and heads.
 *
 * @param weights published weights
 * @returns the same without `tasks`, scales and Fisher information
 */
export function trainableWeights(weights: Stored): Stored {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => /^(trunk|head)\./.test(name)));
}

/**
 * Q of every critic of the ensemble by the head each row asks for.
 * @param params trunks and heads, no prefix
 * @param rows states and actions side by side, `[B, S + A]`, needing no gradient
 * @param selection one-hot over heads, `[B, n]` or `[1, n]`
 * @returns `[B, E]`, in units of the head's scale
 */
export function qValues(
  params: Params,
  shape: CriticShape,
  rows: tf.Tensor,
  selection: tf.Tensor,
): tf.Tensor2D {
  const columns = Array.from({ length: shape.ensemble }, (_, e) => {
    const features = trunk(params, `trunk.${e}`, shape, rows);
    const heads = linear(features, entry(params, `head.${e}.kernel`), entry(params, `head.${e}.bias`));
    return tf.sum(tf.mul(heads, selection), 1, true) as tf.Tensor2D;
  });
  return columns.length === 1 ? columns[0]! : tf.concat(columns, 1);
}

function trunk(params: Params, name: string, shape: CriticShape, rows: tf.Tensor): tf.Tensor {
  let hidden = rows;
  for (let l = 0; l < shape.layers; l++) {
    const kernel = entry(params, `${name}.${l}.kernel`), bias = entry(params, `${name}.${l}.bias`);
    const sums = l === 0 ? tf.add(project(hidden, kernel), bias) : linear(hidden, kernel, bias);
    hidden = silu(shape.layerNorm ? layerNorm(sums) : sums);
  }
  return hidden;
}

/**
 * A fresh V(s) of the critic's width and depth: `value.<l>.kernel|bias` and `value.out.kernel|bias`.
 * Source: the expectile value of IQL (Kostrikov et al. 2022).
 *
 * @param stateDim S, with the one-hot columns of the task where V knows it
 * @param shape width and depth
 * @param seed decides the weights
 * @returns kernels `[inputs, outputs]` and biases `[outputs]`, float32
 */
export function initValue(stateDim: number, shape: CriticShape, seed: number): Stored {
  const rng = createRng(seed, "critic.value");
  const weights: Stored = {};
  for (let l = 0; l < shape.layers; l++) {
    Object.assign(weights, initLinear(rng, `value.${l}`, l === 0 ? stateDim : shape.width, shape.width));
  }
  return Object.assign(weights, initLinear(rng, "value.out", shape.width, 1));
}

/**
 * V(s) of the task being learnt; a help of training that is not published.
 * @param states `[B, S]` in the critic's input coordinates
 * @returns `[B, 1]`, in units of the new head's scale
 */
export function stateValues(params: Params, shape: CriticShape, states: tf.Tensor): tf.Tensor2D {
  const features = trunk(params, "value", shape, states);
  return linear(features, entry(params, "value.out.kernel"), entry(params, "value.out.bias"));
}
