/**
 * Every knob of the method. Their values in each preset: presets.ts, the only place where a default lives.
 * @module
 */
export { presets } from "./presets.ts";

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
  /** Network of both generators: the paper's, or a residual MLP. */
  architecture: "unet" | "resnet";
  /** Hidden width of the residual network (the U-net has the paper's widths times width/512). */
  denoiserWidth: number;
  /** Residual blocks of the residual network. */
  denoiserBlocks: number;
  /** Tell the behavior generator the task (the paper does not). */
  behaviorKnowsTask: boolean;

  // -- training of the generators ---------------------------------------------------------------------------
  /** Steps of the state generator for the first task. */
  stateSteps: number;
  /** Steps of the behavior generator for the first task. */
  behaviorSteps: number;
  /** Steps added to both per old task, until `maxGeneratorSteps`. */
  generatorStepsPerOldTask: number;
  /** At most this many steps of a generator. */
  maxGeneratorSteps: number;
  /** Rows of a generator's batch. */
  generatorBatchSize: number;
  /** Greatest learning rate of the generators. */
  generatorLearningRate: number;
  /** Steps over which every learning rate rises linearly. */
  warmupSteps: number;
  /** After the warm-up: to 0 as a cosine, or constant. */
  learningRateSchedule: "cosine" | "constant";
  /** Global norm at which gradients are clipped. */
  gradientClip: number;
  /** Decay of the averaged weights; 0 publishes the raw ones. */
  emaDecay: number;

  // -- sampling ---------------------------------------------------------------------------------------------
  /** DPM-Solver++(2M), or the paper's single-step DPM-Solver-3. */
  solver: "dpmpp2m" | "dpm3";
  /** Network calls per sample, the final denoising not counted. */
  functionEvaluations: number;
  /** Replace the last noisy sample by its predicted clean one. */
  finalDenoising: boolean;
  /** Time at which sampling stops, in (0, 1). */
  timeEnd: number;

  // -- critic -----------------------------------------------------------------------------------------------
  /** Discounted returns, backups along trajectories, or implicit Q-learning. */
  criticTarget: "mc" | "planning" | "iql";
  /** Hidden width of a critic. */
  criticWidth: number;
  /** Hidden layers of a critic. */
  criticLayers: number;
  /** Independent critics. */
  criticEnsemble: number;
  /** Normalise hidden layers of the critic. */
  criticLayerNorm: boolean;
  /** Feed normalised states and actions (the paper feeds raw ones). */
  criticNormalisedInputs: boolean;
  /** Steps of the critic for the first task. */
  criticSteps: number;
  /** Steps added per old task, until `maxCriticSteps`. */
  criticStepsPerOldTask: number;
  /** At most this many steps of the critic. */
  maxCriticSteps: number;
  /** Rows of the new task in a critic's batch. */
  criticBatchSize: number;
  /** Greatest learning rate of the critic. */
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
  /** Network calls per candidate, in place of `functionEvaluations`: their mean needs fewer than a replay does. */
  actingEvaluations: number;
  /** `top`: mean of the best n; `soft`: mean weighted by exp(alpha (Q - V) / spread); `one`: one drawn so. */
  selection: "top" | "soft" | "one";
  /** n of `top`. */
  topCount: number;
  /**
   * What `soft` and `one` measure Q - V in: the spread of a state's own candidates, or that of the task's returns. The
   * latter is gentle where candidates hardly differ, and greedy where the choice matters (alpha 20 in SfBC's planning).
   */
  selectionSpread: "candidates" | "returns";
  /** alpha of `soft` and `one`. */
  inverseTemperature: number;
  /** Standard deviations over the critics subtracted from their mean; `"min"` takes the least of them. */
  pessimism: number | "min";

  // -- evaluation and gate ----------------------------------------------------------------------------------
  /** Episodes for each task, with common starts. */
  evaluationEpisodes: number;
  /** Park a version that forgot too much, or only report it. */
  gate: "enforce" | "observe";
  /** Points of normalised score a task may lose. */
  maxForgetting: number;
  /** Times its floor that a replay's sliced Wasserstein distance may be. */
  maxReplayDistance: number;
}

/** Names of the presets. */
export type PresetName = "paper" | "default" | "smoke";
