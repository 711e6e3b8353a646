/**
 * All knobs: one table with a row for each, what follows from it, and checked overrides.
 * @module
 */
export {
  describeRule,
  type Knob,
  KNOB_KINDS,
  type KnobKind,
  type KnobRule,
  type KnobValue,
  PRESET_COLUMNS,
  PRESET_NAMES,
  type PresetName,
  showKnobValue,
} from "./knob.ts";
export { besideLimit } from "./beside_limit.ts";
export { describeKeptData } from "./kept_data.ts";
export { MIN_EPISODES } from "./evaluation_knobs.ts";
export * from "./hyperparameters.ts";
export * from "./job_knobs.ts";
export * from "./resolve_hyperparameters.ts";
export * from "./nearest.ts";
export { describeRelation, type Effect, knobsOfRelation, type Limit, type Relation } from "./relation.ts";
export { relations } from "./relations.ts";
export { askedSteps, limitOfSteps } from "./training_steps.ts";
