/**
 * Two versions of a learner, whole: their networks, and states in which they can be compared. The store is only read.
 * @module
 */
import {
  createPolicy,
  createRng,
  type PolicyInput,
  sampleStates,
  type Stored,
  takeRows,
} from "@cugro/algorithm";
import { decodeStored, openDataset, rowsOfTask } from "@cugro/jobs";
import { heldOutSeed, type LabelledTask, type LearnerFacts, loadFacts, validVersions } from "@cugro/learners";
import type { VersionFact } from "@cugro/protocol";
import { readPolicy, samplerInput } from "@cugro/serving";
import { MissingInputError, type Store } from "@cugro/store";
import { openCompute } from "@cugro/tensors";
import { openInput, readInput } from "@cugro/worker";
import { UsageError } from "../../cli/commands/print_output.ts";

/** A version with all networks that it has. */
export interface OpenedVersion {
  fact: VersionFact;
  input: PolicyInput;
  tasks: LabelledTask[];
}

/** Two versions, and the learner they are of. */
export interface VersionPair {
  facts: LearnerFacts;
  older: OpenedVersion;
  newer: OpenedVersion;
}

/** Opens two versions of a learner. @throws {UsageError} where one of them is not there */
export async function openPair(
  store: Store,
  learner: string,
  [first, second]: readonly [number, number],
): Promise<VersionPair> {
  const facts = await factsOf(store, learner);
  const open = async (version: number): Promise<OpenedVersion> => {
    const fact = facts.versions.find((one) => one.version === version);
    const known = facts.versions.map((one) => one.version).join(", ") || "none yet";
    if (!fact) throw new UsageError(`There is no version ${version} of "${learner}": it has ${known}`);
    return await openVersion(store, learner, fact);
  };
  const [older, newer] = [await open(Math.min(first, second)), await open(Math.max(first, second))];
  return { facts, older, newer };
}

/** Opens a learner's first valid version. @throws {UsageError} where there is none, or it knows other tasks than one */
export async function firstVersion(store: Store, learner: string): Promise<OpenedVersion> {
  const [fact] = validVersions(await factsOf(store, learner));
  if (fact?.tasks.length === 1) return await openVersion(store, learner, fact);
  throw new UsageError(`"${learner}" has no version yet that knows one task alone`);
}

async function factsOf(store: Store, learner: string): Promise<LearnerFacts> {
  return await loadFacts(store, learner).catch((error) => {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  });
}

/**
 * Opens a version with all networks that it has.
 *
 * @param store of the learner
 * @param learner its name
 * @param fact of the version
 * @returns networks, knobs and tasks
 */
export async function openVersion(store: Store, learner: string, fact: VersionFact): Promise<OpenedVersion> {
  const { version } = fact;
  const parts = await readPolicy(store, learner, { version, acting: "sampler" });
  const { compile } = await openCompute();
  const input: PolicyInput = { ...samplerInput(parts.input), compile };
  for (const way of ["proposer", "actor"] as const) {
    if (fact[way] === undefined) continue;
    input[way] = (await readPolicy(store, learner, { version, acting: way })).input[way];
  }
  return { fact, input, tasks: parts.tasks };
}

/** Real states of a task that no training has read, some of them; undefined where its data is gone. */
export async function heldOutStates(
  store: Store,
  { facts }: VersionPair,
  { task, datasetHash }: LabelledTask,
  count: number,
): Promise<Float32Array | undefined> {
  const name = "dataset";
  try {
    const opened = await openInput(store, "behavior.train", { name, ref: { dataset: datasetHash } });
    const dataset = await openDataset(opened);
    const { heldOut } = rowsOfTask(dataset, { heldOutSeed: heldOutSeed(facts.learner.seed) });
    const drawn = createRng(0, `swap/${task}/heldOut`).permutation(heldOut.length).subarray(0, count).sort();
    const rows = Int32Array.from(drawn, (place) => heldOut[place]!);
    return await dataset.numbers("states", rows);
  } catch (error) {
    if (error instanceof MissingInputError) return undefined;
    throw error;
  }
}

/** Pseudo-states of a task as the newer version's parent makes them, which is what it was trained on; undefined where that does not know the task. */
export async function replayStates(
  store: Store,
  { facts, newer }: VersionPair,
  task: number,
  count: number,
): Promise<Float32Array | undefined> {
  const parent = facts.versions.find(({ version }) => version === newer.fact.parent);
  if (!parent?.tasks.includes(task)) return undefined;
  const { normalisers, stateDim, hyperparameters, compile } = newer.input;
  return await sampleStates({
    ...{ weights: await stateGeneratorOf(store, parent), task, normaliser: normalisers.get(task)! },
    ...{ stateDim, hyperparameters, compile, count, seed: 0 },
  });
}

/** The state generator of a version. */
export async function stateGeneratorOf(store: Store, { stateGenerator: job }: VersionFact): Promise<Stored> {
  const ref = { job, output: "weights" };
  return decodeStored(await readInput(store, "states.sample", { name: "stateGenerator", ref }));
}

/** Some rows of what was gathered while acting. @param states `[n, stateDim]` */
export function someStates(states: Float32Array, stateDim: number, count: number): Float32Array {
  const all = states.length / stateDim;
  if (all <= count) return states;
  return takeRows(states, stateDim, createRng(0, "swap/visited").permutation(all).slice(0, count));
}

/** A version's values of actions in states of a task, `[n]`, in raw reward units. */
export async function valuesOf(
  input: PolicyInput,
  task: number,
  states: Float32Array,
  actions: Float32Array,
): Promise<Float32Array> {
  const policy = createPolicy(input);
  try {
    return await policy.value(task, states, actions);
  } finally {
    policy.dispose();
  }
}
