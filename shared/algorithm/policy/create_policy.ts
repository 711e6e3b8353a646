/**
 * The policy: candidates from the behavior generator, judged by the task's head of the critic, made into one action.
 * A decision for a batch of states is one compiled step.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { CompiledStep, Stored } from "@cugro/tensors/seam";
import { decisionNoise, type NoiseShare, openNoise, rowSources } from "./action_noise.ts";
import { actState, actStep, candidateNoise, judgeStep } from "./acting_steps.ts";
import { criticRows } from "../critic/critic_batches.ts";
import { checkCritic, criticShape, trainableWeights } from "../critic/critic_network.ts";
import { taskOneHot } from "../diffusion/denoiser.ts";
import {
  denormalise,
  normalise,
  normalisedLimits,
  type Normaliser,
  OBSERVATION_CLAMP,
} from "../numerics/normaliser.ts";
import {
  countRows,
  knownNormaliser,
  networkOf,
  paddedSize,
  padRows,
  type PolicyInput,
  stepFor,
  type WayOfActing,
} from "./policy_input.ts";
import { entry, knownTasks, matrix, taskRow } from "../numerics/weights.ts";

/** Batches are padded to one of these, so that few graphs serve any number of states. */
const BATCH_SIZES = [1, 4, 20, 64, 256] as const;
const VALUE_BATCH_SIZES = [64, 1_024] as const;

/** A policy that can be asked. Calls may overlap; they are answered one after the other. */
export interface Policy {
  /**
   * One action for each state.
   * @param task id of a task that the weights know
   * @param states `[n, S]` raw
   * @param noise a seed: the same seed and state give the same candidates, whatever comes after it in the batch. Or
   * whose rows these are, in order: each asker's rows get what {@linkcode openNoise} of its seed gives them alone
   * @param acting the way of acting; not given: the task's, or the sampler. The actor needs no noise
   * @returns `[n, A]` raw, within the task's own action bounds
   * @throws {InvalidInputError} for an unknown task, a wrong shape, a state that is not finite, or shares that are not n rows
   */
  act(
    task: number,
    states: Float32Array,
    noise: number | readonly NoiseShare[],
    acting?: WayOfActing,
  ): Promise<Float32Array>;
  /**
   * Q^task of given actions: the discounted return in raw reward units, judged as pessimistically as when acting.
   * @param states `[n, S]` raw
   * @param actions `[n, A]` raw
   * @returns `[n]`
   */
  value(task: number, states: Float32Array, actions: Float32Array): Promise<Float32Array>;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Opens a policy.
 * Source: arXiv 2404.10662, Eq. 7 (of its first version); SfBC (Chen et al. 2023).
 *
 * @param input weights, normalisers, sizes and hyperparameters
 * @returns states `[n, S]` in, actions `[n, A]` out, raw units; dispose it
 * @throws {InvalidInputError} if the weights are not as the hyperparameters say
 */
export function createPolicy(input: PolicyInput): Policy {
  checkCritic(input.critic, criticShape(input.stateDim, input.actionDim, input.hyperparameters));
  const actSteps = new Map<string, CompiledStep>(), valueSteps = new Map<number, CompiledStep>();
  let last: Promise<unknown> = Promise.resolve();
  /** A compiled step must not be entered twice: each call waits for the one before, whether that failed or not. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    act: (task, states, noise, acting = input.actingByTask?.get(task) ?? "sampler") =>
      inTurn(() => act(input, actSteps, acting, task, states, noise)),
    value: (task, states, actions) => inTurn(() => value(input, valueSteps, task, states, actions)),
    dispose: () => {
      for (const step of [...actSteps.values(), ...valueSteps.values()]) step.dispose();
      actSteps.clear();
      valueSteps.clear();
    },
  };
}

async function act(
  input: PolicyInput,
  steps: Map<string, CompiledStep>,
  acting: WayOfActing,
  task: number,
  states: Float32Array,
  source: number | readonly NoiseShare[],
): Promise<Float32Array> {
  const { stateDim, actionDim, hyperparameters } = input;
  const normaliser = knownNormaliser(input, task);
  const count = countRows(states, stateDim, "states");
  const observed = normalise(states, normaliser.states, OBSERVATION_CLAMP);
  const shares = typeof source === "number" ? [{ noise: openNoise(source), rows: count }] : source;
  const sources = rowSources(shares, count);
  const noise = acting === "actor"
    ? () => ({})
    : decisionNoise(hyperparameters, candidateNoise(input, acting), sources);
  const actions = new Float32Array(count * actionDim);
  for (let from = 0; from < count;) {
    const size = Math.min(count - from, BATCH_SIZES[BATCH_SIZES.length - 1]!);
    const padded = paddedSize(BATCH_SIZES, size);
    const chunk = padRows(observed.subarray(from * stateDim, (from + size) * stateDim), padded * stateDim);
    const inputs = {
      ...taskInputs(input, acting, task, normaliser),
      states: matrix(chunk, stateDim),
      ...noise(size, padded),
    };
    const make = () => input.compile(actStep(input, acting), actState(input, acting), inputs);
    const outputs = await stepFor(steps, `${acting}/${padded}`, make).run(inputs);
    actions.set(
      (entry(outputs, "actions").data as Float32Array).subarray(0, size * actionDim),
      from * actionDim,
    );
    from += size;
  }
  return denormalise(actions, normaliser.actions);
}

function row(data: Float32Array): Stored[string] {
  return { shape: [1, data.length], data };
}

/**
 * What a step has to be told about the task.
 *
 * @param input of the policy
 * @param acting sampler, proposer or actor
 * @param task an id
 * @param normaliser of the task
 * @returns one-hot row of the task, limits `[1, A]`, and where candidates are judged the one-hot row of the head
 */
export function taskInputs(
  input: PolicyInput,
  acting: WayOfActing,
  task: number,
  { states, actions }: Normaliser,
): Stored {
  const { low, high } = normalisedLimits(actions);
  const ofTask = {
    taskOneHot: taskOneHot(knownTasks(networkOf(input, acting)), task),
    low: row(low),
    high: row(high),
  };
  if (acting === "actor") return ofTask;
  return {
    ...ofTask,
    head: taskOneHot(knownTasks(input.critic), task),
    ...(input.hyperparameters.criticNormalisedInputs ? {} : {
      centre: row(Float32Array.of(...states.centre, ...actions.centre)),
      halfRange: row(Float32Array.of(...states.halfRange, ...actions.halfRange)),
    }),
  };
}

async function value(
  input: PolicyInput,
  steps: Map<number, CompiledStep>,
  task: number,
  states: Float32Array,
  actions: Float32Array,
): Promise<Float32Array> {
  const { stateDim, actionDim, hyperparameters: h, critic } = input;
  const normaliser = knownNormaliser(input, task);
  const count = countRows(states, stateDim, "states");
  if (countRows(actions, actionDim, "actions") !== count) {
    throw new InvalidInputError(`Cannot value ${actions.length / actionDim} actions in ${count} states`);
  }
  const width = stateDim + actionDim;
  const rows = criticRows(states, actions, count, h.criticNormalisedInputs ? normaliser : undefined);
  const head = taskRow(knownTasks(critic), task);
  const mean = entry(critic, "returns.mean").data[head]!, std = entry(critic, "returns.std").data[head]!;
  const values = new Float32Array(count);
  for (let from = 0; from < count;) {
    const size = Math.min(count - from, VALUE_BATCH_SIZES[VALUE_BATCH_SIZES.length - 1]!);
    const padded = paddedSize(VALUE_BATCH_SIZES, size);
    const chunk = padRows(rows.subarray(from * width, (from + size) * width), padded * width);
    const inputs = { rows: matrix(chunk, width), head: taskOneHot(knownTasks(critic), task) };
    const make = () =>
      input.compile(judgeStep(criticShape(stateDim, actionDim, h), h), trainableWeights(critic), inputs);
    const outputs = await stepFor(steps, padded, make).run(inputs);
    values.set(
      (entry(outputs, "values").data as Float32Array).subarray(0, size).map((q) => q * std + mean),
      from,
    );
    from += size;
  }
  return values;
}
