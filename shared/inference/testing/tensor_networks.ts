/**
 * For tests only: the same networks and decisions with tensors, as they are trained.
 * @module
 */
import * as tf from "tf";
import {
  denormalise,
  normalise,
  normalisedLimits,
  type Normaliser,
  type Stored,
} from "@cugro/algorithm/arrays";
import { knownTasks, OBSERVATION_CLAMP } from "@cugro/algorithm/arrays";
import { entry, taskRow } from "@cugro/algorithm/numerics";
import { type Params, toParams } from "@cugro/tensors/seam";
import { type CriticShape, qValues, trainableWeights } from "../../algorithm/critic/critic_network.ts";
import { answerInOneStep, oneStepShape } from "../../algorithm/distillation/one_step_network.ts";
import {
  candidateWeights,
  combineCandidates,
  oneHotOfBest,
  pessimisticValue,
} from "../../algorithm/policy/selection.ts";
import { findModes, weightsOfHeavierMode } from "../../algorithm/policy/modes.ts";
import type { InferenceKnobs } from "../session_input.ts";

/** g(s, k) or g(z, s, k) `[B, A]`, normalised, not clamped. */
export function oneStepTensor(
  weights: Stored,
  states: tf.Tensor,
  task: number,
  noise?: tf.Tensor,
): tf.Tensor2D {
  const { tasks: _tasks, ...floats } = weights;
  const actionDim = entry(weights, "output.bias").data.length;
  const dims = { stateDim: states.shape[1]!, actionDim };
  const blocks = Object.keys(weights).filter((name) => /^block\.\d+\.0\.kernel$/.test(name)).length;
  const knobs = { denoiserWidth: entry(weights, "input.bias").data.length, denoiserBlocks: blocks };
  const shape = oneStepShape(noise ? "proposer" : "actor", dims, knownTasks(weights).length, knobs);
  return answerInOneStep(toParams(floats), shape, { states, noise, taskOneHot: oneHotRow(weights, task) });
}

function oneHotRow(weights: Stored, task: number): tf.Tensor2D {
  const tasks = knownTasks(weights);
  return tf.cast(
    tf.oneHot(tf.tensor1d([taskRow(tasks, task)], "int32"), tasks.length),
    "float32",
  ) as tf.Tensor2D;
}

/** What a decision is made of. */
export interface TensorDecision {
  network: Stored;
  critic: Stored;
  shape: CriticShape;
  knobs: InferenceKnobs;
  normaliser: Normaliser;
  task: number;
  /** `[n, S]` raw */
  states: Float32Array;
  /** `[n, M, A]`, and for `selection: one` `[n, M]` */
  noise: Stored;
}

/** Actions `[n, A]`, raw, of a proposer and a critic. */
export function decideWithTensors(decision: TensorDecision): Float32Array {
  const { network, critic, shape, knobs, normaliser, task, noise } = decision;
  const dim = normaliser.states.centre.length;
  const observed = normalise(decision.states, normaliser.states, OBSERVATION_CLAMP);
  const n = observed.length / dim;
  return tf.tidy(() => {
    const rows = tf.tensor3d(observed, [n, 1, dim]);
    const states = tf.reshape(tf.tile(rows, [1, knobs.candidates, 1]), [n * knobs.candidates, dim]);
    const params: Params = toParams(noise);
    const samples = clamped(oneStepTensor(network, states, task, entry(params, "noise")), normaliser);
    const discrete = normaliser.actions.classes !== undefined;
    const candidates = discrete ? oneHotOfBest(samples) : samples;
    const side = tf.concat([states, candidates], 1);
    const asked = knobs.criticNormalisedInputs ? side : rawRows(side, normaliser);
    const q = qValues(toParams(trainableWeights(critic)), shape, asked, oneHotRow(critic, task));
    const judged = tf.reshape(pessimisticValue(q, knobs.pessimism), [n, knobs.candidates]) as tf.Tensor2D;
    const all = candidateWeights(judged, knobs, params["gumbel"]);
    const { low, high } = normalisedLimits(normaliser.actions);
    const modes = () =>
      findModes(
        all,
        candidates,
        tf.tensor2d([...low], [1, low.length]),
        tf.tensor2d([...high], [1, high.length]),
      );
    const weights = knobs.selection === "mode" && !discrete ? weightsOfHeavierMode(all, modes()) : all;
    const chosen = combineCandidates(weights, candidates);
    return denormalise(chosen.dataSync() as Float32Array, normaliser.actions);
  });
}

/** Actions `[n, A]`, raw, of an actor. */
export function answerWithTensors(
  network: Stored,
  normaliser: Normaliser,
  task: number,
  states: Float32Array,
) {
  const observed = normalise(states, normaliser.states, OBSERVATION_CLAMP);
  return tf.tidy(() => {
    const dim = normaliser.states.centre.length;
    const rows = tf.tensor2d(observed, [observed.length / dim, dim]);
    const answer = clamped(oneStepTensor(network, rows, task), normaliser);
    return denormalise(answer.dataSync() as Float32Array, normaliser.actions);
  });
}

function clamped(actions: tf.Tensor2D, { actions: bounds }: Normaliser): tf.Tensor2D {
  const { low, high } = normalisedLimits(bounds);
  return tf.minimum(tf.maximum(actions, tf.tensor1d(low)), tf.tensor1d(high)) as tf.Tensor2D;
}

function rawRows(rows: tf.Tensor, { states, actions }: Normaliser): tf.Tensor {
  const halfRange = Float32Array.of(...states.halfRange, ...actions.halfRange);
  const centre = Float32Array.of(...states.centre, ...actions.centre);
  return tf.add(tf.mul(rows, tf.tensor1d(halfRange)), tf.tensor1d(centre));
}
