/**
 * One step of critic training as a pure function of tensors: fit the new head to its targets, hold every output of the
 * old heads to the frozen teacher on replay, and fit V where targets need it.
 *
 * State: `weights/…`, Adam moments and averages as in `numerics/optimiser.ts`; `teacher/…` (the parent's critic, read only);
 * `target/…` (slow copy, `iql` only).
 * @module
 */
import * as tf from "tf";
import type { Params, StepDefinition } from "@cugro/tensors/seam";
import { type CriticShape, qValues, stateValues } from "./critic_network.ts";
import { ewcPenalty } from "../numerics/ewc.ts";
import { optimise, type OptimiserSettings } from "../numerics/optimiser.ts";
import { entry, withoutPrefix } from "../numerics/weights.ts";

/** Settings that fix the graph of a step. */
export interface CriticStepSettings {
  shape: CriticShape;
  stateDim: number;
  /** Heads of the teacher: the first columns of the critic's. */
  teacherHeads: number;
  /** Rows of the new task in a batch, B. */
  batchSize: number;
  /** Rows of replay in a batch, R: B (averaged over old tasks) or B for each of them (summed); 0 without replay. */
  retentionRows: number;
  distillationWeight: number;
  /** Which V is trained: none, the mean of the targets, or an expectile of Q. */
  value: "none" | "returns" | "expectile";
  /** Bootstrapped one-step targets instead of given ones (`iql`). */
  bootstrapped: boolean;
  expectile: number;
  targetRate: number;
  /** Heads that V is told, one-hot behind the state; 0 where there is one task. */
  valueHeads: number;
  /** Weight of elastic weight consolidation, whose part of the state is that of {@linkcode heldState}. */
  ewcStrength?: number | undefined;
  optimiser: OptimiserSettings;
}

/**
 * The step. Inputs: `rows` `[B + R, S + A]`, `selection` `[B + R, heads]` one-hot, those of `adamInputs`; with given
 * targets `targets` `[B, 1]`, else `nextStates` `[B, S]`, `rewards` `[B, 1]`, `discounts` `[B, 1]`.
 * Outputs: scalars `fit` and `retention` (mean squared errors in units of the heads' scales), `value`.
 * Source: arXiv 2404.10662, Eq. 15: new task's squared error + lambda times that to the frozen critic.
 *
 * @param settings shape, loss weights and kind of target
 * @returns the step, to be compiled
 */
export function criticStep(settings: CriticStepSettings): StepDefinition {
  return {
    name: "critic.train",
    step: (state, inputs) => {
      const fixed = fixedTargets(settings, state, inputs);
      const parts: Params = {};
      const next = optimise(
        state,
        inputs,
        settings.optimiser,
        (weights) => {
          const loss = criticLoss(settings, weights, inputs, fixed, parts);
          if (settings.ewcStrength === undefined) return loss;
          // The fit is a mean over the ensemble: so is this.
          return tf.add(loss, ewcPenalty(weights, state, settings.ewcStrength / settings.shape.ensemble));
        },
      );
      return { state: followTargets(settings, next.state), outputs: release(parts) };
    },
  };
}

/** Targets without a gradient. */
interface FixedTargets {
  /** `[B, 1]` */
  targets: tf.Tensor;
  /** `[R, E]` */
  teacher?: tf.Tensor2D;
  /** Q of the slow copy on the batch, least over the ensemble, `[B, 1]`. */
  slow?: tf.Tensor;
}

function fixedTargets(settings: CriticStepSettings, state: Params, inputs: Params): FixedTargets {
  const { shape, batchSize, retentionRows, teacherHeads } = settings;
  const rows = entry(inputs, "rows") as tf.Tensor2D, selection = entry(inputs, "selection") as tf.Tensor2D;
  const fixed: FixedTargets = { targets: bootstrappedTargets(settings, state, inputs) };
  if (retentionRows > 0) {
    const oldRows = tf.slice(rows, [batchSize, 0], [retentionRows, -1]);
    const oldHeads = tf.slice(selection, [batchSize, 0], [retentionRows, teacherHeads]);
    fixed.teacher = qValues(withoutPrefix(state, "teacher/"), shape, oldRows, oldHeads);
  }
  if (settings.bootstrapped) {
    const slow = qValues(
      withoutPrefix(state, "target/"),
      shape,
      newRows(settings, rows),
      newRows(settings, selection),
    );
    fixed.slow = tf.min(slow, 1, true);
  }
  return fixed;
}

function bootstrappedTargets(settings: CriticStepSettings, state: Params, inputs: Params): tf.Tensor {
  if (!settings.bootstrapped) return entry(inputs, "targets");
  const next = stateValues(withoutPrefix(state, "weights/"), settings.shape, entry(inputs, "nextStates"));
  return tf.add(entry(inputs, "rewards"), tf.mul(entry(inputs, "discounts"), next));
}

function newRows(settings: CriticStepSettings, rows: tf.Tensor): tf.Tensor2D {
  return settings.retentionRows === 0
    ? rows as tf.Tensor2D
    : tf.slice(rows as tf.Tensor2D, [0, 0], [settings.batchSize, -1]);
}

/** L = E[(Q^k - y)^2] + lambda sum_i E[(Q^i - Q^i_teacher)^2] (paper, Eq. 15), mean over the ensemble, + V's own loss. */
function criticLoss(
  settings: CriticStepSettings,
  weights: Params,
  inputs: Params,
  fixed: FixedTargets,
  parts: Params,
): tf.Scalar {
  const { shape, batchSize, retentionRows, stateDim } = settings;
  const rows = entry(inputs, "rows");
  const q = qValues(weights, shape, rows, entry(inputs, "selection"));
  const own = newRows(settings, q);
  parts.fit = tf.keep(tf.mean(tf.squaredDifference(own, fixed.targets)));
  let total = parts.fit;
  if (fixed.teacher) {
    const old = tf.slice(q, [batchSize, 0], [retentionRows, -1]);
    // Divided by B in both reductions: R = B gives a mean over tasks, R = B (k - 1) the paper's sum over tasks.
    const error = tf.sum(tf.squaredDifference(old, fixed.teacher));
    parts.retention = tf.keep(tf.div(error, batchSize * shape.ensemble));
    total = tf.add(total, tf.mul(settings.distillationWeight, parts.retention));
  }
  if (settings.value !== "none") {
    const states = tf.slice(newRows(settings, rows), [0, 0], [-1, stateDim]);
    const conditioned = settings.valueHeads === 0
      ? states
      : tf.concat([states, newRows(settings, entry(inputs, "selection"))], 1);
    const value = stateValues(weights, shape, conditioned);
    parts.value = tf.keep(valueLoss(settings, value, own, fixed));
    total = tf.add(total, parts.value);
  }
  return total as tf.Scalar;
}

function valueLoss(
  settings: CriticStepSettings,
  value: tf.Tensor,
  q: tf.Tensor2D,
  fixed: FixedTargets,
): tf.Tensor {
  if (settings.value === "returns") return expectileLoss(value, fixed.targets, 0.5);
  return expectileLoss(value, fixed.slow ?? tf.min(q, 1, true), settings.expectile);
}

/**
 * mean |tau - 1(u < 0)| u^2 with u = target - value (IQL): tau = 0.5 is half the squared error.
 * No gradient flows into the target.
 * Source: IQL (Kostrikov et al. 2022).
 *
 * @param value V(s), `[B, 1]`
 * @param target `[B, 1]`
 * @param expectile tau in (0, 1)
 * @returns scalar
 */
export function expectileLoss(value: tf.Tensor, target: tf.Tensor, expectile: number): tf.Tensor {
  return tf.customGrad((...all) => {
    const [estimate, save] = all as [tf.Tensor, tf.GradSaveFunc];
    const above = tf.sub(target, estimate);
    // |tau - 1(u < 0)| as tau + (1 - 2 tau) 1(u < 0)
    const weight = tf.add(tf.mul(tf.cast(tf.less(above, 0), "float32"), 1 - 2 * expectile), expectile);
    const weighted = tf.mul(weight, above);
    save([weighted]);
    return {
      value: tf.mean(tf.mul(weighted, above)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(dy, tf.mul(saved[0]!, -2 / estimate.size))],
    };
  })(value);
}

/** target <- target + rate (weights - target). */
function followTargets(settings: CriticStepSettings, state: Params): Params {
  if (!settings.bootstrapped) return state;
  const next = { ...state };
  for (const [name, slow] of Object.entries(withoutPrefix(state, "target/"))) {
    const weight = entry(state, `weights/${name}`);
    next[`target/${name}`] = tf.add(slow, tf.mul(tf.sub(weight, slow), settings.targetRate));
  }
  return next;
}

/** Parts of the loss were kept beyond the gradient's own tidy; copies of them fall under the step's tidy again. */
function release(parts: Params): Params {
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => {
      const copy = tf.clone(part);
      part.dispose();
      return [name, copy];
    }),
  );
}

/**
 * V of many states, for targets that are recomputed: inputs `states` `[B, S]`, output `values` `[B, 1]`.
 *
 * @param shape the critic's width and depth, which V has too
 * @returns the step, to be compiled
 */
export function valueStep(shape: CriticShape): StepDefinition {
  return {
    name: "critic.value",
    step: (state, inputs) => ({
      state,
      outputs: { values: stateValues(state, shape, entry(inputs, "states")) },
    }),
  };
}
