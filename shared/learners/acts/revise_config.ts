/**
 * The knobs of a learner: what would change, from which task on, and what is fixed.
 * @module
 */
import {
  frozenKnobs,
  type Hyperparameters,
  type PresetName,
  presets,
  resolveHyperparameters,
  withOverrides,
} from "@cugro/algorithm/knobs";
import type { Store } from "@cugro/store";
import { type ConfigFact, configKey, learnerPrefix } from "@cugro/protocol";
import { putOnce } from "../facts/put_once.ts";
import { dataState, type LearnerFacts } from "../facts/learner_facts.ts";
import { knobsOfTask } from "../facts/knobs_of_facts.ts";
import type { LabelledTask } from "../facts/labelled_tasks.ts";
import { dataOfTask, type TaskData } from "../facts/task_revisions.ts";
import { readKnobs } from "../planning/knob_subsets.ts";
import { refuseBlind } from "./refuse_blind.ts";
import { loadFacts } from "../reading/load.ts";
import type { LearnerSettings } from "./create_learner.ts";

/** A knob whose value would change. */
export interface KnobDifference {
  knob: string;
  current: unknown;
  wanted: unknown;
}

/**
 * What differs between these settings and the learner's newest configuration (and its seed).
 * @param facts the learner's seed and configurations
 * @param settings.preset
 * @returns an entry for each knob that would change
 * @default the newest configuration's values; a preset starts from its own.
 */
export function configDifferences(
  facts: { learner: { seed: number }; configs: readonly Pick<ConfigFact, "preset" | "knobs">[] },
  settings: Omit<LearnerSettings, "preset"> & { preset?: PresetName },
): KnobDifference[] {
  const newest = facts.configs.at(-1)!;
  const known = readKnobs(newest.preset, newest.knobs);
  const current: Record<string, unknown> = { ...known };
  // Compared only: what a learner has is read as it is, and goes together or not.
  const wanted: Record<string, unknown> = {
    ...withOverrides(settings.preset ?? known, settings.overrides ?? {}),
  };
  const differences = Object.keys(wanted)
    .filter((knob) => current[knob] !== wanted[knob])
    .map((knob) => ({ knob, current: current[knob], wanted: wanted[knob] }));
  const { seed } = facts.learner;
  return seed === settings.seed
    ? differences
    : [{ knob: "seed", current: seed, wanted: settings.seed }, ...differences];
}

/**
 * The first task that has not been started: a new configuration holds from here.
 * @param facts of the learner
 * @returns its number, from 1
 */
export function nextTask(facts: LearnerFacts): number {
  const first = facts.tasks.find(({ task }) => dataState(facts, dataOfTask(facts, task)[0]!) === "undecided");
  return (first?.task ?? facts.tasks.length) + 1;
}

/**
 * Writes a new configuration for the tasks that have not been started.
 * @param change.preset
 * @returns the configuration's fact
 * @throws {RangeError} when it would change what task 1 has fixed.
 * @default the newest configuration's, with its knobs; another preset starts from its own.
 */
export async function reviseConfig(
  { store, name, preset, overrides = {} }: {
    store: Store;
    name: string;
    preset?: PresetName;
    overrides?: Record<string, unknown>;
  },
): Promise<ConfigFact> {
  const facts = await loadFacts(store, name);
  refuseDeleted(facts);
  const newest = facts.configs.at(-1)!;
  const chosen = preset ?? presetName(newest.preset);
  const knobs = resolveHyperparameters(preset ?? readKnobs(newest.preset, newest.knobs), overrides);
  if (facts.tasks.length > 0) refuseFrozen(facts, knobs);
  refuseBlind(facts, knobs, readKnobs(newest.preset, newest.knobs));
  const revision = newest.revision + 1;
  const fact: ConfigFact = {
    schema: 1,
    revision,
    fromTask: nextTask(facts),
    preset: chosen,
    knobs: { ...knobs },
  };
  if (!await putOnce(store, configKey(name, revision), fact)) {
    throw new Error(
      `Somebody else revised the configuration of "${name}" at the same time: look at it and try again`,
    );
  }
  return fact;
}

/**
 * The first task that was not taken back: its weights, and their shapes, are what later ones continue from.
 * @param facts of the learner
 * @returns undefined where there is none
 */
export function firstStandingTask(facts: LearnerFacts): LabelledTask | undefined {
  const isOut = (data: TaskData) => ["cancelled", "withdrawn"].includes(dataState(facts, data));
  return facts.tasks.find(({ task }) => !dataOfTask(facts, task).every(isOut));
}

/**
 * Refuses to change a knob that the first task's weights have fixed.
 * @param facts of the learner
 * @param knobs those that are wanted
 * @throws {RangeError} naming each of them, with both values
 */
export function refuseFrozen(facts: LearnerFacts, knobs: Hyperparameters): void {
  const first = firstStandingTask(facts);
  if (!first) return;
  const fixed = knobsOfTask(facts, first.task);
  const changed = frozenKnobs.filter((knob) => fixed[knob] !== knobs[knob]);
  if (changed.length === 0) return;
  const list = changed.map((knob) => `${knob} (${fixed[knob]}, asked for ${knobs[knob]})`).join(", ");
  throw new RangeError(
    `Task ${first.task} has fixed ${list}: later tasks continue from its weights. Start another learner.`,
  );
}

/**
 * Refuses a learner that was deleted.
 * @param facts of the learner
 * @throws {RangeError} when the learner was deleted.
 */
export function refuseDeleted(facts: LearnerFacts): void {
  if (facts.deleted) {
    throw new RangeError(
      `The learner "${facts.learner.name}" was deleted (${learnerPrefix(facts.learner.name)})`,
    );
  }
}

function presetName(name: string): PresetName {
  return Object.hasOwn(presets, name) ? name as PresetName : "default";
}
