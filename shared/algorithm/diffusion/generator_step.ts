/**
 * One training step of a generator as a pure function of tensors.
 * @module
 */
import * as tf from "tf";
import type { Params, StepDefinition } from "@cugro/tensors/seam";
import { predictNoise } from "./denoiser.ts";
import type { DenoiserContext, DenoiserShape } from "./denoiser_shape.ts";
import { optimise, type OptimiserSettings } from "../numerics/optimiser.ts";
import { ewcPenalty } from "../numerics/ewc.ts";
import { entry, withoutPrefix } from "../numerics/weights.ts";

/** Prefix of a teacher's weights in the step's state. */
export const TEACHER = "teacher/";

/** Settings that fix a step. */
export interface GeneratorStepSettings {
  name: string;
  shape: DenoiserShape;
  optimiser: OptimiserSettings;
  /** Shape of the frozen parent whose weights are in the state under `teacher/`, if it teaches. */
  teacherShape?: DenoiserShape | undefined;
  /** Rows of the new task; they come first in a batch. */
  freshRows: number;
  /** Weight of elastic weight consolidation, whose part of the state is that of {@linkcode heldState}. */
  ewcStrength?: number | undefined;
}

/**
 * Defines the step. Inputs: a batch (`batches.ts`) and the rates (`adamInputs`); output: `rowLoss` `[B]`.
 *
 * The loss is the mean of `denoisingLoss` over the batch's rows. With a teacher (`retention: distill`) the target of an old task's rows is
 * the frozen parent's prediction on the same x_t instead of the noise (generative distillation, Masip et al. 2023): the same minimiser,
 * less variance. Rows of the new task keep the noise as their target.
 * Source: DDPM's simple loss (Ho et al. 2020, Eq. 14); arXiv 2404.10662, Eqs. 6, 10 and 13 (of its first version).
 *
 * @param settings shape, retention, optimiser
 * @returns the step, to be compiled
 */
export function generatorStep(settings: GeneratorStepSettings): StepDefinition {
  const { name, shape, optimiser, teacherShape, freshRows, ewcStrength } = settings;
  return {
    name,
    step: (state, inputs) => {
      const target = teacherShape === undefined
        ? entry(inputs, "noise")
        : distilledTarget(withoutPrefix(state, TEACHER), teacherShape, inputs, freshRows);
      let kept: tf.Tensor | undefined;
      const updated = optimise(state, inputs, optimiser, (weights) => {
        const predicted = predictNoise(weights, shape, entry(inputs, "noisy"), contextOf(shape, inputs));
        // The gradient's own scope would free what is not its value.
        kept = tf.keep(denoisingLoss(predicted, target));
        const fit = tf.mean(kept) as tf.Scalar;
        return ewcStrength === undefined ? fit : tf.add(fit, ewcPenalty(weights, state, ewcStrength));
      });
      const rowLoss = tf.clone(kept!);
      kept!.dispose();
      return { state: updated.state, outputs: { rowLoss } };
    },
  };
}

/**
 * The denoising loss of each row: the sum over dimensions of (eps - target)^2.
 *
 * @param predicted `[B, D]`
 * @param target `[B, D]`
 * @returns `[B]`; predicting 0 for noise gives D on average
 */
export function denoisingLoss(predicted: tf.Tensor, target: tf.Tensor): tf.Tensor1D {
  return tf.sum(tf.square(tf.sub(predicted, target)), 1);
}

/**
 * A denoiser's inputs for a batch.
 *
 * @param shape whether there is a condition
 * @param inputs a batch
 * @returns time `[B, 1]`; condition `[B, C]` and one-hot task `[B, tasks]` where the denoiser takes them
 */
export function contextOf(shape: DenoiserShape, inputs: Params): DenoiserContext {
  return {
    time: entry(inputs, "time"),
    condition: inputs["condition"],
    taskOneHot: shape.tasks > 0 ? entry(inputs, "taskOneHot") : undefined,
  };
}

/** Noise for the new task's rows, the teacher's prediction for the others, `[B, D]`. */
function distilledTarget(
  teacher: Params,
  shape: DenoiserShape,
  inputs: Params,
  freshRows: number,
): tf.Tensor {
  return tf.tidy(() => {
    const noise = entry(inputs, "noise");
    const oldRows = noise.shape[0]! - freshRows;
    const old = (tensor: tf.Tensor, columns = tensor.shape[1]!) =>
      tf.slice(tensor, [freshRows, 0], [oldRows, columns]);
    const condition = inputs["condition"];
    const predicted = predictNoise(teacher, shape, old(entry(inputs, "noisy")), {
      time: old(entry(inputs, "time")),
      condition: condition === undefined ? undefined : old(condition),
      // The teacher may have no row for the new task, whose column then is the last one.
      taskOneHot: shape.tasks > 0 ? old(entry(inputs, "taskOneHot"), shape.tasks) : undefined,
    });
    return tf.concat([tf.slice(noise, [0, 0], [freshRows, noise.shape[1]!]), predicted], 0);
  });
}
