/**
 * CuGRO itself: arrays, weights and a seed in, arrays and weights out. See README.md for where each equation lives.
 * @module
 */
export { type Hyperparameters, type PresetName, presets } from "./hyperparameters.ts";
export { createRng, type Rng } from "./rng.ts";
export { knownTasks, type Params, type Stored, type StoredTensor } from "./weights.ts";
export { type Compile, type CompiledStep, eager, type StepDefinition } from "./compile.ts";
export {
  type Bounds,
  denormalise,
  fitNormaliser,
  heldOutRows,
  normalise,
  normalisedLimits,
  type Normaliser,
  normaliserFromStored,
  normaliserToStored,
} from "./normaliser.ts";
export {
  type Anchors,
  averagePerformance,
  backwardTransfer,
  bootstrapInterval,
  dropInterval,
  episodeSucceeded,
  forgetting,
  forwardTransfer,
  interquartileMean,
  type Interval,
  justLearned,
  mean,
  meanOverTraining,
  normalisedScore,
  quantile,
  type ResultsMatrix,
  scoreInterval,
} from "./metrics.ts";
export type { Rows } from "./point_clouds.ts";
export { fitSketch } from "./sketch.ts";
export { compareWithSketch, type Distances, type Fidelity, taskPurity } from "./fidelity.ts";
export { type RowFidelity, rowFidelity } from "./row_fidelity.ts";
export { resolveHyperparameters, stepsFor } from "./resolve_hyperparameters.ts";
export { type GeneratorTrainingInput } from "./generator_training.ts";
export type { OnSamples, SamplingRun } from "./sampling.ts";
export { sampleStates, type StateSamplingInput, trainStateGenerator } from "./state_generator.ts";
export { type ActionSamplingInput, sampleActions, trainBehaviorGenerator } from "./behavior_generator.ts";
export type { Curve, ReplayRows, Snapshot, TrainingProgress, TrainingResult } from "./progress.ts";
export { trainCritic } from "./critic_training.ts";
export type { CriticTrainingInput } from "./critic_plan.ts";
export { type ActionNoise, createPolicy, type NoiseShare, openNoise, type Policy } from "./acting.ts";
export type { PolicyInput } from "./policy_input.ts";
