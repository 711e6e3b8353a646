/**
 * Which knobs each kind of job reads. Only these enter its config, so that turning a knob redoes the jobs that read
 * it and no others.
 * @module
 */
import { type Hyperparameters, presets } from "@cugro/algorithm";
import type { JobKind, JsonObject } from "@cugro/protocol";

type Knob = keyof Hyperparameters;

const denoiser = ["architecture", "denoiserWidth", "denoiserBlocks"] as const satisfies Knob[];
const solver = ["solver", "functionEvaluations", "finalDenoising", "timeEnd"] as const satisfies Knob[];
const optimiser = [
  "warmupSteps",
  "learningRateSchedule",
  "gradientClip",
  "emaDecay",
] as const satisfies Knob[];
const critic = [
  "criticWidth",
  "criticLayers",
  "criticEnsemble",
  "criticLayerNorm",
  "criticNormalisedInputs",
] as const satisfies Knob[];
const generatorTraining = [
  ...denoiser,
  ...optimiser,
  "newTaskShare",
  "retention",
  "generatorStepsPerOldTask",
  "maxGeneratorSteps",
  "generatorBatchSize",
  "generatorLearningRate",
  "timeEnd",
] as const satisfies Knob[];

/** Names of the knobs each kind reads. */
export const knobsOfKind: Readonly<Record<JobKind, readonly Knob[]>> = {
  "dataset.import": [],
  "states.sample": [...denoiser, ...solver],
  "actions.label": [...denoiser, ...solver, "behaviorKnowsTask"],
  "states.train": [...generatorTraining, "stateSteps"],
  "behavior.train": [...generatorTraining, "behaviorSteps", "behaviorKnowsTask"],
  "critic.train": [
    ...critic,
    ...optimiser,
    "criticTarget",
    "criticSteps",
    "criticStepsPerOldTask",
    "maxCriticSteps",
    "criticBatchSize",
    "criticLearningRate",
    "discount",
    "timeLimit",
    "distillationWeight",
    "retentionReduction",
    "expectile",
    "planningRounds",
    "targetRate",
  ],
  "policy.evaluate": [
    ...denoiser,
    ...solver,
    ...critic,
    "behaviorKnowsTask",
    "candidates",
    "actingEvaluations",
    "selection",
    "topCount",
    "selectionSpread",
    "inverseTemperature",
    "pessimism",
    "evaluationEpisodes",
    "discount",
  ],
};

/** Knobs that only the plan reads: they shape the graph, or judge its outcome. */
export const knobsOfPlan: readonly Knob[] = [
  "replay",
  "replaySource",
  "replayPairs",
  "replayPairsPerTask",
  "replayBytes",
  "shardsPerTask",
  "criticReplay",
  "gate",
  "maxForgetting",
  "maxReplayDistance",
];

/** Knobs that the first task's weights fix for ever: a later version continues from them. */
export const frozenKnobs: readonly Knob[] = [...denoiser, "behaviorKnowsTask", ...critic];

/** The part of the knobs that a kind reads. */
export function knobsFor(kind: JobKind, knobs: Hyperparameters): JsonObject {
  return Object.fromEntries(knobsOfKind[kind].map((name) => [name, knobs[name]]));
}

/** Knobs as a configuration fact holds them; ones younger than the fact take their preset's value. */
export function readKnobs(preset: string, stored: JsonObject, overrides: JsonObject = {}): Hyperparameters {
  const base = Object.hasOwn(presets, preset) ? presets[preset as keyof typeof presets] : presets.default;
  return { ...base, ...stored, ...overrides } as Hyperparameters;
}
