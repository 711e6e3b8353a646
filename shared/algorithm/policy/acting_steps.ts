/**
 * The tensor side of a policy: a decision for a batch of states, and the judgement of given actions. Pure steps.
 * @module
 */
import * as tf from "tf";
import type { Params, StepDefinition, Stored } from "@cugro/tensors/seam";
import { type CriticShape, criticShape, qValues, trainableWeights } from "../critic/critic_network.ts";
import { denoiserWeights } from "../diffusion/denoiser.ts";
import { behaviorShape } from "../diffusion/denoiser_shape.ts";
import {
  answerInOneStep,
  checkOneStep,
  initOneStep,
  oneStepShape,
} from "../distillation/one_step_network.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { findModes, type Modes, weightsOfHeavierMode } from "./modes.ts";
import { networkOf, type PolicyInput, type WayOfActing } from "./policy_input.ts";
import { candidateWeights, combineCandidates, oneHotOfBest, pessimisticValue } from "./selection.ts";
import type { SamplingPass } from "../diffusion/sampling.ts";
import { passOf } from "../generators/generator_families.ts";
import { createRng } from "../numerics/rng.ts";
import { entry, knownTasks, withoutPrefix, withPrefix } from "../numerics/weights.ts";

/**
 * One decision for a batch. Output `actions` `[n, A]`, normalised. Sampler and proposer draw M candidates a state, judge
 * and select; the actor answers.
 * Discrete candidates are one-hot rows before they are judged, and the one with the greatest weight is chosen, never a mean.
 * Source: arXiv 2404.10662, Eq. 7 (of its first version): weights proportional to exp(alpha Q).
 *
 * @param input of the policy
 * @param acting sampler, proposer or actor
 * @returns the step, to be compiled
 */
export function actStep(input: PolicyInput, acting: WayOfActing): StepDefinition {
  const { stateDim, actionDim, hyperparameters: h } = input;
  const discrete = hasDiscreteActions(input);
  const choose = acting === "actor" ? openActor(input) : openCandidates(input, acting);
  const shapes = acting === "actor"
    ? actorShape(input)
    : [candidatesShape(input, acting), criticShape(stateDim, actionDim, h)];
  return {
    name: "policy.act",
    identity: JSON.stringify([acting, shapes, h, discrete]),
    step: (state, inputs) => {
      const decided = choose(state, inputs);
      const chosen = "weights" in decided ? combineCandidates(decided.weights, decided.actions) : decided;
      return { state, outputs: { actions: discrete ? oneHotOfBest(chosen) : chosen } };
    },
  };
}

/**
 * The weights that a way of acting needs, as the state of its step.
 *
 * @param input of the policy
 * @param acting sampler, proposer or actor
 * @returns weights by name
 * @throws {InvalidInputError} if they are not as the hyperparameters say
 */
export function actState(input: PolicyInput, acting: WayOfActing): Stored {
  const weights = networkOf(input, acting);
  if (acting !== "sampler") {
    const shape = acting === "actor" ? actorShape(input) : proposerShape(input);
    checkOneStep(weights, shape, initOneStep(shape, createRng(0)));
  }
  const needed = acting === "sampler" ? samplerPass(input).weights(weights) : denoiserWeights(weights);
  const network = withPrefix(needed, `${acting}/`);
  return acting === "actor"
    ? network
    : { ...network, ...withPrefix(trainableWeights(input.critic), "critic/") };
}

/** Candidates of a batch of states, those of one state together, and their weights. */
export interface Candidates {
  /** `[n, M]` */
  weights: tf.Tensor2D;
  /** `[n * M, A]` */
  actions: tf.Tensor2D;
  /** Modes, if they were looked for; discrete actions are chosen, never averaged, and have none. */
  modes?: Modes;
}

/**
 * Candidates and their weights for a batch of states; with `selection: mode` those of the lighter of two groups have none.
 * Inputs: `states` `[n, S]`, `noise` `[n * M, A]`, the task's one-hot rows
 * `taskOneHot` and `head`, limits `low` and `high`; for `selection: one` also `gumbel`.
 *
 * @param input of the policy
 * @param acting what draws the candidates
 * @param looksForModes whether candidates that fall into two groups are separated
 * @returns state and inputs -> candidates `[n * M, A]` and weights `[n, M]`
 */
export function openCandidates(
  input: PolicyInput,
  acting: "sampler" | "proposer",
  looksForModes = false,
): (state: Params, inputs: Params) => Candidates {
  const { stateDim, actionDim, hyperparameters: h } = input;
  const critic = criticShape(stateDim, actionDim, h);
  const draw = openDraw(input, acting);
  const discrete = hasDiscreteActions(input);
  return (state, inputs) => {
    const states = entry(inputs, "states") as tf.Tensor2D;
    const samples = draw(withoutPrefix(state, `${acting}/`), inputs);
    const actions = discrete ? oneHotOfBest(samples) : samples;
    const rows = tf.concat([repeatRows(states, h.candidates), actions], 1);
    const q = qValues(
      withoutPrefix(state, "critic/"),
      critic,
      criticInputs(rows, inputs),
      entry(inputs, "head"),
    );
    const judged = tf.reshape(pessimisticValue(q, h.pessimism), [states.shape[0], h.candidates]);
    const all = candidateWeights(judged as tf.Tensor2D, h, inputs["gumbel"]);
    if (discrete || (h.selection !== "mode" && !looksForModes)) return { weights: all, actions };
    const modes = findModes(all, actions, entry(inputs, "low"), entry(inputs, "high"));
    return { weights: h.selection === "mode" ? weightsOfHeavierMode(all, modes) : all, actions, modes };
  };
}

/** How candidates are drawn from noise: eleven calls of the diffusion, or one of the proposer. */
function openDraw(
  input: PolicyInput,
  acting: "sampler" | "proposer",
): (network: Params, inputs: Params) => tf.Tensor2D {
  if (acting === "sampler") {
    const pass = samplerPass(input);
    return (network, inputs) => {
      const { states: condition, low, high, noise, taskOneHot } = inputs as Named;
      return pass.draw(network, { noise, condition, taskOneHot, low, high });
    };
  }
  const shape = proposerShape(input);
  return (network, inputs) => {
    const { states, low, high, noise, taskOneHot } = inputs as Named;
    return clamped(answerInOneStep(network, shape, { states, noise, taskOneHot }), low, high);
  };
}

/** The actor's answers, within the task's limits. */
function openActor(input: PolicyInput): (state: Params, inputs: Params) => tf.Tensor2D {
  const shape = actorShape(input);
  return (state, inputs) => {
    const { states, low, high, taskOneHot } = inputs as Named;
    return clamped(answerInOneStep(withoutPrefix(state, "actor/"), shape, { states, taskOneHot }), low, high);
  };
}

type Named = Record<"states" | "low" | "high" | "noise" | "taskOneHot", tf.Tensor>;

function clamped(actions: tf.Tensor2D, low: tf.Tensor, high: tf.Tensor): tf.Tensor2D {
  return tf.minimum(tf.maximum(actions, low), high) as tf.Tensor2D;
}

function candidatesShape(input: PolicyInput, acting: "sampler" | "proposer") {
  return acting === "sampler" ? samplerShape(input) : proposerShape(input);
}

/**
 * Numbers of noise that a candidate begins with.
 *
 * @param input of the policy
 * @param acting what draws the candidates
 * @returns A for diffusion and the proposer; what its family takes for another generator
 */
export function candidateNoise(input: PolicyInput, acting: "sampler" | "proposer"): number {
  return acting === "sampler" ? samplerPass(input).noiseDim : input.actionDim;
}

/** How the behavior generator draws candidates. */
function samplerPass(input: PolicyInput): SamplingPass {
  const { hyperparameters: h } = input;
  return passOf(samplerShape(input), { ...h, functionEvaluations: h.actingEvaluations });
}

function samplerShape({ stateDim, actionDim, behaviorGenerator, hyperparameters }: PolicyInput) {
  return behaviorShape(stateDim, actionDim, knownTasks(behaviorGenerator).length, hyperparameters);
}

function proposerShape(input: PolicyInput) {
  return oneStepShape(
    "proposer",
    input,
    knownTasks(networkOf(input, "proposer")).length,
    input.hyperparameters,
  );
}

function actorShape(input: PolicyInput) {
  return oneStepShape("actor", input, knownTasks(networkOf(input, "actor")).length, input.hyperparameters);
}

/**
 * All tasks of a learner have discrete actions, or none.
 *
 * @param input of the policy
 * @returns whether actions are one-hot rows
 */
export function hasDiscreteActions({ normalisers }: Pick<PolicyInput, "normalisers">): boolean {
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

/**
 * Q of rows by one head: inputs `rows` `[B, S + A]` and `head` `[1, n]`, output `values` `[B]` in the head's scale.
 *
 * @param shape of the critic
 * @param h layer normalisation
 * @returns the step, to be compiled
 */
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
