/**
 * One training step of a one-step network as a pure function of tensors.
 * @module
 */
import * as tf from "tf";
import type { Params, StepDefinition } from "@cugro/tensors/seam";
import { TEACHER } from "../diffusion/generator_step.ts";
import { optimise, type OptimiserSettings } from "../numerics/optimiser.ts";
import { entry, withoutPrefix } from "../numerics/weights.ts";
import { answerInOneStep, type OneStepShape } from "./one_step_network.ts";

/** Settings that fix a step. */
export interface OneStepSettings {
  name: string;
  shape: OneStepShape;
  optimiser: OptimiserSettings;
  /** Shape of the frozen parent whose weights are in the state under `teacher/`, if it answers for old tasks. */
  teacherShape?: OneStepShape | undefined;
  /** Rows with labels; they come first in a batch. */
  labelledRows: number;
}

/**
 * Defines the step. Inputs: a batch (`one_step_batches.ts`) and the rates; output: `rowLoss` `[B]`, the squared error summed
 * over the action's dimensions. Rows beyond the labelled ones have the frozen parent's answer to the same state and noise
 * their target, clamped as when acting.
 *
 * @param settings shape, teacher and optimiser
 * @returns the step, to be compiled
 */
export function oneStepTraining(settings: OneStepSettings): StepDefinition {
  const { name, shape, optimiser, teacherShape, labelledRows } = settings;
  return {
    name,
    step: (state, inputs) => {
      const labels = entry(inputs, "targets");
      const targets = teacherShape === undefined
        ? labels
        : tf.concat([labels, taught(withoutPrefix(state, TEACHER), teacherShape, inputs, labelledRows)], 0);
      let kept: tf.Tensor | undefined;
      const updated = optimise(state, inputs, optimiser, (weights) => {
        const answer = answerInOneStep(weights, shape, {
          states: entry(inputs, "states"),
          noise: inputs["noise"],
          taskOneHot: entry(inputs, "taskOneHot"),
        });
        // The gradient's own scope would free what is not its value.
        kept = tf.keep(tf.sum(tf.square(tf.sub(answer, targets)), 1));
        return tf.mean(kept) as tf.Scalar;
      });
      const rowLoss = tf.clone(kept!);
      kept!.dispose();
      return { state: updated.state, outputs: { rowLoss } };
    },
  };
}

/** The parent's answers for the rows without labels. */
function taught(teacher: Params, shape: OneStepShape, inputs: Params, labelledRows: number): tf.Tensor {
  return tf.tidy(() => {
    const rest = (tensor: tf.Tensor, columns = tensor.shape[1]!) =>
      tf.slice(tensor, [labelledRows, 0], [tensor.shape[0]! - labelledRows, columns]);
    const noise = inputs["noise"];
    return answerInOneStep(teacher, shape, {
      states: rest(entry(inputs, "states")),
      noise: noise === undefined ? undefined : rest(noise),
      // The parent may have no row for the new task, whose column then is the last one.
      taskOneHot: rest(entry(inputs, "taskOneHot"), shape.tasks),
    });
  });
}
