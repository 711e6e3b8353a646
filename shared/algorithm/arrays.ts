/**
 * What of this room works on arrays alone: to import it loads no tensor library.
 * @module
 */
export type { Stored, StoredTensor } from "@cugro/tensors/seam";
export { InvalidInputError } from "./numerics/errors.ts";
export {
  type Bounds,
  classesOf,
  denormalise,
  fitNormaliser,
  normalise,
  normalisedLimits,
  type Normaliser,
  normaliserFromStored,
  normaliserOf,
  normaliserToStored,
  OBSERVATION_CLAMP,
  openNormaliserFit,
  type RowsForm,
} from "./numerics/normaliser.ts";
export { entry, FISHER, knownTasks, taskRow } from "./numerics/weights.ts";
export {
  DISTANCE_LEVELS,
  type Familiar,
  familiarOf,
  heldOutDistances,
  type Unusual,
  unusualAmong,
} from "./measures/unusual.ts";
export {
  type ActionNoise,
  decisionNoise,
  type NoiseShare,
  openNoise,
  rowSources,
} from "./policy/action_noise.ts";
export { countRows, type PolicyInput, type WayOfActing, WAYS_OF_ACTING } from "./policy/policy_input.ts";
export { type Hyperparameters, presets } from "./knobs/hyperparameters.ts";
export type { PresetName } from "./knobs/knob.ts";
export { createRng, type Rng } from "./numerics/rng.ts";
export { widenNormaliser } from "./numerics/widen.ts";
export { forwardTransfer, meanOverTraining } from "./measures/forward_transfer.ts";
export {
  type Anchors,
  averagePerformance,
  backwardTransfer,
  episodeSucceeded,
  forgetting,
  interquartileMean,
  isBadlyLearnedFirst,
  justLearned,
  mean,
  normalisedScore,
  type ResultsMatrix,
} from "./measures/results_matrix.ts";
export {
  bootstrapInterval,
  differenceInterval,
  dropInterval,
  type Interval,
  type Measured,
  quantile,
  scoreInterval,
  successInterval,
} from "./measures/intervals.ts";
export {
  type EpisodeMatrix,
  type Fall,
  fallBetween,
  fallOf,
  type Pair,
  type TaskDrop,
  worstDrop,
} from "./measures/drops.ts";
export {
  extendRecord,
  meanPerformance,
  measureVersion,
  type TaskRecord,
  type VersionMeasures,
} from "./measures/version_measures.ts";
export { measureMatrix, type StreamMeasures } from "./measures/stream_measures.ts";
export {
  differenceOver,
  interquartileMeanOver,
  meanOver,
  MIN_RUNS,
  type OverRuns,
  probabilityOfImprovement,
  type Scores,
} from "./measures/over_runs.ts";
export { averageInterval, type Gain, gainOf } from "./measures/gains.ts";
export { actionParity, isParitySure, type Parity, scoreParity } from "./measures/parity.ts";
export { MIN_EPISODES } from "./knobs/evaluation_knobs.ts";
export { heldOutFlags, heldOutRows, splitRows, takeRows, trainingRows } from "./numerics/row_splits.ts";
export { MAX_ROWS as SKETCH_ROWS, type Rows, sampleQuantiles } from "./measures/point_clouds.ts";
export { fitSketch } from "./measures/sketch.ts";
export { compareWithSketch, type Distances, type Fidelity, taskPurity } from "./measures/fidelity.ts";
export { type RowFidelity, rowFidelity, type RowFidelityInput } from "./measures/row_fidelity.ts";
export { KnobError, resolveHyperparameters, withOverrides } from "./knobs/resolve_hyperparameters.ts";
export { stepsFor } from "./knobs/training_steps.ts";
export type { Curve, Snapshot, TrainingProgress, TrainingResult } from "./numerics/progress.ts";
export { noisePairs } from "./replay/noise_pairs.ts";
export { generatorBytes } from "./generators/generator_bytes.ts";
export { refuseUnknownChoice } from "./numerics/unknown_choice.ts";
export { type EpisodeRest, findRests, type RestFinder } from "./critic/episode_rests.ts";
