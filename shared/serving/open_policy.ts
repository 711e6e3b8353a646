/**
 * A version's policy in this thread, for commands that ask it and end.
 * @module
 */
import type { ActAnswer, ActRequest } from "@cugro/protocol";
import type { Compile, Policy, WayOfActing } from "@cugro/algorithm";
import { type InferenceActing, type InferenceSession, openSession } from "@cugro/inference";
import type { Store } from "@cugro/store";
import { answerOf, checkActing, type PolicyFacts, readObservations } from "./act_request.ts";
import { type PolicyWeights, samplerInput, sessionInput } from "./policy_parts.ts";
import { readPolicy } from "./read_policy.ts";

/** A policy for acting, as it is served: without a tensor library unless it samples. */
export type ActingPolicy = Pick<Policy, "act" | "dispose">;

/** A policy and what it knows. */
export interface ServedPolicy extends PolicyFacts {
  policy: ActingPolicy;
}

/** Which policy is opened, and what compiles it. */
export interface OpenPolicyOptions {
  /** @default the newest valid one */
  version?: number | undefined;
  /** The way of acting that it is opened for. @default those that the version serves by */
  acting?: WayOfActing | undefined;
  /** Asked for only where the policy samples: it loads a tensor library. */
  compile: () => Promise<Compile>;
}

/**
 * Loads a version's policy.
 *
 * @param store to read
 * @param name of the learner
 * @param options version, way of acting, `compile`
 * @returns the policy, and what is known of it; dispose it
 * @throws {ActError} as {@linkcode readPolicy} does.
 */
export async function openPolicy(
  store: Store,
  name: string,
  { version, acting, compile }: OpenPolicyOptions,
): Promise<ServedPolicy> {
  const { input, ...facts } = await readPolicy(store, name, { version, acting });
  if (!facts.opened.includes("sampler")) return { ...facts, policy: createActingPolicy(input) };
  // Only what samples is made of tensors.
  const { createPolicy } = await import("@cugro/algorithm");
  const sampler = createPolicy({ ...samplerInput(input), compile: await compile() });
  return { ...facts, policy: createActingPolicy(input, sampler) };
}

/**
 * A policy whose actor and proposer act by sessions in this thread, opened when they are first asked, with the bytes that
 * serving gives.
 *
 * @param sampler what samples; it is disposed of, too
 * @param input weights by way of acting
 * @returns observations `[n, S]` in, actions `[n, A]` out, raw units; dispose it
 */
export function createActingPolicy(input: PolicyWeights, sampler?: ActingPolicy): ActingPolicy {
  const sessions = new Map<InferenceActing, InferenceSession>();
  const sessionOf = (way: InferenceActing) => {
    const session = sessions.get(way) ?? openSession(sessionInput(input, way));
    sessions.set(way, session);
    return session;
  };
  return {
    async act(task, states, noise, acting = input.actingByTask?.get(task) ?? "sampler") {
      if (acting !== "sampler") return sessionOf(acting).act(task, states, noise);
      if (sampler) return await sampler.act(task, states, noise, acting);
      throw new RangeError("Cannot sample as this policy was opened for other ways of acting");
    },
    dispose() {
      for (const session of sessions.values()) session.dispose();
      sessions.clear();
      sampler?.dispose();
    },
  };
}

/**
 * Actions for a request, of this policy alone.
 *
 * @param served the policy
 * @param request task, observations `[n, S]`, seed
 * @returns actions `[n, A]`, raw units, and how unusual the observations are
 * @throws {ActError} 422 for an unknown task or rows of another size.
 */
export async function actOn(served: ServedPolicy, request: ActRequest): Promise<ActAnswer> {
  checkActing(served, request);
  const states = readObservations(served, request);
  const actions = await served.policy.act(request.task, states, request.seed, request.acting);
  return answerOf(served, request, states, actions);
}
