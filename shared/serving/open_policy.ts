/**
 * A version's policy in this thread, for commands that ask it and end.
 * @module
 */
import type { ActAnswer, ActRequest } from "@cugro/protocol";
import { type Compile, createPolicy, type Policy } from "@cugro/algorithm";
import type { Store } from "@cugro/store";
import { answerOf, checkActing, type PolicyFacts, readObservations } from "./act_request.ts";
import { readPolicy } from "./read_policy.ts";

/** A policy and what it knows. */
export interface ServedPolicy extends PolicyFacts {
  policy: Policy;
}

/**
 * Loads a version's policy.
 *
 * @param version the newest valid one if left out
 * @throws {ActError} as {@linkcode readPolicy} does.
 */
export async function openPolicy(
  store: Store,
  name: string,
  compile: Compile,
  version?: number,
): Promise<ServedPolicy> {
  const { input, ...facts } = await readPolicy(store, name, { version });
  return { ...facts, policy: createPolicy({ ...input, compile }) };
}

/** Actions for a request, of this policy alone. @throws {ActError} 422 for an unknown task or rows of another size. */
export async function actOn(served: ServedPolicy, request: ActRequest): Promise<ActAnswer> {
  checkActing(served, request);
  const states = readObservations(served, request);
  const actions = await served.policy.act(request.task, states, request.seed, request.acting);
  return answerOf(served, request, states, actions);
}
