/**
 * Policies that act: a version's policy, opened in this thread or served from threads of its own that follow the head.
 * @module
 */
export { ActError, type ActField, checkActing, type KnownStates, type PolicyFacts } from "./act_request.ts";
export {
  type Acted,
  type Acting,
  type ActingOptions,
  MAX_POLICIES,
  MAX_POLICY_BYTES,
  MAX_WAITING_ROWS,
  openActing,
} from "./answer_learners.ts";
export { actBody, actHeaders, type Knowledge, MAX_STALE_MS } from "./staleness.ts";
export { BATCH_ROWS } from "./batching.ts";
export {
  type ActingPolicy,
  actOn,
  createActingPolicy,
  openPolicy,
  type OpenPolicyOptions,
  type ServedPolicy,
} from "./open_policy.ts";
export { type PolicyParts, type PolicyWeights, samplerInput } from "./policy_parts.ts";
export { portablePolicy } from "./write_portable_policy.ts";
export { createRememberer, type Remembered, type Rememberer } from "./remember.ts";
export { readPolicy } from "./read_policy.ts";
export type { NoiseOf, OpenPolicy, RunningPolicy } from "./running_policy.ts";
