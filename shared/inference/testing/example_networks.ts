/**
 * For tests only: random networks of any size, right in every shape.
 * @module
 */
import {
  createRng,
  fitNormaliser,
  type Normaliser,
  presets,
  type Rng,
  type Stored,
} from "@cugro/algorithm/arrays";
import { initLinear, tasksTensor } from "@cugro/algorithm/numerics";
import { growCritic } from "../../algorithm/critic/critic_growth.ts";
import { initCritic } from "../../algorithm/critic/critic_network.ts";
import type { InferenceKnobs } from "../session_input.ts";

/** Sizes of an example. */
export interface ExampleSizes {
  stateDim: number;
  actionDim: number;
  width: number;
  blocks: number;
  tasks: number[];
}

/** Odd in every way. */
export const ODD: ExampleSizes = { stateDim: 5, actionDim: 3, width: 37, blocks: 2, tasks: [4, 2, 9] };
/** As `default` has them for the half cheetah. */
export const DEFAULT: ExampleSizes = {
  stateDim: 17,
  actionDim: 6,
  width: 256,
  blocks: 3,
  tasks: [1, 2, 3, 4, 5],
};

/** Weights of a proposer or an actor. */
export function oneStepWeights(kind: "actor" | "proposer", sizes: ExampleSizes, seed = 1): Stored {
  const { stateDim, actionDim, width, blocks, tasks } = sizes;
  const rng = createRng(seed, kind);
  const noiseDim = kind === "proposer" ? actionDim : 0;
  const weights: Stored = {
    ...initLinear(rng, "condition", stateDim, width, stateDim + noiseDim),
    ...(noiseDim > 0 ? initLinear(rng, "input", noiseDim, width, stateDim + noiseDim) : {}),
    taskEmbedding: { shape: [tasks.length, width], data: rng.normals(tasks.length * width) },
    ...blockWeights(rng, blocks, width),
    ...initLinear(rng, "output", width, actionDim),
    tasks: tasksTensor(tasks),
  };
  weights["input.bias"] = weights["condition.bias"]!;
  delete weights["condition.bias"];
  return weights;
}

function blockWeights(rng: Rng, blocks: number, width: number): Stored {
  return Object.assign(
    {},
    ...Array.from(
      { length: blocks * 2 },
      (_, i) => initLinear(rng, `block.${i >> 1}.${i & 1}`, width, width),
    ),
  );
}

/** Weights of a critic with a head for each task, in another order than the one-step networks have them. */
export function criticWeights(
  { stateDim, actionDim, width, tasks }: ExampleSizes,
  { ensemble = 2, layers = 2, layerNorm = true, seed = 1 } = {},
): Stored {
  const shape = { inputs: stateDim + actionDim, width, layers, ensemble, layerNorm };
  return tasks.toReversed().reduce(
    (weights, task, i) => growCritic(weights, shape, task, seed + i, { mean: 10 * i, std: 2 + i }),
    initCritic(shape, seed),
  );
}

/** A normaliser for each task. */
export function exampleNormalisers({ stateDim, actionDim, tasks }: ExampleSizes): Map<number, Normaliser> {
  return new Map(tasks.map((task) => {
    const rng = createRng(task, "normaliser"), size = 64;
    const states = rng.normals(size * stateDim), actions = rng.uniforms(size * actionDim, -0.4, 0.7);
    return [task, fitNormaliser({ states, actions, size, stateDim, actionDim })];
  }));
}

/** The knobs of `default`. */
export function exampleKnobs(over: Partial<InferenceKnobs> = {}): InferenceKnobs {
  return { ...presets.default, ...over };
}

/** Bit patterns, in which NaN and the sign of 0 count. */
export const bitsOf = (values: Float32Array): number[] => [...new Uint32Array(values.slice().buffer)];
