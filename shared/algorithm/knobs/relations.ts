/**
 * Everything that holds between knobs: which values contradict each other, and which knobs act only under values of
 * others. One list; what is turned is checked against it, `cugro knobs` and the README show it.
 * @module
 */
import { MIN_EPISODES } from "./evaluation_knobs.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import { distillationRelations } from "./distillation_relations.ts";
import { above, acts, atMost, type Condition, CUT, is, type Relation, when } from "./relation.ts";

const replayed = is("replay", "generated", "oracle", "noise", "real-buffer");
/** As many pairs as are asked for, whatever they are. */
const counted = is("replay", "generated", "oracle", "noise");
/** Pairs that are cut into shards. */
const sharded = is("replay", "generated", "noise");
const generated = is("replay", "generated");
const diffusion = is("generator", "diffusion");
const buffered = is("replay", "real-buffer");
const drawn = above("candidates", 1);
const chosen = when(
  ["candidates", "distil", "actorCandidates"],
  "candidates or actorCandidates above 1",
  (h) => h.candidates > 1 || ["actor", "both"].includes(h.distil) && h.actorCandidates > 1,
);
const held = above("distillationWeight", 0);
const foresees = above("discount", 0);

const replayRelations: readonly Relation[] = [
  ...acts(["replaySource"], generated),
  ...acts(["shardsPerTask"], sharded),
  ...acts(["maxReplayDistance"], is("replay", "generated", "noise", "real-buffer")),
  ...acts(["newTaskShare", "distillationWeight"], replayed),
  ...acts(["replayPairs"], counted, is("replaySource", "latest")),
  ...acts(["replayPairsPerTask"], counted, bindingPairs()),
  ...acts(["bufferShare"], buffered),
  ...acts(["bufferTasks"], buffered, is("bufferShare", "equal-bytes")),
  ...acts(["replayBytes"], generated, is("replaySource", "first")),
  ...acts(["retention"], replayed, oldRowsInBatch(), diffusion),
  ...acts(["criticReplay"], generated, held),
  ...acts(["retentionReduction"], replayed, held),
  ...atMost("shardsPerTask", ["replayPairsPerTask"], "for each shard holds a pair", sharded),
  ...atMost(
    "shardsPerTask",
    ["replayPairs"],
    "for each shard holds a pair",
    sharded,
    is("replaySource", "latest"),
  ),
  {
    kind: "limit",
    knobs: ["replay", "gate"],
    under: [is("replay", "noise")],
    holds: (h) => h.gate === "observe",
    sentence:
      "asks for gate: observe, for a control that is bound to forget would be parked after its first task",
    advice: () => "set gate=observe as well",
  },
];

const consolidated = is("regulariser", "ewc");
const regulariserRelations: readonly Relation[] = [
  ...acts(["ewcStrength", "criticEwcStrength", "ewcDecay", "fisherRows"], consolidated),
  {
    kind: "limit",
    knobs: ["regulariser", "gate"],
    under: [consolidated, is("replay", "none")],
    holds: (h) => h.gate === "observe",
    sentence: "asks for gate: observe, for a baseline without replay is bound to forget and would be parked",
    advice: () => "set gate=observe as well",
  },
  {
    kind: "limit",
    knobs: ["regulariser", "replay"],
    under: [consolidated],
    holds: (h) => h.replay !== "multitask",
    sentence:
      "goes without replay: multitask, which starts from fresh weights: there is nothing to hold them to",
    advice: () => "set regulariser=none, or another replay",
  },
];

const trainingRelations: readonly Relation[] = [
  ...atMost("generatorBatchSize", ["maxTrainingRows"], "for its rows are drawn from those that are read"),
  ...atMost("criticBatchSize", ["maxTrainingRows"], "for its rows are drawn from those that are read"),
  {
    kind: "limit",
    knobs: ["denoiserWidth"],
    under: [],
    holds: (h) => h.denoiserWidth % 4 === 0,
    sentence: "must be a multiple of 4",
    advice: (h) => `set denoiserWidth=${4 * Math.ceil(h.denoiserWidth / 4)}`,
  },
  ...acts(
    ["architecture", "solver", "finalDenoising", "functionEvaluations", "actingEvaluations"],
    diffusion,
  ),
  ...acts(["timeEnd", "conditionDropout", "guidance"], diffusion),
  {
    kind: "limit",
    knobs: ["guidance", "conditionDropout"],
    under: [],
    holds: (h) => h.guidance === 0 || h.conditionDropout > 0,
    sentence:
      "must be 0 without conditionDropout, for the state generator must have seen rows without their task",
    advice: () => "set conditionDropout=0.1 as well, from the first task on, or guidance=0",
  },
  ...acts(["klWeight", "decoderSpread"], is("generator", "vae")),
  ...acts(["slopeWeight"], is("generator", "gan")),
  {
    kind: "limit",
    knobs: ["distil", "generator"],
    under: [is("generator", "vae", "gan")],
    holds: (h) => h.distil === "none" || h.distil === "actor",
    sentence: "must be none or actor, for candidates of this family take one pass as a proposer's do",
    advice: () => "set distil=none or distil=actor, or generator=diffusion",
  },
  {
    kind: "limit",
    knobs: ["regulariser", "generator"],
    under: [consolidated],
    holds: (h) => h.generator === "diffusion",
    sentence: "asks for generator: diffusion, whose outputs the Fisher information is of",
    advice: () => "set generator=diffusion or regulariser=none",
  },
  ...acts(["denoiserBlocks"], {
    knobs: ["architecture", "generator", "distil"],
    words: "architecture: resnet, generator: vae or gan, or networks that distil asks for",
    holds: (h) => h.architecture === "resnet" || h.generator !== "diffusion" || h.distil !== "none",
  }),
  ...atMost("stateSteps", ["maxGeneratorSteps"], CUT),
  ...atMost("behaviorSteps", ["maxGeneratorSteps"], CUT),
  ...atMost("criticSteps", ["maxCriticSteps"], CUT),
  ...atMost(
    "warmupSteps",
    ["stateSteps", "behaviorSteps", "criticSteps"],
    "or the learning rate never gets to its height",
  ),
  ...acts(["generatorStepsPerOldTask"], {
    knobs: ["maxGeneratorSteps", "stateSteps", "behaviorSteps"],
    words: "maxGeneratorSteps above stateSteps or behaviorSteps",
    holds: (h) => h.maxGeneratorSteps > Math.min(h.stateSteps, h.behaviorSteps),
  }),
  ...acts(["criticStepsPerOldTask"], {
    knobs: ["maxCriticSteps", "criticSteps"],
    words: "maxCriticSteps above criticSteps",
    holds: (h) => h.maxCriticSteps > h.criticSteps,
  }),
  ...acts(["maxGeneratorSteps"], {
    knobs: ["stateSteps", "behaviorSteps", "generatorStepsPerOldTask"],
    words: "stateSteps, behaviorSteps or generatorStepsPerOldTask that lead up to it",
    // A limit that is raised acts if it was in the way before.
    holds: (h, before) =>
      h.generatorStepsPerOldTask > 0 ||
      Math.min(h.maxGeneratorSteps, before.maxGeneratorSteps) < Math.max(h.stateSteps, h.behaviorSteps),
  }),
  ...acts(["maxCriticSteps"], {
    knobs: ["criticSteps", "criticStepsPerOldTask"],
    words: "criticSteps or criticStepsPerOldTask that lead up to it",
    holds: (h, before) =>
      h.criticStepsPerOldTask > 0 || Math.min(h.maxCriticSteps, before.maxCriticSteps) < h.criticSteps,
  }),
];

const criticRelations: readonly Relation[] = [
  ...acts(["timeLimit"], is("criticTarget", "mc", "planning"), foresees),
  ...acts(["expectile"], is("criticTarget", "planning", "iql"), foresees),
  ...acts(["planningRounds"], is("criticTarget", "planning"), foresees),
  ...acts(["targetRate"], is("criticTarget", "iql"), foresees),
  ...atMost(
    "planningRounds",
    ["criticSteps"],
    "for targets are recomputed between two steps",
    is("criticTarget", "planning"),
  ),
];

const actingRelations: readonly Relation[] = [
  ...acts(["pessimism"], above("criticEnsemble", 1)),
  ...acts(["selection"], chosen),
  ...acts(["topCount"], is("selection", "top"), chosen),
  ...acts(["inverseTemperature"], is("selection", "soft", "mode", "one"), chosen),
  ...acts(
    ["selectionSpread"],
    is("selection", "soft", "mode", "one"),
    chosen,
    above("inverseTemperature", 0),
  ),
  ...atMost("topCount", ["candidates"], "of which they are the best", is("selection", "top"), drawn),
];

const judged: Condition = when(
  ["evaluationEpisodes"],
  `evaluationEpisodes of at least ${MIN_EPISODES}`,
  (h) => h.evaluationEpisodes >= MIN_EPISODES,
);

const gateRelations: readonly Relation[] = [
  ...acts(["estimateSteps", "maxEstimatedDrop"], is("estimate", "noSimulator", "always")),
  ...acts(["maxForgetting", "minNewTaskScore"], judged),
  ...acts(["awaitScores"], is("gate", "enforce")),
  ...acts(["awaitEpisodes"], above("awaitScores", 0)),
  // That a gate which enforces needs episodes to judge by holds only where a task is simulated: it is checked where the tasks are known.
  ...acts(["maxAverageDrop"], judged, averageBeforeTask()),
];

/** Everything that holds between knobs. */
export const relations: readonly Relation[] = [
  ...replayRelations,
  ...regulariserRelations,
  ...trainingRelations,
  ...criticRelations,
  ...actingRelations,
  ...distillationRelations,
  ...gateRelations,
];

/** The pairs of one task are limited by their own knob only where that is no more than what all tasks share. */
function bindingPairs(): Condition {
  return when(
    ["replaySource", "replayPairs"],
    "a value of at most replayPairs or replaySource: first",
    (h, before) =>
      h.replaySource === "first" ||
      Math.min(h.replayPairsPerTask, before.replayPairsPerTask) <= h.replayPairs,
  );
}

/** An average falls by no more than its worst task does: at maxForgetting and above, that knob speaks first. */
function averageBeforeTask(): Condition {
  const limit = ({ maxAverageDrop }: Hyperparameters) =>
    maxAverageDrop === "none" ? Infinity : maxAverageDrop;
  return when(
    ["maxForgetting"],
    "a value below maxForgetting",
    (h, before) => Math.min(limit(h), limit(before)) < h.maxForgetting,
  );
}

function oldRowsInBatch(): Condition {
  return when(
    ["newTaskShare"],
    "newTaskShare below 1",
    ({ newTaskShare }) => newTaskShare === "proportional" || newTaskShare < 1,
  );
}
