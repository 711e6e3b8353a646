/**
 * Every knob of the method: one table of the chapters' rows, and what follows from it. A learner's configuration fact
 * writes every knob out.
 * @module
 */
import { actingKnobs } from "./acting_knobs.ts";
import { criticKnobs } from "./critic_knobs.ts";
import { dataKnobs } from "./data_knobs.ts";
import { distillationKnobs } from "./distillation_knobs.ts";
import { diffusionKnobs } from "./diffusion_knobs.ts";
import { evaluationKnobs } from "./evaluation_knobs.ts";
import {
  checkKnobs,
  type Knob,
  KNOB_KINDS,
  type KnobKind,
  type PRESET_COLUMNS,
  type PresetName,
} from "./knob.ts";
import { LEAN } from "./lean.ts";
import { regulariserKnobs } from "./regulariser_knobs.ts";
import { replayKnobs } from "./replay_knobs.ts";

/** The table by chapter, in the order in which a reader meets the knobs. */
export const knobChapters = {
  data: dataKnobs,
  replay: replayKnobs,
  regulariser: regulariserKnobs,
  generators: diffusionKnobs,
  critic: criticKnobs,
  acting: actingKnobs,
  "one-step networks": distillationKnobs,
  "evaluation and gate": evaluationKnobs,
};

const table = {
  ...dataKnobs,
  ...replayKnobs,
  ...regulariserKnobs,
  ...diffusionKnobs,
  ...criticKnobs,
  ...actingKnobs,
  ...distillationKnobs,
  ...evaluationKnobs,
};

/** Name of a knob. */
export type KnobName = keyof typeof table;
/** A value for every knob; what each means, its unit and its range stand in its row. */
export type Hyperparameters = { [name in KnobName]: typeof table[name]["values"]["default"] };

/** The row of every knob. */
export const knobs: Readonly<Record<KnobName, Knob>> = table;
checkKnobs(Object.values(knobChapters));

const names = Object.keys(table) as KnobName[];

/** The value of every knob in each preset. */
export const presets: Readonly<Record<PresetName, Readonly<Hyperparameters>>> = {
  paper: valuesOf("paper"),
  default: valuesOf("default"),
  smoke: valuesOf("smoke"),
  lean: { ...valuesOf("default"), ...LEAN },
};

/** Names of the knobs that each kind of job reads, and carries in its configuration. */
export const knobsOfKind: Readonly<Record<KnobKind, readonly KnobName[]>> = Object.fromEntries(
  KNOB_KINDS.map((kind) => [kind, readBy(kind)]),
) as Record<KnobKind, KnobName[]>;

/** Names of the knobs that only the plan reads: they shape the graph, or judge its outcome. */
export const knobsOfPlan: readonly KnobName[] = readBy("plan");

/** Names of the knobs that the first task's weights fix: every later version continues from them. */
export const frozenKnobs: readonly KnobName[] = names.filter((name) => knobs[name].frozen);

function valuesOf(preset: typeof PRESET_COLUMNS[number]): Hyperparameters {
  return Object.fromEntries(names.map((name) => [name, table[name].values[preset]])) as Hyperparameters;
}

function readBy(reader: KnobKind | "plan"): KnobName[] {
  return names.filter((name) => knobs[name].readBy.includes(reader));
}
