/**
 * Sampling with a denoiser: noise in, samples out. A whole pass is one pure function, so that it can be one compiled step.
 * @module
 */
import * as tf from "tf";
import type { Params } from "@cugro/tensors/seam";
import { openDenoiser } from "./denoiser.ts";
import type { DenoiserShape } from "./denoiser_shape.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { planSinglestep, runSinglestep, type SinglestepPlan } from "./solver_dpm3.ts";
import { type MultistepPlan, planMultistep, runMultistep } from "./solver_dpmpp.ts";

/** A sampling pass with all its numbers, made once on the host. */
export type SolverPlan = MultistepPlan | SinglestepPlan;

/**
 * Plans a pass as the hyperparameters say.
 *
 * @param hyperparameters solver, number of function evaluations, end time
 * @returns times and coefficients of a pass
 */
export function planSolver(hyperparameters: Hyperparameters): SolverPlan {
  const { solver, functionEvaluations, timeEnd, finalDenoising } = hyperparameters;
  return solver === "dpm3"
    ? planSinglestep(functionEvaluations, timeEnd, finalDenoising)
    : planMultistep(functionEvaluations, timeEnd, finalDenoising);
}

/** Tensors of one pass. */
export interface SolverInputs {
  /** x at t = 1, standard normal, `[B, D]` */
  noise: tf.Tensor;
  /** `[n, C]`, normalised; row i belongs to samples i B/n ... (i+1) B/n - 1. Absent when C is 0. */
  condition?: tf.Tensor | undefined;
  /** `[1, tasks]`; not used if the denoiser is not conditioned on the task. */
  taskOneHot?: tf.Tensor | undefined;
  /** The task's normalised min, `[1, D]` */
  low: tf.Tensor;
  /** The task's normalised max, `[1, D]` */
  high: tf.Tensor;
}

/**
 * Draws samples, by classifier-free guidance (Ho and Salimans 2022) where it has a weight w: (1 + w) eps(x, k) - w eps(x), the
 * latter without the task.
 *
 * @param params The denoiser's weights, without prefix.
 * @returns Normalised samples within the task's own limits, `[B, D]`
 */
export function solve(
  params: Params,
  shape: DenoiserShape,
  plan: SolverPlan,
  inputs: SolverInputs,
  guidance = 0,
): tf.Tensor2D {
  const { noise, condition, taskOneHot, low, high } = inputs;
  return tf.tidy(() => {
    const time = tf.tensor2d(plan.times, [plan.times.length, 1]);
    const taskInput = shape.tasks > 0 ? taskOneHot : undefined;
    const open = (taskOneHot: tf.Tensor | undefined) =>
      openDenoiser(params, shape, { time, condition, taskOneHot }, noise.shape[0]!);
    const predict = open(taskInput);
    if (guidance === 0 || taskInput === undefined) {
      return runPlan(plan, (x, node) => tf.tidy(() => predict(x, node)), noise, low, high);
    }
    const unconditioned = open(tf.zerosLike(taskInput));
    const guided = (x: tf.Tensor, node: number) =>
      tf.tidy(() => tf.sub(tf.mul(predict(x, node), 1 + guidance), tf.mul(unconditioned(x, node), guidance)));
    return runPlan(plan, guided, noise, low, high);
  });
}

/**
 * Runs any plan with any predictor; samples are clamped to [low, high], both `[1, D]`.
 *
 * @param plan of {@linkcode planSolver}
 * @param predict x_t `[B, D]` and the number of its node -> noise `[B, D]`
 * @param noise x_1, `[B, D]`
 * @param low `[1, D]`
 * @param high `[1, D]`
 * @returns x_0, `[B, D]`, within [low, high]
 */
export function runPlan(
  plan: SolverPlan,
  predict: (noisy: tf.Tensor, node: number) => tf.Tensor,
  noise: tf.Tensor,
  low: tf.Tensor,
  high: tf.Tensor,
): tf.Tensor2D {
  const clamp = (sample: tf.Tensor) => tf.minimum(tf.maximum(sample, low), high);
  const result = plan.solver === "dpm3"
    ? runSinglestep(plan, predict, noise, clamp)
    : runMultistep(plan, predict, noise, clamp);
  // Without denoising the last x still contains noise, which may exceed the limits.
  return clamp(result) as tf.Tensor2D;
}
