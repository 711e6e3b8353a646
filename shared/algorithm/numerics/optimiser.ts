/**
 * Adam with global-norm clipping and averaged weights, as one pure function of a state that is plain named tensors.
 *
 * State names: `weights/<name>`, `first/<name>` and `second/<name>` (Adam moments), `average/<name>` (EMA; absent with decay 0).
 * Entries under any other name (a teacher's weights, constants) pass through unchanged.
 * @module
 */
import * as tf from "tf";
import type { Params, Stored } from "@cugro/tensors/seam";
import { entry, scalar, withoutPrefix, withPrefix, zeros } from "./weights.ts";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Settings of the update besides the rate, which is an input of every step. */
export interface OptimiserSettings {
  /** Global norm at which gradients are clipped; 0 does not clip. */
  gradientClip: number;
  /** Decay of the averaged weights; 0 keeps none. */
  emaDecay: number;
  /** Weights that are not trained (names without prefix). */
  frozen?: readonly string[];
  /** Decay of the first moments, the same as given to {@linkcode adamInputs}. @default 0.9 */
  beta1?: number | undefined;
}

/**
 * A fresh optimiser state around `weights` (float32 only): moments 0, average = the weights themselves.
 * Source: Adam (Kingma and Ba 2015).
 *
 * @param weights to train
 * @param settings which are frozen, whether an average is kept
 * @returns the step's state at step 0
 */
export function initOptimiser(weights: Stored, settings: OptimiserSettings): Stored {
  const trained = Object.fromEntries(
    Object.entries(weights).filter(([name]) => !settings.frozen?.includes(name)),
  );
  const moments = Object.fromEntries(
    Object.entries(trained).map(([name, { shape }]) => [name, zeros(shape)]),
  );
  return {
    ...withPrefix(weights, "weights/"),
    ...withPrefix(moments, "first/"),
    ...withPrefix(moments, "second/"),
    ...(settings.emaDecay > 0 ? withPrefix(trained, "average/") : {}),
  };
}

/**
 * The weights to publish from an optimiser state: the averaged ones if kept, and the frozen ones as they are.
 *
 * @param state of a step
 * @returns weights by name
 */
export function publishedWeights(state: Stored): Stored {
  return { ...withoutPrefix(state, "weights/"), ...withoutPrefix(state, "average/") };
}

/**
 * Inputs of an update: Adam's bias corrections are folded into rate and epsilon (Kingma and Ba 2015, just before section 2.1).
 *
 * @param step Updates done so far, from 0.
 * @param learningRate The schedule's value at this step.
 * @param emaDecay If greater than 0, adds `averageGain`: the decay rises to its value as (1 + step) / (10 + step), so that a short training
 * does not publish its start. Without it the average uses the settings' decay from the first step.
 * @param beta1 decay of the first moment
 * @returns scalars by name
 */
export function adamInputs(step: number, learningRate: number, emaDecay = 0, beta1 = BETA1): Stored {
  const second = Math.sqrt(1 - BETA2 ** (step + 1));
  return {
    learningRate: scalar((learningRate * second) / (1 - beta1 ** (step + 1))),
    epsilon: scalar(EPSILON * second),
    ...(emaDecay > 0 ? { averageGain: scalar(1 - Math.min(emaDecay, (1 + step) / (10 + step))) } : {}),
  };
}

/** Schedule of the learning rate within one task. */
export interface ScheduleSettings {
  learningRate: number;
  warmupSteps: number;
  steps: number;
  schedule: "cosine" | "constant";
}

/**
 * Linear warm-up over `warmupSteps`, then cosine to 0 at `steps`, or constant.
 *
 * @param step from 0
 * @param settings rate, warm-up and length of the training
 * @returns the rate of that step
 */
export function learningRateAt(step: number, settings: ScheduleSettings): number {
  const { learningRate, warmupSteps, steps, schedule } = settings;
  const warmup = Math.min(warmupSteps, steps);
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  if (schedule === "constant") return learningRate;
  const progress = (step - warmup) / Math.max(steps - warmup, 1);
  return learningRate * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/**
 * One update: gradients of `loss` with respect to the trained weights, clipped to a global norm, Adam, average.
 * Call it inside a step, whose tidy frees intermediate tensors.
 *
 * @param state All entries of the step's state.
 * @param inputs Holds at least those of {@linkcode adamInputs}.
 * @param loss Weights without prefix -> scalar.
 * @returns The whole next state, and the loss before the update.
 */
export function optimise(
  state: Params,
  inputs: Params,
  settings: OptimiserSettings,
  loss: (weights: Params) => tf.Scalar,
): { state: Params; loss: tf.Scalar; gradientNorm: tf.Scalar } {
  const weights = withoutPrefix(state, "weights/");
  // Sorted: sums over all weights must not depend on the order in which a file or a backend gives them back.
  const names = Object.keys(weights).filter((name) => !settings.frozen?.includes(name)).sort();
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
    loss({ ...weights, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) })
  )(names.map((name) => weights[name]!));
  const squares = grads.map((gradient) => tf.square(gradient));
  // Not addN: it starts from the summand whose memory it can reuse, which differs between graph and eager steps.
  const gradientNorm = tf.sqrt(tf.sum(tf.stack(squares.map((square) => tf.sum(square))))) as tf.Scalar;
  const clip = settings.gradientClip > 0
    ? tf.minimum(tf.div(settings.gradientClip, tf.add(gradientNorm, 1e-6)), 1)
    : tf.scalar(1);
  const constants = updateConstants(inputs, settings, clip);
  const next: Params = { ...state };
  names.forEach((name, i) => Object.assign(next, updateOne(state, name, grads[i]!, squares[i]!, constants)));
  return { state: next, loss: value as tf.Scalar, gradientNorm };
}

interface UpdateConstants {
  learningRate: tf.Tensor;
  epsilon: tf.Tensor;
  beta1: tf.Scalar;
  beta2: tf.Scalar;
  /** (1 - beta1) clip and (1 - beta2) clip^2: clipping costs no pass over the gradients. */
  firstGain: tf.Tensor;
  secondGain: tf.Tensor;
  /** 1 - decay of the average, or undefined. */
  averageGain: tf.Tensor | undefined;
}

/** Scalars shared by all weights, made once a step. */
function updateConstants(inputs: Params, settings: OptimiserSettings, clip: tf.Tensor): UpdateConstants {
  const { beta1 = BETA1 } = settings;
  return {
    learningRate: entry(inputs, "learningRate"),
    epsilon: entry(inputs, "epsilon"),
    beta1: tf.scalar(beta1),
    beta2: tf.scalar(BETA2),
    firstGain: tf.mul(clip, 1 - beta1),
    secondGain: tf.mul(tf.square(clip), 1 - BETA2),
    averageGain: settings.emaDecay > 0
      ? inputs["averageGain"] ?? tf.scalar(1 - settings.emaDecay)
      : undefined,
  };
}

/** Adam and average of one weight; `square` is gradient^2, already needed for the norm. */
function updateOne(
  state: Params,
  name: string,
  gradient: tf.Tensor,
  square: tf.Tensor,
  c: UpdateConstants,
): Params {
  return tf.tidy(() => {
    const first = tf.add(tf.mul(entry(state, `first/${name}`), c.beta1), tf.mul(gradient, c.firstGain));
    const second = tf.add(tf.mul(entry(state, `second/${name}`), c.beta2), tf.mul(square, c.secondGain));
    const change = tf.div(tf.mul(first, c.learningRate), tf.add(tf.sqrt(second), c.epsilon));
    const weight = tf.sub(entry(state, `weights/${name}`), change);
    const next: Params = {
      [`weights/${name}`]: weight,
      [`first/${name}`]: first,
      [`second/${name}`]: second,
    };
    if (c.averageGain !== undefined) {
      const average = entry(state, `average/${name}`);
      next[`average/${name}`] = tf.add(average, tf.mul(tf.sub(weight, average), c.averageGain));
    }
    return next;
  });
}
