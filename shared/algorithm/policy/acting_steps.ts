/**
 * The tensor side of a policy: a decision for a batch of states, and the judgement of given actions. Pure steps.
 * @module
 */
import * as tf from "tf";
import type { Params, StepDefinition } from "@cugro/tensors/seam";
import { type CriticShape, criticShape, qValues } from "../critic/critic_network.ts";
import { behaviorShape } from "../diffusion/denoiser_shape.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { findModes, weightsOfHeavierMode } from "./modes.ts";
import type { PolicyInput } from "./policy_input.ts";
import { candidateWeights, combineCandidates, oneHotOfBest, pessimisticValue } from "./selection.ts";
import { planSolver, solve } from "../diffusion/solver.ts";
import { entry, knownTasks, withoutPrefix } from "../numerics/weights.ts";

/**
 * One decision for a batch: draw M candidates a state, judge, select. Output `actions` `[n, A]`, normalised.
 * Discrete candidates are one-hot rows before they are judged, and the one with the greatest weight is chosen, never a mean.
 */
export function actStep(input: PolicyInput): StepDefinition {
  const { stateDim, actionDim, hyperparameters: h } = input;
  const behavior = behaviorShape(stateDim, actionDim, knownTasks(input.behaviorGenerator).length, h);
  const critic = criticShape(stateDim, actionDim, h);
  const plan = planSolver({ ...h, functionEvaluations: h.actingEvaluations });
  const discrete = hasDiscreteActions(input);
  return {
    name: "policy.act",
    identity: JSON.stringify([behavior, critic, h, discrete]),
    step: (state, inputs) => {
      const states = entry(inputs, "states") as tf.Tensor2D;
      const { low, high, noise, taskOneHot } = inputs as Record<
        "low" | "high" | "noise" | "taskOneHot",
        tf.Tensor
      >;
      const drawn = { noise, condition: states, taskOneHot, low, high };
      const samples = solve(withoutPrefix(state, "behavior/"), behavior, plan, drawn);
      const actions = discrete ? oneHotOfBest(samples) : samples;
      const rows = tf.concat([repeatRows(states, h.candidates), actions], 1);
      const q = qValues(
        withoutPrefix(state, "critic/"),
        critic,
        criticInputs(rows, inputs),
        entry(inputs, "head"),
      );
      const judged = tf.reshape(pessimisticValue(q, h.pessimism), [
        states.shape[0],
        h.candidates,
      ]) as tf.Tensor2D;
      const all = candidateWeights(judged, h, inputs["gumbel"]);
      const weights = h.selection === "mode" && !discrete
        ? weightsOfHeavierMode(all, findModes(all, actions, low, high))
        : all;
      const chosen = combineCandidates(weights, actions);
      return { state, outputs: { actions: discrete ? oneHotOfBest(chosen) : chosen } };
    },
  };
}

/** All tasks of a learner have discrete actions, or none. */
function hasDiscreteActions({ normalisers }: PolicyInput): boolean {
  return normalisers.values().some(({ actions }) => actions.classes !== undefined);
}

/** `[n, S]` -> `[n * times, S]`, the copies of one row together. */
function repeatRows(rows: tf.Tensor2D, times: number): tf.Tensor2D {
  const [count, width] = rows.shape;
  return tf.reshape(tf.tile(tf.expandDims(rows, 1), [1, times, 1]), [count * times, width]);
}

/** Normalised rows, or raw ones for a critic that takes those. */
function criticInputs(rows: tf.Tensor, inputs: Params): tf.Tensor {
  const { centre, halfRange } = inputs;
  return centre && halfRange ? tf.add(tf.mul(rows, halfRange), centre) : rows;
}

/** Q of rows by one head: inputs `rows` `[B, S + A]` and `head` `[1, n]`, output `values` `[B]` in the head's scale. */
export function judgeStep(shape: CriticShape, h: Hyperparameters): StepDefinition {
  return {
    name: "policy.value",
    identity: JSON.stringify([shape, h.pessimism]),
    step: (state, inputs) => {
      const q = qValues(state, shape, entry(inputs, "rows"), entry(inputs, "head"));
      return { state, outputs: { values: pessimisticValue(q, h.pessimism) } };
    },
  };
}
