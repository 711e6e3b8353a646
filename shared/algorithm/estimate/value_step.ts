/**
 * One step of fitted Q evaluation (Le, Voloshin and Yue 2019) as a pure function of tensors: every network of the ensemble
 * is drawn towards r + gamma Q'(s', a'), where Q' is its own slow copy and a' what the policy does in s'.
 *
 * State: `weights/…` and Adam moments as in `numerics/optimiser.ts`; `target/…`, the slow copies.
 * @module
 */
import * as tf from "tf";
import type { Params, StepDefinition } from "@cugro/tensors/seam";
import { type CriticShape, qValues } from "../critic/critic_network.ts";
import { optimise, type OptimiserSettings } from "../numerics/optimiser.ts";
import { entry, withoutPrefix } from "../numerics/weights.ts";

/** Settings that fix the graph of a step. */
export interface ValueStepSettings {
  shape: CriticShape;
  /** Share of the way to the weights that the slow copies go in each step. */
  targetRate: number;
  optimiser: OptimiserSettings;
}

/**
 * The step. Inputs: `rows` and `nextRows` `[B, S + A]`, `head` `[1, 1]` of ones, `rewards` and `discounts` `[B, 1]` in
 * units of the network's scale, `shares` `[B, E]`: how often each row is among those that a network learns, and those of
 * `adamInputs`. Output: scalar `fit`, the mean squared distance from the targets.
 *
 * @param settings shape and optimiser
 * @returns the step, to be compiled
 */
export function valueFitStep(settings: ValueStepSettings): StepDefinition {
  const { shape } = settings;
  return {
    name: "estimate.fit",
    identity: JSON.stringify(settings),
    step: (state, inputs) => {
      const head = entry(inputs, "head");
      const slow = qValues(withoutPrefix(state, "target/"), shape, entry(inputs, "nextRows"), head);
      const targets = tf.add(entry(inputs, "rewards"), tf.mul(entry(inputs, "discounts"), slow));
      const { state: next, loss } = optimise(state, inputs, settings.optimiser, (weights) => {
        const q = qValues(weights, shape, entry(inputs, "rows"), head);
        return tf.mean(tf.mul(entry(inputs, "shares"), tf.squaredDifference(q, targets))) as tf.Scalar;
      });
      return { state: followWeights(next, settings.targetRate), outputs: { fit: loss } };
    },
  };
}

function followWeights(state: Params, rate: number): Params {
  const next: Params = { ...state };
  for (const name of Object.keys(withoutPrefix(state, "target/")).sort()) {
    const slow = entry(state, `target/${name}`);
    next[`target/${name}`] = tf.add(slow, tf.mul(tf.sub(entry(state, `weights/${name}`), slow), rate));
  }
  return next;
}

/**
 * Values of rows by every network. Inputs: `rows` `[B, S + A]`, `head` `[1, 1]`. Output: `values` `[B, E]`, scaled.
 *
 * @param shape of the networks
 * @returns the step, to be compiled
 */
export function valuesStep(shape: CriticShape): StepDefinition {
  return {
    name: "estimate.values",
    identity: JSON.stringify(shape),
    step: (state, inputs) => ({
      state,
      outputs: { values: qValues(state, shape, entry(inputs, "rows"), entry(inputs, "head")) },
    }),
  };
}
