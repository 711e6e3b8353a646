/**
 * Every knob of the method, with its value in each preset and the reason. The only place where a default lives.
 * `paper` is the reference code's setting, `default` is ours, `smoke` takes seconds and is for tests.
 * @module
 */

/** All knobs; a learner's configuration fact writes every one of them out. Units are in the names. */
export interface Hyperparameters {
  // -- replay -------------------------------------------------------------------------------------------
  /** Where old tasks come from: own samples, nothing, or the real old data (an upper bound that keeps data). */
  replay: "generated" | "none" | "oracle";
  /** `latest`: sampled anew from the parent version; `first`: made once by the version that learnt the task. */
  replaySource: "latest" | "first";
  /** Pseudo-pairs over all old tasks together, so that a late task costs what an early one did. */
  replayPairs: number;
  /** At most this many pseudo-pairs of one old task. */
  replayPairsPerTask: number;
  /** Bytes that kept `first` shards may take in all. */
  replayBytes: number;
  /** Shards an old task's pseudo-pairs are cut into; each is one job. */
  shardsPerTask: number;
  /** Share of the new task in a generator's batch; `proportional` is the paper's 1/k. */
  newTaskShare: number | "proportional";
  /** How generators keep old tasks: regress on samples, or also match the frozen parent's predicted noise. */
  retention: "samples" | "distill";

  // -- denoiser (both generators) ---------------------------------------------------------------------------
  architecture: "unet" | "resnet";
  /** Hidden width of the residual network (the U-net has the paper's widths times width/512). */
  denoiserWidth: number;
  /** Residual blocks of the residual network. */
  denoiserBlocks: number;
  /** Tell the behavior generator the task (the paper does not). */
  behaviorKnowsTask: boolean;

  // -- training of the generators ---------------------------------------------------------------------------
  stateSteps: number;
  behaviorSteps: number;
  /** Steps added to both per old task, until `maxGeneratorSteps`. */
  generatorStepsPerOldTask: number;
  maxGeneratorSteps: number;
  generatorBatchSize: number;
  generatorLearningRate: number;
  warmupSteps: number;
  learningRateSchedule: "cosine" | "constant";
  /** Global norm at which gradients are clipped. */
  gradientClip: number;
  /** Decay of the averaged weights; 0 publishes the raw ones. */
  emaDecay: number;

  // -- sampling ---------------------------------------------------------------------------------------------
  solver: "dpmpp2m" | "dpm3";
  /** Network calls per sample, the final denoising not counted. */
  functionEvaluations: number;
  /** Replace the last noisy sample by its predicted clean one. */
  finalDenoising: boolean;
  /** Time at which sampling stops, in (0, 1). */
  timeEnd: number;

  // -- critic -----------------------------------------------------------------------------------------------
  criticTarget: "mc" | "planning" | "iql";
  criticWidth: number;
  criticLayers: number;
  /** Independent critics. */
  criticEnsemble: number;
  criticLayerNorm: boolean;
  /** Feed normalised states and actions (the paper feeds raw ones). */
  criticNormalisedInputs: boolean;
  criticSteps: number;
  criticStepsPerOldTask: number;
  maxCriticSteps: number;
  criticBatchSize: number;
  criticLearningRate: number;
  /** Discount factor gamma. */
  discount: number;
  /** At a time limit cut the return, or continue it with the value of a first fit. */
  timeLimit: "cut" | "bootstrap";
  /** Weight lambda of holding old heads to the teacher. */
  distillationWeight: number;
  /** Average the retention over old tasks, or sum it as the paper does. */
  retentionReduction: "average" | "sum";
  /** Which replay the critic sees: the trainers' shared shards, or states relabelled by the new behavior generator. */
  criticReplay: "shared" | "relabelled";
  /** Expectile of the value used by `planning` and `iql`. */
  expectile: number;
  /** Times the planning targets are recomputed. */
  planningRounds: number;
  /** Rate at which target networks follow. */
  targetRate: number;

  // -- acting -----------------------------------------------------------------------------------------------
  /** Candidate actions M drawn for one state. */
  candidates: number;
  /** `top`: mean of the best n; `soft`: mean weighted by exp(alpha (Q - V) / spread); `one`: one drawn so. */
  selection: "top" | "soft" | "one";
  /** n of `top`. */
  topCount: number;
  /** alpha of `soft` and `one`. */
  inverseTemperature: number;
  /** Standard deviations over the critics subtracted from their mean; `"min"` takes the least of them. */
  pessimism: number | "min";

  // -- evaluation and gate ----------------------------------------------------------------------------------
  evaluationEpisodes: number;
  gate: "enforce" | "observe";
  /** Points of normalised score a task may lose. */
  maxForgetting: number;
  /** Times its floor that a replay's sliced Wasserstein distance may be. */
  maxReplayDistance: number;
}

/** Names of the presets. */
export type PresetName = "paper" | "default" | "smoke";

const defaults: Hyperparameters = {
  replay: "generated",
  replaySource: "latest",
  replayPairs: 80_000,
  replayPairsPerTask: 20_000,
  replayBytes: 256 * 1024 * 1024,
  shardsPerTask: 2,
  newTaskShare: 0.5,
  retention: "samples",
  architecture: "resnet",
  denoiserWidth: 256,
  denoiserBlocks: 3,
  behaviorKnowsTask: true,
  stateSteps: 2_000,
  behaviorSteps: 2_000,
  generatorStepsPerOldTask: 250,
  maxGeneratorSteps: 3_000,
  generatorBatchSize: 512,
  generatorLearningRate: 5e-4,
  warmupSteps: 100,
  learningRateSchedule: "cosine",
  gradientClip: 1,
  emaDecay: 0.995,
  solver: "dpmpp2m",
  functionEvaluations: 10,
  finalDenoising: true,
  timeEnd: 3e-4,
  criticTarget: "mc",
  criticWidth: 256,
  criticLayers: 2,
  criticEnsemble: 2,
  criticLayerNorm: true,
  criticNormalisedInputs: true,
  criticSteps: 2_500,
  criticStepsPerOldTask: 0,
  maxCriticSteps: 2_500,
  criticBatchSize: 512,
  criticLearningRate: 5e-4,
  discount: 0.99,
  timeLimit: "cut",
  distillationWeight: 1,
  retentionReduction: "average",
  criticReplay: "shared",
  expectile: 0.7,
  planningRounds: 3,
  targetRate: 0.02,
  candidates: 32,
  selection: "top",
  topCount: 16,
  inverseTemperature: 3,
  pessimism: "min",
  evaluationEpisodes: 20,
  gate: "enforce",
  maxForgetting: 10,
  maxReplayDistance: 4,
};

/** The settings of the reference code, as one GPU runs them (600 epochs of 200,000 rows at batch 4096). */
const paper: Hyperparameters = {
  ...defaults,
  replayPairs: 1_000_000,
  replayPairsPerTask: 200_000,
  newTaskShare: "proportional",
  architecture: "unet",
  denoiserWidth: 512,
  behaviorKnowsTask: false,
  stateSteps: 29_300,
  behaviorSteps: 29_300,
  generatorStepsPerOldTask: 29_300,
  maxGeneratorSteps: 146_500,
  generatorBatchSize: 4_096,
  generatorLearningRate: 1e-4,
  warmupSteps: 0,
  learningRateSchedule: "constant",
  emaDecay: 0,
  solver: "dpm3",
  functionEvaluations: 100,
  finalDenoising: false,
  timeEnd: 1e-3,
  criticWidth: 512,
  criticLayers: 3,
  criticEnsemble: 1,
  criticLayerNorm: false,
  criticNormalisedInputs: false,
  criticSteps: 4_900,
  maxCriticSteps: 4_900,
  criticBatchSize: 4_096,
  criticLearningRate: 1e-3,
  retentionReduction: "sum",
  criticReplay: "relabelled",
  topCount: 4,
  inverseTemperature: 100,
  evaluationEpisodes: 10,
};

const smoke: Hyperparameters = {
  ...defaults,
  replayPairs: 512,
  replayPairsPerTask: 256,
  denoiserWidth: 32,
  denoiserBlocks: 1,
  stateSteps: 60,
  behaviorSteps: 60,
  generatorStepsPerOldTask: 0,
  maxGeneratorSteps: 60,
  generatorBatchSize: 64,
  warmupSteps: 5,
  functionEvaluations: 5,
  criticWidth: 32,
  criticSteps: 60,
  maxCriticSteps: 60,
  criticBatchSize: 64,
  candidates: 8,
  topCount: 4,
  evaluationEpisodes: 2,
  gate: "observe",
};

/** The presets by name. */
export const presets: Readonly<Record<PresetName, Readonly<Hyperparameters>>> = {
  paper,
  default: defaults,
  smoke,
};
