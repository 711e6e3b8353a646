/**
 * A worker process of the embedded world: the handlers of all compute services in one process, fed over a pipe.
 * Which service a job belongs to is decided by its kind; the services do not know that they share a process.
 * @module
 */
import { createHandlers as behaviorGeneration } from "@cugro/behavior-generation";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import { createHandlers as datasetImport } from "@cugro/dataset-import";
import { serve } from "@cugro/jobs";
import { createHandlers as policyEvaluation } from "@cugro/policy-evaluation";
import { createHandlers as stateGeneration } from "@cugro/state-generation";

await serve({
  // Short work first; of the three trainings the state generator last, for no evaluation of old tasks waits for it.
  kinds: [
    "dataset.import",
    "states.sample",
    "actions.label",
    "behavior.train",
    "critic.train",
    "policy.evaluate",
    "states.train",
  ],
  createHandlers: (deps) => ({
    ...datasetImport(deps),
    ...stateGeneration(deps),
    ...behaviorGeneration(deps),
    ...criticTraining(deps),
    ...policyEvaluation(deps),
  }),
});
