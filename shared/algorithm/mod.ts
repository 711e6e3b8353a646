/**
 * CuGRO itself: arrays, weights and a seed in, arrays and weights out. See README.md for where each equation lives.
 * @module
 */
export { type Hyperparameters, presets } from "./knobs/hyperparameters.ts";
export type { PresetName } from "./knobs/knob.ts";
export { InvalidInputError } from "./numerics/errors.ts";
export { createRng, type Rng } from "./numerics/rng.ts";
export {
  type Compile,
  type CompiledStep,
  eager,
  type Params,
  type StepDefinition,
  type Stored,
  type StoredTensor,
} from "@cugro/tensors/seam";
export { knownTasks } from "./numerics/weights.ts";
export {
  type Bounds,
  classesOf,
  denormalise,
  fitNormaliser,
  normalise,
  normalisedLimits,
  type Normaliser,
  normaliserFromStored,
  normaliserToStored,
  openNormaliserFit,
  type RowsForm,
} from "./numerics/normaliser.ts";
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
} from "./measures/metrics.ts";
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
export { heldOutFlags, heldOutRows, splitRows, takeRows, trainingRows } from "./numerics/rows.ts";
export { MAX_ROWS as SKETCH_ROWS, type Rows, sampleQuantiles } from "./measures/point_clouds.ts";
export { fitSketch } from "./measures/sketch.ts";
export {
  DISTANCE_LEVELS,
  type Familiar,
  familiarOf,
  heldOutDistances,
  type Unusual,
  unusualAmong,
} from "./measures/unusual.ts";
export { compareWithSketch, type Distances, type Fidelity, taskPurity } from "./measures/fidelity.ts";
export { type RowFidelity, rowFidelity, type RowFidelityInput } from "./measures/row_fidelity.ts";
export { KnobError, resolveHyperparameters, withOverrides } from "./knobs/resolve_hyperparameters.ts";
export { stepsFor } from "./knobs/training_steps.ts";
export { type GeneratorTrainingInput } from "./diffusion/generator_training.ts";
export type { OnSamples, SamplingRun } from "./diffusion/sampling.ts";
export { planSolver, type SolverPlan } from "./diffusion/solver.ts";
export {
  noiseOfStates,
  sampleStates,
  type StateSamplingInput,
  trainStateGenerator,
} from "./generators/state_generator.ts";
export {
  type ActionSamplingInput,
  noiseOfActions,
  sampleActions,
  trainBehaviorGenerator,
} from "./generators/behavior_generator.ts";
export type { Curve, Snapshot, TrainingProgress, TrainingResult } from "./numerics/progress.ts";
export type { RawTaskRows, ReplayRows } from "./replay/task_rows.ts";
export { noisePairs } from "./replay/noise_pairs.ts";
export { generatorBytes } from "./generators/generator_bytes.ts";
export { trainCritic } from "./critic/critic_training.ts";
export type { CriticTrainingInput } from "./critic/critic_plan.ts";
export { type EpisodeRest, findRests, type RestFinder } from "./critic/episode_rests.ts";
export { type ActionNoise, type NoiseShare, openNoise } from "./policy/action_noise.ts";
export { createPolicy, type Policy } from "./policy/acting.ts";
export { type PolicyInput, type WayOfActing, WAYS_OF_ACTING } from "./policy/policy_input.ts";
export { apartShare, findModes, isMultimodal, type Modes, weightsOfHeavierMode } from "./policy/modes.ts";
export { type ChoiceLabelInput, type ChoiceLabels, labelChoices } from "./policy/label_choices.ts";
export { type OneStepTrainingInput, trainActor, trainProposer } from "./distillation/one_step_training.ts";
export type { LabelledActions, OldStates, RawOneStepRows } from "./distillation/one_step_rows.ts";
export { perturbStates } from "./distillation/perturbed_states.ts";
export { labelProposals, type ProposalLabelInput } from "./distillation/label_proposals.ts";
export type { CriticTaskRows } from "./critic/critic_parts.ts";
export type { Episodes } from "./critic/critic_targets.ts";
export type { MultistepNode, MultistepPlan } from "./diffusion/solver_dpmpp.ts";
export type { SinglestepPlan, SinglestepStep, Update } from "./diffusion/solver_dpm3.ts";
