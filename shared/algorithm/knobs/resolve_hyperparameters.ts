/**
 * A preset plus overrides -> checked hyperparameters. Overrides may only name known knobs, with values those knobs can have.
 * @module
 */
import { type Hyperparameters, type PresetName, presets } from "./hyperparameters.ts";

/** What a knob may be. `or` is a word allowed instead of a number. */
type Rule =
  | { kind: "choice"; choices: readonly string[] }
  | { kind: "boolean" }
  | { kind: "number"; whole: boolean; min: number; max: number; or?: string };

const choice = (...choices: string[]): Rule => ({ kind: "choice", choices });
const whole = (min: number, max = 1e9): Rule => ({ kind: "number", whole: true, min, max });
const number = (min: number, max: number, or?: string): Rule => ({
  kind: "number",
  whole: false,
  min,
  max,
  ...(or === undefined ? {} : { or }),
});
const flag: Rule = { kind: "boolean" };
const TINY = 1e-12;

const RULES: Readonly<Record<keyof Hyperparameters, Rule>> = {
  replay: choice("generated", "none", "oracle"),
  replaySource: choice("latest", "first"),
  replayPairs: whole(1),
  replayPairsPerTask: whole(1),
  replayBytes: whole(0, Number.MAX_SAFE_INTEGER),
  shardsPerTask: whole(1, 1_000),
  newTaskShare: number(TINY, 1, "proportional"),
  retention: choice("samples", "distill"),
  architecture: choice("unet", "resnet"),
  denoiserWidth: whole(4, 16_384),
  denoiserBlocks: whole(1, 100),
  behaviorKnowsTask: flag,
  stateSteps: whole(1),
  behaviorSteps: whole(1),
  generatorStepsPerOldTask: whole(0),
  maxGeneratorSteps: whole(1),
  generatorBatchSize: whole(2, 1_048_576),
  generatorLearningRate: number(TINY, 10),
  warmupSteps: whole(0),
  learningRateSchedule: choice("cosine", "constant"),
  gradientClip: number(0, 1e9),
  emaDecay: number(0, 1 - TINY),
  solver: choice("dpmpp2m", "dpm3"),
  functionEvaluations: whole(1, 10_000),
  finalDenoising: flag,
  timeEnd: number(1e-5, 0.5),
  criticTarget: choice("mc", "planning", "iql"),
  criticWidth: whole(1, 16_384),
  criticLayers: whole(1, 100),
  criticEnsemble: whole(1, 100),
  criticLayerNorm: flag,
  criticNormalisedInputs: flag,
  criticSteps: whole(1),
  criticStepsPerOldTask: whole(0),
  maxCriticSteps: whole(1),
  criticBatchSize: whole(2, 1_048_576),
  criticLearningRate: number(TINY, 10),
  discount: number(0, 1),
  timeLimit: choice("cut", "bootstrap"),
  distillationWeight: number(0, 1e9),
  retentionReduction: choice("average", "sum"),
  criticReplay: choice("shared", "relabelled"),
  expectile: number(TINY, 1 - TINY),
  planningRounds: whole(1, 1_000),
  targetRate: number(TINY, 1),
  candidates: whole(1, 65_536),
  actingEvaluations: whole(1, 10_000),
  selection: choice("top", "soft", "one"),
  topCount: whole(1, 65_536),
  selectionSpread: choice("candidates", "returns"),
  inverseTemperature: number(0, 1e9),
  pessimism: number(0, 1e9, "min"),
  evaluationEpisodes: whole(1, 1_000_000),
  gate: choice("enforce", "observe"),
  maxForgetting: number(0, 1e9),
  maxReplayDistance: number(0, 1e9),
};

/**
 * A preset with overrides. Values may be text, as a command line gives them.
 *
 * @param preset One of {@linkcode presets}.
 * @param overrides By knob name; an unknown name is an error, never ignored.
 * @throws {RangeError} If preset, knob or value is not known or not allowed; the message names what is allowed.
 */
export function resolveHyperparameters(
  preset: PresetName,
  overrides: Record<string, unknown>,
): Hyperparameters {
  const base = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  if (base === undefined) {
    throw new RangeError(
      `Cannot resolve preset: must be one of ${Object.keys(presets).join(", ")}: current value is ${preset}`,
    );
  }
  const resolved: Record<string, unknown> = { ...base };
  for (const [knob, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(RULES, knob)) {
      throw new RangeError(
        `Cannot set "${knob}" as there is no such knob: known are ${Object.keys(RULES).join(", ")}`,
      );
    }
    resolved[knob] = parseKnob(knob, value, RULES[knob as keyof Hyperparameters]);
  }
  const result = resolved as unknown as Hyperparameters;
  checkTogether(result);
  return result;
}

function parseKnob(knob: string, value: unknown, rule: Rule): string | number | boolean {
  if (rule.kind === "choice") {
    if (typeof value === "string" && rule.choices.includes(value)) return value;
  } else if (rule.kind === "boolean") {
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
  } else {
    if (rule.or !== undefined && value === rule.or) return rule.or;
    const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    const fits = typeof parsed === "number" && parsed >= rule.min && parsed <= rule.max;
    if (fits && (!rule.whole || Number.isSafeInteger(parsed))) return parsed;
  }
  throw new RangeError(
    `Cannot set "${knob}": must be ${describe(rule)}: current value is ${JSON.stringify(value)}`,
  );
}

function describe(rule: Rule): string {
  if (rule.kind === "choice") return `one of ${rule.choices.join(", ")}`;
  if (rule.kind === "boolean") return "true or false";
  const range = `a ${rule.whole ? "whole " : ""}number from ${rule.min} to ${rule.max}`;
  return rule.or === undefined ? range : `${range}, or "${rule.or}"`;
}

/** What only makes sense for several knobs at once. */
function checkTogether(h: Hyperparameters): void {
  if (h.topCount > h.candidates) {
    throw new RangeError(
      `Cannot set "topCount": must be at most candidates (${h.candidates}): current value is ${h.topCount}`,
    );
  }
  if (h.denoiserWidth % 4 !== 0) {
    throw new RangeError(
      `Cannot set "denoiserWidth": must be a multiple of 4: current value is ${h.denoiserWidth}`,
    );
  }
}

/** Steps of a training: `base`, more for every old task, never above `max`. */
export function stepsFor(base: number, perOldTask: number, max: number, oldTasks: number): number {
  return Math.min(base + perOldTask * oldTasks, max);
}
