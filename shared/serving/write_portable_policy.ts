/**
 * A version's policy as one safetensors file, for those who compute with it themselves, as a browser does: its one-step networks, its
 * critic, and what it knows of its tasks.
 * @module
 */
import type { Stored, WayOfActing } from "@cugro/algorithm";
import { type FactCache, knobsOfVersion } from "@cugro/learners";
import {
  encodeTensors,
  type PortableAbout,
  type TaskFact,
  type TensorFile,
  WAYS_OF_ACTING,
} from "@cugro/protocol";
import { decodeStored } from "@cugro/jobs/encoding";
import { getArtifact, type Store } from "@cugro/store";
import { actingOf } from "./policy_parts.ts";
import { findVersion, learnerFacts, readFamiliar, tasksOf } from "./read_policy.ts";
import { keptWeightsOf } from "./version_weights.ts";

/** What of a sketch says how unusual a state is. */
const OF_SKETCH = ["centre", "halfRange", "mean", "covariance"];

/**
 * A version's policy as one tensor file, that acts elsewhere. Tensors are `actor/NAME`, `proposer/NAME`,
 * `critic/NAME`, and of each task `task/K/normaliser/NAME` and `task/K/sketch/NAME`; all else stands in the metadata's
 * `about`.
 *
 * @param name the learner's
 * @returns bytes of the file
 * @throws {ActError} 404 when there is no such learner or version
 */
export async function portablePolicy(
  store: Store,
  name: string,
  { version, cache }: { version: number; cache?: FactCache },
): Promise<Uint8Array> {
  const facts = await learnerFacts(store, name, cache);
  const fact = findVersion(facts, version);
  const tasks = tasksOf(facts, fact);
  const ways = WAYS_OF_ACTING.filter((way) => way === "sampler" || fact[way] !== undefined);
  const file: TensorFile = {};
  for (const network of [...ways.filter((way) => way !== "sampler"), "critic"] as const) {
    addAll(file, network, await keptWeightsOf(store, fact, network));
  }
  const acting = actingOf(fact, tasks.map(({ task }) => task));
  const about: PortableAbout = {
    ...{ learner: facts.learner.name, version: fact.version, ways },
    ...{ stateDim: tasks[0]!.stateDim, actionDim: tasks[0]!.actionDim },
    discreteActions: tasks[0]!.discreteActions ?? null,
    hyperparameters: { ...knobsOfVersion(facts, fact) },
    tasks: [],
  };
  for (const task of tasks) about.tasks.push(await addTask(store, file, task, acting.get(task.task)!));
  return encodeTensors(file, { about: JSON.stringify(about) });
}

async function addTask(
  store: Store,
  file: TensorFile,
  { task, name, environment, horizon, normaliser, sketch, heldOutDistances }: TaskFact,
  acting: WayOfActing,
): Promise<PortableAbout["tasks"][number]> {
  addAll(file, `task/${task}/normaliser`, decodeStored(await getArtifact(store, normaliser)));
  // Without distances the sketch would say nothing.
  const known = heldOutDistances && await readFamiliar(store, sketch, (stored) => stored);
  if (known) {
    for (const part of OF_SKETCH) if (known[part]) file[`task/${task}/sketch/${part}`] = known[part];
  }
  return { task, name, environment, horizon, acting, distances: known ? heldOutDistances : null };
}

function addAll(file: TensorFile, prefix: string, stored: Stored): void {
  for (const [name, tensor] of Object.entries(stored)) file[`${prefix}/${name}`] = tensor;
}
