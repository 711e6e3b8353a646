/**
 * Labels of the actor: states, and the weighted mean of many candidates in each.
 * @module
 */
import * as tf from "tf";
import type { StepDefinition, Stored } from "@cugro/tensors/seam";
import { checkCritic, criticShape } from "../critic/critic_network.ts";
import { behaviorShape } from "../diffusion/denoiser_shape.ts";
import { passOf } from "../generators/generator_families.ts";
import { normalise, OBSERVATION_CLAMP } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";
import { entry, knownTasks, matrix } from "../numerics/weights.ts";
import { taskInputs } from "./create_policy.ts";
import { actState, candidateNoise, hasDiscreteActions, openCandidates } from "./acting_steps.ts";
import { countRows, knownNormaliser, padRows, type PolicyInput } from "./policy_input.ts";
import { combineCandidates } from "./selection.ts";

/** Candidates of one pass at most: the sampler's take eleven calls each. */
const CANDIDATES_OF_PASS = 4_096;

/** Input of an actor's labels. */
export interface ChoiceLabelInput {
  policy: PolicyInput;
  /** Who draws the candidates. */
  by: "sampler" | "proposer";
  task: number;
  /** Candidates of which a label is the mean, in place of the policy's. */
  candidates: number;
  /** `[n, S]` raw */
  states: Float32Array;
  /** Decides the noise. */
  seed: number;
  /** Called after every pass. `labels`: those made so far, for a later `resume`. */
  onProgress?: (done: number, count: number, labels: () => ChoiceLabels) => void | Promise<void>;
  /** Labels that an earlier run of the same labelling had made. */
  resume?: ChoiceLabels | undefined;
}

/** Labels of an actor. */
export interface ChoiceLabels {
  /** The weighted mean of the candidates `[n, A]`, normalised; of discrete actions the weight of each class. */
  targets: Float32Array;
  /** 1 where the weighted candidates fall apart into two groups, see `findModes`; 0 for discrete actions `[n]`. */
  apart: Float32Array;
}

/**
 * What an actor should answer: the mean that acting would choose, over more candidates than acting has. With `selection: one`
 * it is the mean of what would be drawn.
 *
 * @param input weights, normalisers, task, states `[n, S]` and a seed
 * @returns `targets` `[n, A]`, normalised, and `apart` `[n]`: 1 where candidates fall apart into two groups
 * @throws {InvalidInputError} for an unknown task, a wrong shape or a state that is not finite
 */
export async function labelChoices(input: ChoiceLabelInput): Promise<ChoiceLabels> {
  const { states, by, resume } = input;
  const policy: PolicyInput = {
    ...input.policy,
    hyperparameters: knobsOfChoice(input.policy.hyperparameters, input.candidates),
  };
  const { actionDim } = policy;
  checkNetworks(policy);
  const count = countRows(states, policy.stateDim, "states");
  const { batch, inputsOf } = openPasses({ ...input, policy });
  const labels = { targets: new Float32Array(count * actionDim), apart: new Float32Array(count) };
  labels.targets.set(resume?.targets ?? []);
  labels.apart.set(resume?.apart ?? []);
  const step = policy.compile(choiceStep(policy, by), actState(policy, by), inputsOf(0));
  try {
    for (let pass = Math.ceil((resume?.apart.length ?? 0) / batch); pass * batch < count; pass++) {
      const outputs = await step.run(inputsOf(pass));
      const rows = Math.min(batch, count - pass * batch);
      const taken = (name: string, width: number) =>
        (entry(outputs, name).data as Float32Array).subarray(0, rows * width);
      labels.targets.set(taken("targets", actionDim), pass * batch * actionDim);
      labels.apart.set(taken("apart", 1), pass * batch);
      const done = pass * batch + rows;
      await input.onProgress?.(done, count, () => ({
        targets: labels.targets.slice(0, done * actionDim),
        apart: labels.apart.slice(0, done),
      }));
    }
  } finally {
    step.dispose();
  }
  return labels;
}

/** Inputs of each pass; the last one's rows beyond the states are 0. */
function openPasses({ policy, by, task, states, seed }: ChoiceLabelInput) {
  const { stateDim, hyperparameters: { candidates } } = policy;
  const noiseDim = candidateNoise(policy, by);
  const normaliser = knownNormaliser(policy, task);
  const observed = normalise(states, normaliser.states, OBSERVATION_CLAMP);
  const batch = Math.max(1, Math.min(256, Math.floor(CANDIDATES_OF_PASS / candidates)));
  const fixed = taskInputs(policy, by, task, normaliser);
  const inputsOf = (pass: number): Stored => {
    const rows = observed.subarray(pass * batch * stateDim, (pass + 1) * batch * stateDim);
    const noise = createRng(seed, `choices.${pass}`).normals(batch * candidates * noiseDim);
    return {
      ...fixed,
      states: matrix(padRows(rows, batch * stateDim), stateDim),
      noise: matrix(noise, noiseDim),
    };
  };
  return { batch, inputsOf };
}

function checkNetworks({ behaviorGenerator, critic, stateDim, actionDim, hyperparameters: h }: PolicyInput) {
  const shape = behaviorShape(stateDim, actionDim, knownTasks(behaviorGenerator).length, h);
  passOf(shape, h).check(behaviorGenerator);
  checkCritic(critic, criticShape(stateDim, actionDim, h));
}

/** The number of candidates asked for; the weights that `one` draws by are those of `soft`. */
function knobsOfChoice(
  h: PolicyInput["hyperparameters"],
  candidates: number,
): PolicyInput["hyperparameters"] {
  return { ...h, candidates, selection: h.selection === "one" ? "soft" : h.selection };
}

/** Outputs: `targets` `[n, A]` and `apart` `[n]`. */
function choiceStep(policy: PolicyInput, by: "sampler" | "proposer"): StepDefinition {
  const choose = openCandidates(policy, by, true);
  return {
    name: "policy.label",
    identity: JSON.stringify([
      by,
      policy.hyperparameters,
      hasDiscreteActions(policy),
      policy.stateDim,
      policy.actionDim,
    ]),
    step: (state, inputs) => {
      const { weights, actions, modes } = choose(state, inputs);
      const apart = modes ? tf.squeeze(modes.apart, [1]) : tf.zeros([weights.shape[0]]);
      return { state, outputs: { targets: combineCandidates(weights, actions), apart } };
    },
  };
}
