/**
 * Learners deleted, and brought back. A deletion stops planning and serving at once; what the learner has stays until
 * garbage collection claims it, a grace later. Until then the deletion can be undone.
 * @module
 */
import type { Store } from "@cugro/store";
import {
  artifactKey,
  datasetKey,
  deletedKey,
  type DeletionEndFact,
  deletionEndFactSchema,
  deletionEndKey,
  type JobKind,
  learnerKey,
  learnerPrefix,
} from "@cugro/protocol";
import { type Deletion, keyOfDeletion, standingDeletion } from "../facts/deletion.ts";
import { dataState, type JobState, type LearnerFacts, validVersions } from "../facts/learner_facts.ts";
import { dataInOrder, nameOfData } from "../facts/task_revisions.ts";
import { putOnce } from "../facts/put_once.ts";
import { createCache, type FactCache, readFact } from "../reading/fact_cache.ts";
import { absent, loadJobStates } from "../reading/load_jobs.ts";
import { loadFacts } from "../reading/load.ts";

/**
 * The deletion of a learner that stands; one small request where there never was one.
 *
 * @param name the learner's
 * @param options `cache` of facts that have been read
 * @returns undefined for a learner that was never deleted, or was restored
 */
export async function deletionOf(
  store: Store,
  name: string,
  { cache = createCache(), ...options }: { cache?: FactCache; signal?: AbortSignal } = {},
): Promise<Deletion | undefined> {
  if (await store.head(deletedKey(name), options) === undefined) return undefined;
  return await standingDeletion({ store, cache }, name, await store.list(learnerPrefix(name)));
}

/**
 * Whether a learner exists and was not deleted.
 *
 * @param name the learner's
 * @param options `signal` ends the questions to the store
 * @returns false for a deleted learner
 */
export async function learnerExists(
  store: Store,
  name: string,
  options: { signal?: AbortSignal } = {},
): Promise<boolean> {
  return await store.head(learnerKey(name), options) !== undefined &&
    await deletionOf(store, name, options) === undefined;
}

/**
 * Stops a learner: nothing is planned for it, and nobody served, until it is restored.
 *
 * @param options the learner's name, and why it goes
 * @throws {RangeError} if there is none
 */
export async function deleteLearner(
  { store, name, reason = "deleted by its operator" }: { store: Store; name: string; reason?: string },
): Promise<void> {
  // Nothing else is read of it: a learner with damaged facts can be deleted, too.
  if (!await store.head(learnerKey(name))) {
    throw new RangeError(`There is no learner "${name}" in this store`);
  }
  const infos = await store.list(learnerPrefix(name));
  if (await standingDeletion({ store, cache: createCache() }, name, infos)) return;
  const ended = new Set(infos.map(({ key }) => key));
  let n = 1;
  while (ended.has(deletionEndKey(name, n))) n++;
  await putOnce(store, keyOfDeletion(name, n), { schema: 1, name, reason });
}

/**
 * Brings a deleted learner back, as it was; work that was stopped goes on from its checkpoints.
 *
 * @param options the learner's name
 * @throws {RangeError} when there is no such learner, it is not deleted, or garbage collection has had it: then it
 *   says what is gone.
 */
export async function restoreLearner({ store, name }: { store: Store; name: string }): Promise<void> {
  const cache = createCache();
  const facts = await loadFacts(store, name, cache);
  const { deletion } = facts;
  if (!deletion) throw new RangeError(`The learner "${name}" is not deleted: there is nothing to restore`);
  const lost = await lossesOf(store, facts, cache);
  // A store that an earlier version of the software has swept says nothing of it but by what is missing.
  if (deletion.swept || lost.weights.length > 0) throw gone(name, lost);
  if (await endDeletion(store, name, deletion.n, "restored") === "swept") throw gone(name, lost);
}

/**
 * Ends a deletion, in one way or the other, unless that has been done.
 *
 * @param n number of the deletion, from 1
 * @param outcome restored or swept
 * @returns how it ended, which another process may have decided first
 */
export async function endDeletion(
  store: Store,
  name: string,
  n: number,
  outcome: DeletionEndFact["outcome"],
): Promise<DeletionEndFact["outcome"]> {
  const fact: DeletionEndFact = { schema: 1, n, outcome };
  if (await putOnce(store, deletionEndKey(name, n), fact)) return outcome;
  const source = { store, cache: createCache() };
  return (await readFact(source, deletionEndKey(name, n), deletionEndFactSchema))?.outcome ?? outcome;
}

/** Missing parts of a learner, in words. */
interface Losses {
  weights: string[];
  others: string[];
}

async function lossesOf(store: Store, facts: LearnerFacts, cache: FactCache): Promise<Losses> {
  const chain = validVersions(facts);
  const states = new Map<string, JobState>();
  const makers = chain.map((version): [string, JobKind][] => [
    [version.stateGenerator, "states.train"],
    [version.behaviorGenerator, "behavior.train"],
    [version.critic, "critic.train"],
    ...(version.proposer === undefined ? [] : [[version.proposer, "proposer.train"] as [string, JobKind]]),
    ...(version.actor === undefined ? [] : [[version.actor, "actor.train"] as [string, JobKind]]),
  ]);
  await loadJobStates({ store, cache }, makers.flat().map(([id, kind]) => ({ id, kind })), states);
  const weights = chain.filter((_, index) => makers[index]!.some(([id]) => !states.get(id)?.result));
  const needed = dataInOrder(facts).flatMap((data) => [
    { what: `the normaliser of ${nameOfData(data)}`, key: artifactKey(data.normaliser) },
    ...(dataState(facts, data) === "undecided"
      ? [{ what: `the data of ${nameOfData(data)}`, key: datasetKey(data.datasetHash) }]
      : []),
  ]);
  const missing = new Set(await absent(store, needed.map(({ key }) => key)));
  return {
    weights: weights.map(({ version }) => `the weights of version ${version}`),
    others: needed.filter(({ key }) => missing.has(key)).map(({ what }) => what),
  };
}

function gone(name: string, { weights, others }: Losses): RangeError {
  const list = [...weights, ...others];
  const what = list.length > 0 ? `${list.join(", ")} ${list.length > 1 ? "are" : "is"} gone` : "it has begun";
  return new RangeError(
    `The learner "${name}" cannot be restored: garbage collection has removed its objects (${what}). ` +
      "A copy of it, if there is one, can be brought into another store (cugro learner import)",
  );
}
