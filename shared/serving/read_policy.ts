/**
 * A version's policy as the store has it: weights, normalisers, knobs. No tensors yet.
 * @module
 */
import { familiarOf, type Normaliser, type Stored, type WayOfActing } from "@cugro/algorithm/arrays";
import {
  createCache,
  dataOfVersion,
  type FactCache,
  knobsOfVersion,
  type ListedFacts,
  readListed,
  validVersions,
} from "@cugro/learners";
import { CorruptArtifactError, getArtifact, MissingInputError, type Store } from "@cugro/store";
import { type TaskFact, type VersionFact, WAYS_OF_ACTING } from "@cugro/protocol";
import { decodeNormaliser, decodeStored } from "@cugro/jobs/encoding";
import { ActError, checkActing, type KnownStates, type PolicyFacts } from "./act_request.ts";
import { actingOf, type PolicyParts, waysToOpen } from "./policy_parts.ts";
import { networksOf } from "./version_weights.ts";

/**
 * Reads a version's policy.
 *
 * @param version the newest valid one if left out
 * @param acting the way of acting that it is opened for; those that the version serves by if left out
 * @param store to read
 * @param name of the learner
 * @param options version, way of acting, a cache of facts
 * @returns weights, normalisers, and what is known of the version
 * @throws {ActError} 404 when there is no such learner or version, 409 when none is published yet, 422 when the version
 * cannot act so.
 */
export async function readPolicy(
  store: Store,
  name: string,
  options: {
    version?: number | undefined;
    acting?: WayOfActing | undefined;
    cache?: FactCache | undefined;
  } = {},
): Promise<PolicyParts> {
  const facts = await learnerFacts(store, name, options.cache);
  return await policyParts(store, facts, findVersion(facts, options.version), options.acting);
}

/**
 * The facts of a learner.
 *
 * @param name the learner's
 * @param cache of facts that have been read
 * @returns as they are listed now
 * @throws {ActError} 404 when there is none, or none any more.
 */
export async function learnerFacts(
  store: Store,
  name: string,
  cache: FactCache = createCache(),
): Promise<ListedFacts> {
  const none = () => new ActError(404, `There is no learner "${name}" here`);
  const facts = await readListed({ store, cache }, name).catch((error) => {
    throw error instanceof RangeError ? none() : error;
  });
  if (facts.deleted) throw none();
  return facts;
}

/**
 * The version that serves: the newest valid one, as the head says once it has caught up.
 *
 * @param facts of the learner
 * @returns undefined before the first is published
 */
export function servingVersion(facts: ListedFacts): VersionFact | undefined {
  return validVersions(facts).at(-1);
}

/**
 * Reads what a version's policy is made of, as {@linkcode readPolicy} does.
 *
 * @param fact the version
 * @param acting a way of acting asked for, instead of those that it serves by
 * @returns weights, normalisers and what its tasks' states are like
 */
export async function policyParts(
  store: Store,
  facts: ListedFacts,
  fact: VersionFact,
  acting?: WayOfActing,
): Promise<PolicyParts> {
  const tasks = tasksOf(facts, fact);
  const [{ stateDim, actionDim, discreteActions }] = tasks as [TaskFact];
  const ways = WAYS_OF_ACTING.filter((way) => way === "sampler" || fact[way] !== undefined);
  checkActing({ version: fact.version, ways }, { acting });
  const actingByTask = actingOf(fact, tasks.map(({ task }) => task));
  const opened = waysToOpen(ways, actingByTask, acting);
  const normalisers = new Map<number, Normaliser>();
  for (const { task, normaliser } of tasks) {
    normalisers.set(task, decodeNormaliser(await getArtifact(store, normaliser)));
  }
  return {
    learner: facts.learner.name,
    version: fact.version,
    tasks,
    stateDim,
    actionDim,
    discreteActions,
    states: await knownStates(store, tasks, normalisers),
    ...{ ways, opened, actingByTask },
    input: {
      ...await networksOf(store, fact, opened),
      ...{ normalisers, actingByTask },
      stateDim,
      actionDim,
      hyperparameters: knobsOfVersion(facts, fact),
    },
  };
}

/**
 * The tasks of a version, with the data that it knows them by.
 *
 * @param facts of the learner
 * @param fact the version
 * @returns in the order of the tasks
 */
export function tasksOf(facts: ListedFacts, fact: VersionFact): TaskFact[] {
  const known = [...dataOfVersion(facts, fact).values()].sort((a, b) => a.task - b.task);
  return known.map(({ fact: _, firstAttempt: _first, revision: _revision, ...task }): TaskFact => task);
}

async function knownStates(
  store: Store,
  tasks: readonly TaskFact[],
  normalisers: ReadonlyMap<number, Normaliser>,
): Promise<PolicyFacts["states"]> {
  const known: [number, KnownStates][] = [];
  for (const { task, sketch, stateDim, heldOutDistances } of tasks) {
    const { min, max } = normalisers.get(task)!.states;
    // Without distances the sketch would say nothing.
    const familiar = heldOutDistances &&
      await readFamiliar(store, sketch, (stored) => familiarOf(stored, stateDim, heldOutDistances));
    known.push([task, { familiar, bounds: { min, max } }]);
  }
  return new Map(known);
}

/**
 * Reads something of a sketch; one that is lost does not keep the policy from acting.
 *
 * @param sketch hash of the artifact
 * @param read makes of its arrays what is wanted
 * @returns undefined if it is lost
 * @throws {StoreError} where the store cannot be read
 */
export async function readFamiliar<T>(
  store: Store,
  sketch: string,
  read: (stored: Stored) => T,
): Promise<T | undefined> {
  try {
    return read(decodeStored(await getArtifact(store, sketch)));
  } catch (error) {
    if (error instanceof MissingInputError || error instanceof CorruptArtifactError) return undefined;
    throw error;
  }
}

/**
 * A version, or the one that serves.
 *
 * @param version undefined: the one that serves
 * @returns published, parked or withdrawn
 * @throws {ActError} 404 and 409 as {@linkcode readPolicy}
 */
export function findVersion(facts: ListedFacts, version: number | undefined): VersionFact {
  const { name } = facts.learner;
  if (version === undefined) {
    const serving = servingVersion(facts);
    if (serving) return serving;
    throw new ActError(409, `The learner "${name}" has no published version yet${describeParked(facts)}`);
  }
  const found = facts.versions.find((fact) => fact.version === version);
  if (found) return found;
  const known = facts.versions.map((fact) => fact.version);
  throw new ActError(
    404,
    `There is no version ${version} of "${name}": it has ${known.join(", ") || "none yet"}`,
  );
}

/** Why nothing serves though something was learnt. */
function describeParked({ versions }: ListedFacts): string {
  const newest = versions.at(-1);
  if (!newest) return ": it serves once its first task is learnt";
  return newest.decision === "parked"
    ? `: version ${newest.version} is parked, and serves once it is promoted`
    : ": all its versions were taken back";
}
