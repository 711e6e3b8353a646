import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type Hyperparameters, type KnobName, presets } from "./hyperparameters.ts";
import { type PresetName, showKnobValue } from "./knob.ts";
import { knobsOfRelation, type Relation } from "./relation.ts";
import { relations } from "./relations.ts";
import { KnobError, resolveHyperparameters } from "./resolve_hyperparameters.ts";

type Overrides = Partial<Hyperparameters>;
type Base = PresetName | Hyperparameters;

/** What is refused: on which base, what is turned, and the names that the sentence must hold. */
const REFUSED: readonly (readonly [Base, Overrides, readonly KnobName[]])[] = [
  ["smoke", { behaviorSteps: 6000 }, ["behaviorSteps", "maxGeneratorSteps"]],
  ["default", { stateSteps: 3_501 }, ["stateSteps", "maxGeneratorSteps"]],
  ["default", { maxGeneratorSteps: 1_000 }, ["stateSteps", "maxGeneratorSteps"]],
  ["paper", { criticSteps: 5_000 }, ["criticSteps", "maxCriticSteps"]],
  ["default", { criticStepsPerOldTask: 100 }, ["criticStepsPerOldTask", "maxCriticSteps", "criticSteps"]],
  ["smoke", { generatorStepsPerOldTask: 10 }, ["generatorStepsPerOldTask", "maxGeneratorSteps"]],
  ["smoke", { maxGeneratorSteps: 6000 }, ["maxGeneratorSteps", "behaviorSteps", "generatorStepsPerOldTask"]],
  ["default", { maxCriticSteps: 9_000 }, ["maxCriticSteps", "criticSteps"]],
  ["paper", { maxTrainingRows: 4_000 }, ["generatorBatchSize", "maxTrainingRows"]],
  ["paper", { maxTrainingRows: 4_095, generatorBatchSize: 256 }, ["criticBatchSize", "maxTrainingRows"]],
  ["default", { generatorBatchSize: 1_048_576 }, ["generatorBatchSize", "maxTrainingRows"]],
  ["smoke", { warmupSteps: 61 }, ["warmupSteps", "stateSteps"]],
  ["default", { stateSteps: 50 }, ["warmupSteps", "stateSteps"]],
  ["default", { replay: "none", replayPairs: 7 }, ["replayPairs", "replay"]],
  ["default", { replay: "none", retention: "samples" }, ["retention", "replay"]],
  ["default", { replay: "none", newTaskShare: 0.25 }, ["newTaskShare", "replay"]],
  ["default", { replay: "none", distillationWeight: 2 }, ["distillationWeight", "replay"]],
  ["default", { replay: "oracle", shardsPerTask: 4 }, ["shardsPerTask", "replay"]],
  ["default", { replay: "none", replayPairsPerTask: 9_000 }, ["replayPairsPerTask", "replay"]],
  ["smoke", { replayPairs: 40, shardsPerTask: 50 }, ["shardsPerTask", "replayPairs"]],
  ["default", { replay: "oracle", replaySource: "first" }, ["replaySource", "replay"]],
  ["default", { replay: "oracle", maxReplayDistance: 2 }, ["maxReplayDistance", "replay"]],
  ["default", { replaySource: "first", replayPairs: 90_000 }, ["replayPairs", "replaySource"]],
  ["default", { replayBytes: 5 }, ["replayBytes", "replaySource"]],
  ["default", { guidance: 1 }, ["guidance", "conditionDropout"]],
  ["default", { generator: "vae", conditionDropout: 0.1 }, ["conditionDropout", "generator"]],
  ["default", { generator: "gan", guidance: 0.1 }, ["guidance", "generator"]],
  ["default", { generator: "vae", retention: "samples" }, ["retention", "generator"]],
  ["default", { generator: "gan", functionEvaluations: 5 }, ["functionEvaluations", "generator"]],
  ["default", { generator: "vae", actingEvaluations: 5 }, ["actingEvaluations", "generator"]],
  ["default", { generator: "vae", architecture: "unet" }, ["architecture", "generator"]],
  ["default", { generator: "vae", solver: "dpm3" }, ["solver", "generator"]],
  ["default", { generator: "vae", finalDenoising: false }, ["finalDenoising", "generator"]],
  ["default", { generator: "vae", timeEnd: 1e-3 }, ["timeEnd", "generator"]],
  ["default", { klWeight: 2 }, ["klWeight", "generator"]],
  ["default", { generator: "gan", decoderSpread: 0.1 }, ["decoderSpread", "generator"]],
  ["default", { generator: "vae", slopeWeight: 2 }, ["slopeWeight", "generator"]],
  ["default", { generator: "gan", distil: "both" }, ["distil", "generator"]],
  ["default", { generator: "gan", distil: "none", regulariser: "ewc" }, ["regulariser", "generator"]],
  ["default", { replay: "multitask", regulariser: "ewc" }, ["regulariser", "replay"]],
  ["default", { ewcStrength: 1 }, ["ewcStrength", "regulariser"]],
  ["default", { criticEwcStrength: 1 }, ["criticEwcStrength", "regulariser"]],
  ["default", { ewcDecay: 0.5 }, ["ewcDecay", "regulariser"]],
  ["default", { fisherRows: 5 }, ["fisherRows", "regulariser"]],
  ["default", { replay: "none", regulariser: "ewc" }, ["regulariser", "gate"]],
  ["default", { bufferShare: 0.01 }, ["bufferShare", "replay"]],
  ["default", { replay: "real-buffer", bufferShare: 0.01, bufferTasks: 3 }, ["bufferTasks", "bufferShare"]],
  ["default", { replay: "real-buffer", replayPairs: 9_000 }, ["replayPairs", "replay"]],
  ["default", { replay: "multitask", newTaskShare: 0.5 }, ["newTaskShare", "replay"]],
  ["default", { replay: "noise" }, ["replay", "gate"]],
  ["default", { newTaskShare: 1, retention: "samples" }, ["retention", "newTaskShare"]],
  ["default", { distillationWeight: 0, criticReplay: "relabelled" }, ["criticReplay", "distillationWeight"]],
  [
    "default",
    { distillationWeight: 0, retentionReduction: "sum" },
    ["retentionReduction", "distillationWeight"],
  ],
  ["smoke", { shardsPerTask: 300 }, ["shardsPerTask", "replayPairsPerTask"]],
  ["paper", { denoiserBlocks: 2 }, ["denoiserBlocks", "architecture"]],
  ["default", { denoiserWidth: 30 }, ["denoiserWidth"]],
  ["default", { expectile: 0.9 }, ["expectile", "criticTarget"]],
  ["default", { criticTarget: "iql", planningRounds: 2 }, ["planningRounds", "criticTarget"]],
  ["default", { criticTarget: "planning", targetRate: 0.1 }, ["targetRate", "criticTarget"]],
  ["default", { criticTarget: "iql", timeLimit: "cut" }, ["timeLimit", "criticTarget"]],
  ["smoke", { criticTarget: "planning", planningRounds: 61 }, ["planningRounds", "criticSteps"]],
  ["paper", { pessimism: 1 }, ["pessimism", "criticEnsemble"]],
  [
    { ...presets.default, distil: "none" },
    { candidates: 1, selection: "one" },
    ["selection", "candidates"],
  ],
  ["default", { topCount: 3 }, ["topCount", "selection"]],
  ["default", { selection: "top", topCount: 17 }, ["topCount", "candidates"]],
  ["default", { selection: "top", candidates: 4 }, ["topCount", "candidates"]],
  ["default", { selection: "top", inverseTemperature: 3 }, ["inverseTemperature", "selection"]],
  [
    "default",
    { inverseTemperature: 0, selectionSpread: "candidates" },
    ["selectionSpread", "inverseTemperature"],
  ],
  ["paper", { proposerLabels: 9 }, ["proposerLabels", "distil"]],
  ["paper", { distil: "actor", proposerSteps: 9 }, ["proposerSteps", "distil"]],
  ["paper", { actorLabels: 9 }, ["actorLabels", "distil"]],
  ["paper", { distil: "proposer", actorSteps: 9 }, ["actorSteps", "distil"]],
  ["paper", { actorCandidates: 9 }, ["actorCandidates", "distil"]],
  ["paper", { labelShards: 2 }, ["labelShards", "distil"]],
  ["paper", { actingEpisodes: 9 }, ["actingEpisodes", "distil"]],
  ["paper", { distilNewTaskShare: 0.1 }, ["distilNewTaskShare", "distil"]],
  ["smoke", { distil: "both", replay: "none", distilNewTaskShare: 0.1 }, ["distilNewTaskShare", "replay"]],
  ["paper", { distilPerturbation: 0 }, ["distilPerturbation", "distil"]],
  ["paper", { distilLearningRate: 1e-3 }, ["distilLearningRate", "distil"]],
  ["smoke", { distil: "both", labelShards: 200 }, ["labelShards", "actorLabels"]],
  ["smoke", { distil: "proposer", labelShards: 300 }, ["labelShards", "proposerLabels"]],
  ["paper", { distil: "both", proposerSteps: 8_000 }, ["proposerSteps", "maxDistilSteps"]],
  ["paper", { distil: "actor", actorSteps: 8_000 }, ["actorSteps", "maxDistilSteps"]],
  ["smoke", { distil: "proposer", proposerSteps: 3 }, ["warmupSteps", "proposerSteps"]],
  ["smoke", { distil: "actor", actorSteps: 3 }, ["warmupSteps", "actorSteps"]],
  ["smoke", { distil: "both", distilStepsPerOldTask: 5 }, ["distilStepsPerOldTask", "maxDistilSteps"]],
  ["smoke", { distil: "both", maxDistilSteps: 900 }, ["maxDistilSteps", "proposerSteps"]],
  ["smoke", { maxForgetting: 3 }, ["maxForgetting", "evaluationEpisodes"]],
  ["smoke", { evaluationEpisodes: 4, minNewTaskScore: 3 }, ["minNewTaskScore", "evaluationEpisodes"]],
  ["smoke", { maxAverageDrop: 3 }, ["maxAverageDrop", "evaluationEpisodes"]],
  [{ ...presets.default, maxAverageDrop: 12 }, { maxAverageDrop: 15 }, ["maxAverageDrop", "maxForgetting"]],
  ["smoke", { awaitScores: 24 }, ["awaitScores", "gate"]],
  ["default", { awaitEpisodes: 9 }, ["awaitEpisodes", "awaitScores"]],
  ["smoke", { estimateSteps: 100 }, ["estimateSteps", "estimate"]],
  [{ ...presets.default, estimate: "never" }, { maxEstimatedDrop: 5 }, ["maxEstimatedDrop", "estimate"]],
  [{ ...presets.default, candidates: 4 }, { selection: "top" }, ["topCount", "candidates"]],
];

/** What is allowed: each has an effect. */
const ALLOWED: readonly (readonly [Base, Overrides])[] = [
  ["smoke", { behaviorSteps: 6000, maxGeneratorSteps: 6000 }],
  ["smoke", { behaviorSteps: 6000, maxGeneratorSteps: 7000 }],
  ["smoke", { stateSteps: 30 }],
  ["default", { maxGeneratorSteps: 10_000 }],
  ["default", { criticSteps: 5_000, maxCriticSteps: 5_000 }],
  ["default", { criticStepsPerOldTask: 100, maxCriticSteps: 4_000 }],
  ["default", { replayPairs: 5_000 }],
  ["default", { replayPairs: 5_000, replayPairsPerTask: 5_000 }],
  ["default", { replayPairsPerTask: 1e6, replayPairs: 1e6 }],
  ["default", { replaySource: "first", replayBytes: 5, replayPairsPerTask: 90_000 }],
  ["default", { replay: "oracle", replayPairs: 7 }],
  ["default", { replay: "none" }],
  ["default", { candidates: 4 }],
  ["paper", { candidates: 1 }],
  ["default", { selection: "top", topCount: 3 }],
  ["default", { criticTarget: "iql", targetRate: 0.1, expectile: 0.9 }],
  ["default", { gate: "observe", maxForgetting: 3, evaluationEpisodes: 5 }],
  ["paper", { distil: "both" }],
  ["paper", { distil: "both", maxDistilSteps: 9_000, proposerSteps: 9_000 }],
  ["smoke", { distil: "actor", actorSteps: 90, maxDistilSteps: 90, actorLabels: 9 }],
  ["default", { maxAverageDrop: "none" }],
  ["default", { maxEstimatedDrop: "none", estimateSteps: 10 }],
  ["smoke", { estimate: "noSimulator", maxEstimatedDrop: 5 }],
  ["default", { maxAverageDrop: 12 }],
  ["default", { maxAverageDrop: 12, maxForgetting: 20 }],
  // Nothing is turned in vain where the other limit is drawn below it.
  ["default", { maxForgetting: 3 }],
  ["smoke", { gate: "enforce", evaluationEpisodes: 5 }],
  ["default", { awaitScores: 24 }],
  ["default", { awaitScores: 24, awaitEpisodes: 9 }],
  // Without a simulator nothing is judged by episodes.
  ["smoke", { gate: "enforce" }],
  ["default", { evaluationEpisodes: 4 }],
  ["smoke", { evaluationEpisodes: 1 }],
  // Set to what it is: nothing is turned.
  ["default", { expectile: 0.7, maxGeneratorSteps: 3_500 }],
  // A store of earlier times may hold what is refused now; other knobs of it can be turned.
  [{ ...presets.smoke, behaviorSteps: 6000, expectile: 0.9 }, { stateSteps: 30, maxReplayDistance: 5 }],
];

Deno.test("a knob that is turned in vain is refused, with both names, what they are and what to set", () => {
  for (const [base, overrides, names] of REFUSED) {
    const about = JSON.stringify([base, overrides]);
    const { message } = assertThrows(() => resolveHyperparameters(base, overrides), KnobError, "Cannot set");
    const values = { ...typeof base === "string" ? presets[base] : base, ...overrides };
    for (const name of names) {
      assertStringIncludes(message, name, about);
      assert(message.includes(showKnobValue(values[name])), `${about}: ${message}`);
    }
    assert(/ [Ss]et \w+/.test(message.slice("Cannot set".length)), message);
  }
});

Deno.test("every relation between knobs is broken by some settings above", () => {
  const broken = (relation: Relation) =>
    REFUSED.some(([base, overrides]) => {
      const before = typeof base === "string" ? presets[base] : base;
      const values = { ...before, ...overrides };
      return relation.kind === "effect"
        ? relation.knob in overrides && !relation.needs.every((need) => need.holds(values, before))
        : relation.under.every((need) => need.holds(values, before)) && !relation.holds(values, before);
    });
  const whole = relations.filter((relation) => !broken(relation)).map(knobsOfRelation);
  assertEquals(whole, []);
});

Deno.test("what has an effect can be turned, and what is only left as it is is no fault", () => {
  for (const [base, overrides] of ALLOWED) {
    const values = { ...typeof base === "string" ? presets[base] : base, ...overrides };
    assertEquals(resolveHyperparameters(base, overrides), values);
  }
});

Deno.test("no preset holds values that contradict each other", () => {
  for (const [name, values] of Object.entries(presets)) {
    for (const relation of relations) {
      if (relation.kind === "effect" || !relation.under.every((need) => need.holds(values, values))) continue;
      assert(relation.holds(values, values), `${name}: ${knobsOfRelation(relation)}`);
    }
  }
});
