/**
 * A version's policy, ready to act in this process.
 * @module
 */
import { type Compile, createPolicy, type Normaliser, type Policy, type Stored } from "@cugro/algorithm";
import { knobsOf, type LearnerFacts, loadFacts, validVersions } from "@cugro/learners";
import { getArtifact, type Store } from "@cugro/platform";
import { parseFact, resultFactSchema, resultKey, type TaskFact, type VersionFact } from "@cugro/protocol";
import { decodeNormaliser, decodeStored } from "@cugro/training";

/** A policy and what it knows. */
export interface ServedPolicy {
  learner: string;
  version: number;
  /** Known tasks. */
  tasks: TaskFact[];
  stateDim: number;
  actionDim: number;
  policy: Policy;
}

/** Opens the native backend where it is installed, else WASM; says on stderr what is slower then. */
export async function openCompute(): Promise<Compile> {
  const { eager } = await import("@cugro/algorithm");
  const { nativeCompile, openBackend } = await import("@cugro/platform");
  const { profile, warning } = await openBackend();
  if (warning) console.error(warning);
  return profile.compile ? nativeCompile() : eager;
}

/**
 * Loads a version's policy.
 * @param version the newest valid one if left out
 * @throws {RangeError} when the learner has no such version
 */
export async function openPolicy(
  store: Store,
  name: string,
  compile: Compile,
  version?: number,
): Promise<ServedPolicy> {
  const facts = await loadFacts(store, name);
  const fact = findVersion(facts, version);
  const tasks = facts.tasks.filter(({ task }) => fact.tasks.includes(task));
  const [{ stateDim, actionDim }] = tasks as [TaskFact];
  const normalisers = new Map<number, Normaliser>();
  for (const { task, normaliser } of tasks) {
    normalisers.set(task, decodeNormaliser(await getArtifact(store, normaliser)));
  }
  const policy = createPolicy({
    behaviorGenerator: await weightsOf(store, fact.behaviorGenerator),
    critic: await weightsOf(store, fact.critic),
    normalisers,
    stateDim,
    actionDim,
    hyperparameters: knobsOf(facts, fact.task),
    compile,
  });
  return { learner: name, version: fact.version, tasks, stateDim, actionDim, policy };
}

function findVersion(facts: LearnerFacts, version: number | undefined): VersionFact {
  const found = version === undefined
    ? validVersions(facts).at(-1)
    : facts.versions.find((fact) => fact.version === version);
  if (found) return found;
  const name = facts.learner.name;
  throw new RangeError(
    version === undefined
      ? `The learner "${name}" has no published version yet`
      : `There is no version ${version} of "${name}"`,
  );
}

async function weightsOf(store: Store, job: string): Promise<Stored> {
  const object = await store.get(resultKey(job));
  if (!object) throw new Error(`The result of job ${job} is gone; restore ${resultKey(job)}`);
  const { outputs } = parseFact(resultFactSchema, object.bytes, resultKey(job));
  return decodeStored(await getArtifact(store, outputs.weights!.artifact));
}
