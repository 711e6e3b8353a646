/**
 * Learners: made, listed, configured.
 * @module
 */
import { type PresetName, resolveHyperparameters } from "@cugro/algorithm/knobs";
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
  parseFact,
  parseKey,
  PREFIXES,
} from "@cugro/protocol";
import { standingDeletion } from "../facts/deletion.ts";
import { putOnce } from "../facts/put_once.ts";
import { createCache } from "../reading/fact_cache.ts";
import { deletionOf } from "./delete_learner.ts";

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
 * @param options name, seed, preset and knobs
 * @throws {RangeError} when the name is not allowed, is taken, or was a deleted learner's; or a knob is wrong.
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

/**
 * Names of the learners in a store that were not deleted, sorted.
 * @param store whose deleted learners are left out
 * @returns none in a new store
 */
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
