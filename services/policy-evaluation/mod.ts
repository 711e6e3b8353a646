/**
 * Runs the policy on one task, or estimates what it is worth there; measures the replay's fidelity and the critic's values.
 * @module
 */
import { translateErrors } from "@cugro/jobs";
import type { Compile } from "@cugro/algorithm";
import type { PythonProcess } from "@cugro/environments/gymnasium";
import type { Config } from "@cugro/process";
import type { JobHandlers } from "@cugro/worker";
import { estimatePolicy } from "./estimate_policy.ts";
import { evaluatePolicy } from "./evaluate_policy.ts";

/** Dependencies of the handlers. `prepared`: Python, where environments of Gymnasium are run. */
export interface EvaluationDependencies {
  compile: Compile;
  config?: Pick<Config, "gymnasium">;
  prepared?: PythonProcess | undefined;
}

/**
 * The handlers of this service's kinds of jobs.
 *
 * @param dependencies `compile` of the open backend; `prepared`: a Python that runs already
 * @returns errors of the algorithm are permanent, others are tried again
 */
export function createHandlers({ compile, config, prepared }: EvaluationDependencies): JobHandlers {
  const { packages = ["gymnasium"], trust = "registered" } = config?.gymnasium ?? {};
  const simulators = { rules: { packages, trust }, python: prepared };
  return {
    "policy.evaluate": translateErrors((context) => evaluatePolicy(context, compile, simulators)),
    "policy.estimate": translateErrors((context) => estimatePolicy(context, compile)),
  };
}
