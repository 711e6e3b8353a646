/**
 * Runs the policy on one task; measures the replay's fidelity and the critic's values.
 * @module
 */
import { translateErrors } from "@cugro/jobs";
import type { Compile } from "@cugro/algorithm";
import type { JobHandlers } from "@cugro/worker";
import { evaluatePolicy } from "./evaluate_policy.ts";

/** The work of this service. */
export function createHandlers({ compile }: { compile: Compile }): JobHandlers {
  return { "policy.evaluate": translateErrors((context) => evaluatePolicy(context, compile)) };
}
