/**
 * An open policy, and how many requests use it.
 * @module
 */
import type { Log } from "@cugro/telemetry";
import type { PolicyFacts } from "./act_request.ts";
import { type Batcher, type BatcherOptions, createBatcher } from "./batching.ts";
import { needOf, type PolicyNeed, type PolicyParts } from "./policy_parts.ts";
import type { OpenPolicy, RunningPolicy } from "./running_policy.ts";

/** What opening a policy needs. */
export interface PooledPolicyOptions extends Pick<BatcherOptions, "windowMs" | "onBatch"> {
  openPolicy: OpenPolicy;
  log: Log;
}

/** An open policy. */
export interface PooledPolicy {
  facts: PolicyFacts;
  need: PolicyNeed;
  /** What it was made of, to make it again without the store; of one that samples, as no other ends by itself. */
  parts: PolicyParts | undefined;
  batcher: Batcher;
  policy: RunningPolicy;
  /** Requests under way, and those that waited for it to open. */
  users: number;
  retired: boolean;
  /** Resolves when it has ended. */
  ended: PromiseWithResolvers<void>;
}

/**
 * Opens a policy, with a batcher of its own.
 *
 * @param parts of the version
 * @returns unused, and not retired
 */
export async function openPooledPolicy(
  { openPolicy, windowMs, onBatch, log }: PooledPolicyOptions,
  parts: PolicyParts,
): Promise<PooledPolicy> {
  const started = performance.now();
  const { input: _, ...facts } = parts;
  const { learner, version, stateDim, actionDim } = facts;
  const policy = await openPolicy(parts, (warning) => log.warn("slow policy", { learner, warning }));
  log.info("policy opened", { learner, version, milliseconds: Math.round(performance.now() - started) });
  const batcher = createBatcher({ policy, stateDim, actionDim, windowMs, onBatch });
  const need = needOf(parts);
  return {
    ...{ facts, need, parts: need.samples ? parts : undefined, batcher, policy },
    ...{ users: 0, retired: false, ended: Promise.withResolvers() },
  };
}
