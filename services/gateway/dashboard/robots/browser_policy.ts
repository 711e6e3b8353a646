/**
 * Turns a version's policy, as the gateway sends it, into networks that run in this page. Pure but for the memory of sessions.
 * @module
 */
import {
  type Familiar,
  familiarOf,
  type Normaliser,
  normaliserFromStored,
  type Stored,
} from "@cugro/algorithm/arrays";
import type { VersionPolicy } from "@cugro/client";
import { type InferenceKnobs, type InferenceSession, openCritic, openSession } from "@cugro/inference";

/** Statistics of a task's states, by which others are unusual or not. */
export interface KnownStates {
  familiar: Familiar | undefined;
  bounds: Normaliser["states"];
}

/** Tensors of a file whose names begin so, without that beginning. */
export function storedUnder({ tensors }: VersionPolicy, prefix: string): Stored {
  const stored: Stored = {};
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (!name.startsWith(`${prefix}/`) || data instanceof Uint8Array) continue;
    stored[name.slice(prefix.length + 1)] = { shape, data };
  }
  return stored;
}

/** The session of a way of acting, with the critic that judges what it does. */
export function sessionOf(policy: VersionPolicy, acting: "actor" | "proposer"): InferenceSession {
  return openSession({ acting, network: storedUnder(policy, acting), ...sharedOf(policy) });
}

/** The critic alone, for what is done elsewhere. */
export function criticOf(policy: VersionPolicy): ReturnType<typeof openCritic> {
  return openCritic(sharedOf(policy));
}

function sharedOf(policy: VersionPolicy) {
  const { stateDim, actionDim, tasks, hyperparameters } = policy.about;
  const normalisers = new Map(
    tasks.map(({ task }) => [task, normaliserFromStored(storedUnder(policy, `task/${task}/normaliser`))]),
  );
  return {
    ...{ normalisers, stateDim, actionDim, critic: storedUnder(policy, "critic") },
    // cast: JSON of all knobs of the version, checked by the gateway.
    hyperparameters: hyperparameters as unknown as InferenceKnobs,
  };
}

/** How unusual states of a task are, by what the file has of its sketch. */
export function statesOf(policy: VersionPolicy, task: number): KnownStates {
  const { tasks, stateDim } = policy.about;
  const { distances = null } = tasks.find((one) => one.task === task) ?? {};
  const sketch = storedUnder(policy, `task/${task}/sketch`);
  const bounds = normaliserFromStored(storedUnder(policy, `task/${task}/normaliser`)).states;
  const familiar = distances && sketch.covariance ? familiarOf(sketch, stateDim, distances) : undefined;
  return { familiar, bounds };
}
