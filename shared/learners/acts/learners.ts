/**
 * Learners: made, listed, configured.
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
import { PreconditionFailed, type Store } from "@cugro/store";
import {
  canonicalJson,
  checkLearnerName,
  type ConfigFact,
  configFactSchema,
  configKey,
  encodeFact,
  type LearnerFact,
  learnerFactSchema,
  learnerKey,
  learnerOfKey,
  learnerPrefix,
  parseFact,
  parseKey,
  PREFIXES,
} from "@cugro/protocol";
import { standingDeletion } from "../facts/deletion.ts";
import { putOnce } from "../facts/put_once.ts";
import { createCache } from "../reading/fact_cache.ts";
import { deletionOf } from "./deletion.ts";
import { dataState, knobsOfTask, type LearnerFacts } from "../facts/facts.ts";
import type { LabelledTask } from "../facts/labels.ts";
import { dataOfTask, type TaskData } from "../facts/revisions.ts";
import { readKnobs } from "../planning/knobs.ts";
import { refuseBlind } from "./refuse_blind.ts";
import { loadFacts } from "../reading/load.ts";

/** How a learner is set up. `overrides`: knob name to value, as a person gave them. */
export interface LearnerSettings {
  seed: number;
  preset: PresetName;
  overrides?: Record<string, unknown>;
}

/**
 * Makes a learner. Two facts are written: the first configuration, which decides the seed as well, and last the
 * learner's own, so that no learner is without a configuration. Of several who do this at once, or after one who was cut
 * off in between, the first configuration stands, and the next process to find it adds the learner's own fact.
 *
 * @throws {RangeError} when the name is not allowed, is taken, or was a deleted learner's; or a knob is wrong.
 *
 * @example
 * ```ts
 * import { createLearner, learnerStatus } from "@cugro/learners";
 * import { openFilesystemStore } from "@cugro/store";
 * import { assertEquals } from "@std/assert";
 *
 * const root = await Deno.makeTempDir();
 * const store = await openFilesystemStore({ root });
 * await createLearner({ store, name: "mine", seed: 0, preset: "smoke" });
 * const { learner, tasks } = await learnerStatus(store, "mine");
 * assertEquals([learner.name, tasks.length], ["mine", 0]);
 * await store.close();
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function createLearner(
  { store, name, seed, preset, overrides = {} }: LearnerSettings & { store: Store; name: string },
): Promise<void> {
  checkLearnerName(name);
  const knobs = resolveHyperparameters(preset, overrides);
  const about = { seed, created: new Date().toISOString() };
  const config: FirstConfig = {
    ...{ schema: 1, revision: 1, fromTask: 1, preset, knobs: { ...knobs } },
    learner: about,
  };
  encodeFact<LearnerFact>({ schema: 1, name, ...about }, learnerFactSchema);
  if (await deletionOf(store, name)) {
    throw new RangeError(
      `"${name}" was a learner that was deleted, and its name is not used again: choose another, or restore it ` +
        `(cugro learner restore ${name}) if garbage collection has not had it yet`,
    );
  }
  const taken = () => new RangeError(`The learner "${name}" exists already`);
  if (await store.head(learnerKey(name))) throw taken();
  const decided = await putFirstConfig(store, name, config);
  const made = await putOnce(store, learnerKey(name), { schema: 1, name, ...decided.learner });
  if (decided === config) return;
  // Asked for once more after a crash: what was begun is what is wanted.
  if (!made || !isSame(decided, { ...config, learner: { ...about, created: decided.learner.created } })) {
    throw taken();
  }
}

type FirstConfig = ConfigFact & { learner: NonNullable<ConfigFact["learner"]> };

/**
 * Writes a learner's first configuration, unless there is one.
 *
 * @returns the one that stands
 */
async function putFirstConfig(store: Store, name: string, config: FirstConfig): Promise<FirstConfig> {
  const key = configKey(name, 1);
  let condition: { ifNoneMatch: true } | { ifMatch: string } = { ifNoneMatch: true };
  while (true) {
    try {
      await store.put(key, encodeFact<ConfigFact>(config, configFactSchema), condition);
      return config;
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
    }
    const object = await store.get(key);
    if (!object) {
      condition = { ifNoneMatch: true };
      continue;
    }
    const present = parseFact(configFactSchema, object.bytes, key);
    if (present.learner) return { ...present, learner: present.learner };
    // Left alone by an earlier version of the software, which wrote no seed there.
    condition = { ifMatch: object.info.etag };
  }
}

function isSame(one: ConfigFact, other: ConfigFact): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** Names of the learners in a store that were not deleted, sorted. */
export async function listLearners(store: Store): Promise<string[]> {
  const infos = await store.list(PREFIXES.learners);
  const keys = infos.map(({ key }) => parseKey(key));
  const source = { store, cache: createCache() };
  const deleted = new Set(keys.flatMap((key) => key?.kind === "deleted" ? [key.learner] : []));
  const ofEach = Map.groupBy(deleted.size > 0 ? infos : [], ({ key }) => learnerOfKey(key));
  for (const name of deleted) {
    if (!await standingDeletion(source, name, ofEach.get(name) ?? [])) deleted.delete(name);
  }
  return keys.flatMap((key) => key?.kind === "learner" && !deleted.has(key.learner) ? [key.learner] : []);
}

/** A knob whose value would change. */
export interface KnobDifference {
  knob: string;
  current: unknown;
  wanted: unknown;
}

/**
 * What differs between these settings and the learner's newest configuration (and its seed).
 *
 * @param settings.preset @default the newest configuration's values; a preset starts from its own.
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

/** The first task that has not been started: a new configuration holds from here. */
export function nextTask(facts: LearnerFacts): number {
  const first = facts.tasks.find(({ task }) => dataState(facts, dataOfTask(facts, task)[0]!) === "undecided");
  return (first?.task ?? facts.tasks.length) + 1;
}

/**
 * Writes a new configuration for the tasks that have not been started.
 *
 * @param change.preset @default the newest configuration's, with its knobs; another preset starts from its own.
 * @throws {RangeError} when it would change what task 1 has fixed.
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

/** The first task that was not taken back: its weights, and their shapes, are what later ones continue from. */
export function firstStandingTask(facts: LearnerFacts): LabelledTask | undefined {
  const isOut = (data: TaskData) => ["cancelled", "withdrawn"].includes(dataState(facts, data));
  return facts.tasks.find(({ task }) => !dataOfTask(facts, task).every(isOut));
}

/** Refuses to change a knob that the first task's weights have fixed. */
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

/** @throws {RangeError} when the learner was deleted. */
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
