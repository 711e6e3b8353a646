/**
 * The work of real training for the campaign's processes: all compute services, on the tensor backend.
 * @module
 */
import { createHandlers as behaviorGeneration } from "@cugro/behavior-generation";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import { createHandlers as datasetImport } from "@cugro/dataset-import";
import { type Compute, openTensors } from "@cugro/jobs";
import { type Config } from "@cugro/process";
import { type JobHandlers } from "@cugro/worker";
import { type Log } from "@cugro/telemetry";
import { createHandlers as policyEvaluation } from "@cugro/policy-evaluation";
import { createHandlers as stateGeneration } from "@cugro/state-generation";

/** Opens the tensor backend; handlers of every kind. */
export async function openTraining(config: Config, log: Log): Promise<Compute & { handlers: JobHandlers }> {
  const { profile, compile } = await openTensors(config, log);
  const deps = { compile };
  const handlers = {
    ...datasetImport(),
    ...stateGeneration(deps),
    ...behaviorGeneration(deps),
    ...criticTraining(deps),
    ...policyEvaluation(deps),
  };
  return { profile, compile, handlers };
}
