/**
 * The networks that an estimate keeps of a task: what they are made of, and what they say of states and actions.
 *
 * Names: those of a critic with one head (`../critic/critic_network.ts`); beside them `discount` `[1]`, `episodeSteps` `[1]`
 * (mean length of the data's episodes), and, once the task is learnt, `probe.states` `[M, S]` (pseudo-states, raw) and
 * `probe.values` `[M, E]` (what the networks say there of the policy that learnt the task, in units of reward).
 * @module
 */
import type { Compile, CompiledStep, Stored } from "@cugro/tensors/seam";
import { criticRows } from "../critic/critic_batches.ts";
import { growCritic } from "../critic/critic_growth.ts";
import { type CriticShape, initCritic, trainableWeights } from "../critic/critic_network.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import type { Normaliser } from "../numerics/normaliser.ts";
import { entry, matrix } from "../numerics/weights.ts";
import { ESTIMATE_NETWORKS, numberIn } from "./read_estimates.ts";
import { valuesStep } from "./value_step.ts";

/** Rewards that follow n steps later count this many to the nth: farther than acting looks, as a whole episode is judged. */
export const ESTIMATE_DISCOUNT = 0.98;
const WIDTH = 96;
const LAYERS = 2;
const BATCH = 1_024;

/** Scale of a task's values: mean and spread, in units of reward. */
export interface ValueScale {
  mean: number;
  std: number;
}

/**
 * Fresh networks for a task, by the seed.
 *
 * @param settings task, number of inputs, seed, scale of returns, steps of an episode
 * @returns kernels and biases of E networks side by side, float32
 */
export function initValues(
  { task, inputs, seed, scale, episodeSteps }: {
    task: number;
    /** S + A */
    inputs: number;
    seed: number;
    scale: ValueScale;
    episodeSteps: number;
  },
): Stored {
  const shape = { inputs, width: WIDTH, layers: LAYERS, ensemble: ESTIMATE_NETWORKS, layerNorm: true };
  return {
    ...growCritic(initCritic(shape, seed), shape, task, seed, scale),
    discount: { shape: [1], data: Float32Array.of(ESTIMATE_DISCOUNT) },
    episodeSteps: { shape: [1], data: Float32Array.of(episodeSteps) },
  };
}

/**
 * What stored networks are made of, told from their tensors: those of other versions of this code stay readable.
 *
 * @param network stored weights
 * @returns width, depth and number of networks
 */
export function valueShape(network: Stored): CriticShape {
  const [inputs, width] = entry(network, "trunk.0.0.kernel").shape as [number, number];
  const count = (name: (n: number) => string) => {
    let n = 0;
    while (network[name(n)] !== undefined) n++;
    return n;
  };
  return {
    ...{ inputs, width, layerNorm: true },
    layers: count((l) => `trunk.0.${l}.kernel`),
    ensemble: count((e) => `head.${e}.kernel`),
  };
}

/** Networks that can be asked. Calls must not overlap. */
export interface Values {
  networks: number;
  /**
   * @param states `[n, S]` raw
   * @param actions `[n, A]` raw
   * @returns `[n, E]`, discounted returns in units of reward
   */
  of(states: Float32Array, actions: Float32Array): Promise<Float32Array>;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Opens stored networks.
 *
 * @param network stored weights
 * @param normaliser of the task
 * @param compile makes the step
 * @returns a function of states and actions; dispose it
 * @throws {InvalidInputError} where they are of other shapes than the task
 */
export function openValues(network: Stored, normaliser: Normaliser, compile: Compile): Values {
  const shape = valueShape(network);
  const [stateDim, actionDim] = [normaliser.states.centre.length, normaliser.actions.centre.length];
  if (shape.inputs !== stateDim + actionDim) {
    throw new InvalidInputError(
      `Cannot estimate with networks of ${shape.inputs} inputs: the task has ${stateDim} + ${actionDim}`,
    );
  }
  const head = { shape: [1, 1], data: Float32Array.of(1) };
  const [mean, std] = [numberIn(network, "returns.mean"), numberIn(network, "returns.std")];
  let step: CompiledStep | undefined;
  return {
    networks: shape.ensemble,
    async of(states, actions) {
      const size = states.length / stateDim;
      const rows = criticRows(states, actions, size, normaliser);
      const values = new Float32Array(size * shape.ensemble);
      for (let from = 0; from < size; from += BATCH) {
        const padded = new Float32Array(BATCH * shape.inputs);
        padded.set(rows.subarray(from * shape.inputs, (from + BATCH) * shape.inputs));
        const inputs = { rows: matrix(padded, shape.inputs), head };
        step ??= compile(valuesStep(shape), trainableWeights(network), inputs);
        const found = entry(await step.run(inputs), "values").data as Float32Array;
        const wanted = Math.min(BATCH, size - from) * shape.ensemble;
        values.set(found.subarray(0, wanted).map((q) => q * std + mean), from * shape.ensemble);
      }
      return values;
    },
    dispose: () => step?.dispose(),
  };
}
