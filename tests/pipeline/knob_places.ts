/**
 * Where each knob acts and where it does not, for the tests of their effects.
 * @module
 */
import type { Hyperparameters, KnobName } from "@cugro/algorithm/knobs";

/** Some knobs, turned. */
export type Values = Partial<Hyperparameters>;

/** What a knob is turned to; the others to another of their choices, or to twice their value. */
export const TURNED: { [K in KnobName]?: Hyperparameters[K] } = {
  replayBytes: 1,
  newTaskShare: 0.25,
  ...{ bufferShare: 1e-3, bufferTasks: 50, ewcDecay: 0.5 },
  ...{ decoderSpread: 0.1, conditionDropout: 0.25, guidance: 0.5 },
  denoiserWidth: 12,
  maxGeneratorSteps: 2,
  maxCriticSteps: 2,
  maxDistilSteps: 2,
  distil: "actor",
  gradientClip: 1e-3,
  // It rises to its value, and so few steps do not get there.
  emaDecay: 0,
  discount: 0.5,
  expectile: 0.9,
  pessimism: 1,
  inverseTemperature: 1,
  minNewTaskScore: 60,
  awaitScores: 24,
};

/** Candidates of other families take one call, so that no network need learn them. */
const OTHER_FAMILY: Values = { generator: "vae", distil: "actor" };

/** Where a knob acts, unless it does so anyhow; and where a relation says that it does not. */
export const PLACES: { [K in KnobName]?: { acts?: Values; idle?: Values } } = {
  replaySource: { idle: { replay: "none" } },
  replayPairs: { idle: { replaySource: "first" } },
  replayPairsPerTask: { idle: { replayPairs: 100 } },
  replayBytes: { acts: { replaySource: "first" }, idle: {} },
  shardsPerTask: { idle: { replay: "none" } },
  ...alike("ewcStrength criticEwcStrength ewcDecay fisherRows", { acts: { regulariser: "ewc" }, idle: {} }),
  bufferShare: { acts: { replay: "real-buffer" }, idle: {} },
  bufferTasks: { acts: { replay: "real-buffer" }, idle: { replay: "real-buffer", bufferShare: 0.01 } },
  newTaskShare: { idle: { replay: "none" } },
  retention: { idle: { newTaskShare: 1 } },
  ...alike("architecture solver finalDenoising functionEvaluations actingEvaluations", {
    idle: OTHER_FAMILY,
  }),
  ...alike("timeEnd conditionDropout guidance", { idle: OTHER_FAMILY }),
  ...alike("klWeight decoderSpread", { acts: OTHER_FAMILY, idle: {} }),
  slopeWeight: { acts: { ...OTHER_FAMILY, generator: "gan" }, idle: {} },
  denoiserBlocks: { idle: { architecture: "unet", distil: "none" } },
  generatorStepsPerOldTask: { idle: { maxGeneratorSteps: 2 } },
  maxGeneratorSteps: { idle: { generatorStepsPerOldTask: 0 } },
  criticStepsPerOldTask: { idle: { maxCriticSteps: 2 } },
  maxCriticSteps: { idle: { criticStepsPerOldTask: 0 } },
  timeLimit: { idle: { criticTarget: "iql" } },
  distillationWeight: { idle: { replay: "none" } },
  // With a weight of 0 it still decides how many rows are drawn, and so which: other chance, not another critic.
  retentionReduction: {},
  criticReplay: { idle: { replay: "none" } },
  expectile: { acts: { criticTarget: "iql" }, idle: {} },
  planningRounds: { acts: { criticTarget: "planning" }, idle: { criticTarget: "iql" } },
  targetRate: { acts: { criticTarget: "iql" }, idle: { criticTarget: "planning" } },
  selection: { idle: { candidates: 1, distil: "proposer" } },
  topCount: { acts: { selection: "top" }, idle: {} },
  selectionSpread: { idle: { inverseTemperature: 0 } },
  inverseTemperature: { idle: { selection: "top" } },
  pessimism: { idle: { criticEnsemble: 1 } },
  proposerLabels: { idle: { distil: "actor" } },
  actorLabels: { idle: { distil: "proposer" } },
  labelShards: { idle: { distil: "none" } },
  actorCandidates: { idle: { distil: "proposer" } },
  proposerSteps: { idle: { distil: "actor" } },
  actorSteps: { idle: { distil: "proposer" } },
  distilStepsPerOldTask: { idle: { maxDistilSteps: 2 } },
  maxDistilSteps: { idle: { distilStepsPerOldTask: 0 } },
  actingEpisodes: { idle: { distil: "none" } },
  distilNewTaskShare: { idle: { replay: "none" } },
  distilPerturbation: { idle: { distil: "none" } },
  distilLearningRate: { idle: { distil: "none" } },
  maxForgetting: { acts: { evaluationEpisodes: 5 }, idle: {} },
  maxAverageDrop: {
    acts: { evaluationEpisodes: 5, maxForgetting: 20 },
    idle: { evaluationEpisodes: 5, maxForgetting: 1 },
  },
  maxReplayDistance: { idle: { replay: "none" } },
  minNewTaskScore: { acts: { evaluationEpisodes: 5 }, idle: {} },
  awaitEpisodes: {
    acts: { gate: "enforce", maxReplayDistance: 6, awaitScores: 24 },
    idle: { gate: "enforce", maxReplayDistance: 6 },
  },
  awaitScores: { acts: { gate: "enforce", maxReplayDistance: 6 }, idle: { maxReplayDistance: 6 } },
  // A job reads it in any case: whether there is one is the plan's.
  estimateSteps: { acts: { estimate: "always" } },
  maxEstimatedDrop: { acts: { estimate: "always" }, idle: {} },
};

/** Knobs that act in the same places. */
function alike(names: string, places: { acts?: Values; idle?: Values }) {
  return Object.fromEntries(names.split(" ").map((name) => [name, places]));
}
