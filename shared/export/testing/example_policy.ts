/**
 * For tests only: policies of every kind that can leave, with random weights, and all that a bundle of one is made of.
 * @module
 */
import {
  createRng,
  type Hyperparameters,
  type Normaliser,
  presets,
  type Stored,
} from "@cugro/algorithm/arrays";
import { tasksTensor } from "@cugro/algorithm/numerics";
import { initDenoiser } from "../../algorithm/diffusion/denoiser.ts";
import { behaviorShape, stateShape } from "../../algorithm/diffusion/denoiser_shape.ts";
import {
  criticWeights,
  exampleNormalisers,
  type ExampleSizes,
  oneStepWeights,
} from "../../inference/testing/example_networks.ts";
import type { ExportInput } from "../gather_version.ts";
import type { PartsInput } from "../parts.ts";

/** What an example is like. */
export interface ExampleKind {
  sizes: ExampleSizes;
  knobs: Partial<Hyperparameters>;
  classes?: number;
  /** Which one-step networks it has. */
  has?: readonly ("actor" | "proposer")[];
}

const SIZES: ExampleSizes = { stateDim: 5, actionDim: 3, width: 16, blocks: 2, tasks: [4, 2, 9] };
const SMALL: Partial<Hyperparameters> = { candidates: 6, actingEvaluations: 3, functionEvaluations: 4 };
const BOTH = ["actor", "proposer"] as const;

/** Together they have both networks, both solvers, every way of weighing, and both kinds of action. */
export const EXAMPLES: Readonly<Record<string, ExampleKind>> = {
  "residual network, two groups of candidates": { sizes: SIZES, knobs: SMALL, has: BOTH },
  "U-net, the best candidates, a raw critic, no last denoising": {
    sizes: SIZES,
    knobs: {
      ...{ ...SMALL, architecture: "unet", selection: "top", topCount: 2, finalDenoising: false },
      ...{ pessimism: 0.5, criticNormalisedInputs: false, behaviorKnowsTask: false },
    },
  },
  "the paper's solver, one critic, weights by the spread of candidates": {
    sizes: { ...SIZES, tasks: [1] },
    knobs: {
      ...{ ...SMALL, actingEvaluations: 6, solver: "dpm3", selection: "soft", inverseTemperature: 1 },
      ...{ selectionSpread: "candidates", criticEnsemble: 1, criticLayerNorm: false },
    },
    has: ["proposer"],
  },
  "discrete actions, one candidate drawn": {
    sizes: { ...SIZES, tasks: [2, 1] },
    knobs: { ...SMALL, selection: "one", architecture: "unet" },
    classes: 3,
    has: BOTH,
  },
};

/** A policy of that kind, with a generator of states. */
export function examplePolicy({ sizes, knobs, classes, has = [] }: ExampleKind): PartsInput {
  const { stateDim, actionDim, width, blocks, tasks } = sizes;
  const hyperparameters: Hyperparameters = {
    ...{ ...presets.default, denoiserWidth: width, denoiserBlocks: blocks, criticWidth: width },
    ...knobs,
  };
  const { criticLayers: layers, criticEnsemble: ensemble, criticLayerNorm: layerNorm } = hyperparameters;
  const withTasks = (weights: Stored): Stored => ({ ...weights, tasks: tasksTensor(tasks) });
  const behavior = behaviorShape(stateDim, actionDim, tasks.length, hyperparameters);
  const states = stateShape(stateDim, tasks.length, hyperparameters);
  return {
    behaviorGenerator: withTasks(initDenoiser(behavior, createRng(1))),
    stateGenerator: withTasks(initDenoiser(states, createRng(2))),
    critic: criticWeights(sizes, { layers, ensemble, layerNorm }),
    ...Object.fromEntries(has.map((kind) => [kind, oneStepWeights(kind, sizes)])),
    normalisers: classes === undefined ? exampleNormalisers(sizes) : discreteNormalisers(sizes, classes),
    ...{ stateDim, actionDim, hyperparameters },
  };
}

/** One-hot actions are left as they are. */
function discreteNormalisers(sizes: ExampleSizes, classes: number): Map<number, Normaliser> {
  const whole = (value: number) => new Float32Array(classes).fill(value);
  const actions = { centre: whole(0), halfRange: whole(1), min: whole(0), max: whole(1), classes };
  return new Map([...exampleNormalisers(sizes)].map(([task, { states }]) => [task, { states, actions }]));
}

/** All that a bundle of such a policy is made of. */
export function exampleExport(kind: ExampleKind): ExportInput {
  const policy = examplePolicy(kind);
  const tasks = [...policy.normalisers.keys()];
  return {
    policy,
    acting: new Map(tasks.map((task) => [task, kind.has?.[0] ?? "sampler"])),
    record: {
      ...{ learner: "example", version: 3, state: "published", reasons: [], preset: "default", knobs: {} },
      ...{ tasks: [], scores: [], lineage: { versions: [], datasets: [], codeVersion: "example" } },
    },
  };
}
