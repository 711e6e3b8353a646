/**
 * Jobs of every kind in one process, without a bus: the handlers of all services on given inputs.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import { createHandlers as behaviorGeneration } from "@cugro/behavior-generation";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import { createHandlers as datasetImport } from "@cugro/dataset-import";
import { knobsOfKind } from "@cugro/algorithm/knobs";
import type { JobContext, JobHandlers } from "@cugro/worker";
import type { Store } from "@cugro/store";
import { createHandlers as policyEvaluation } from "@cugro/policy-evaluation";
import { createJob, jobId, type JobKind, type JsonObject } from "@cugro/protocol";
import { createHandlers as stateGeneration } from "@cugro/state-generation";
import type { Compile } from "@cugro/tensors/seam";

/** Outputs by name. */
export type Outputs = Record<string, Uint8Array>;

/** Runs jobs in this process, each on the outputs of those before. `more`: of the context, to see and disturb a job. */
export function createRunner(store: Store, compile: Compile, knobs: Hyperparameters) {
  const handlers: JobHandlers = {
    ...datasetImport(),
    ...stateGeneration({ compile }),
    ...behaviorGeneration({ compile }),
    ...criticTraining({ compile }),
    ...policyEvaluation({ compile }),
  };
  return async (kind: JobKind, config: JsonObject, inputs: Outputs, more: Partial<JobContext> = {}) => {
    const read = Object.fromEntries(knobsOfKind[kind].map((name) => [name, knobs[name]]));
    const refs = Object.fromEntries(Object.keys(inputs).map((name) => [name, { artifact: "0".repeat(64) }]));
    const job = createJob(kind, 7, { ...read, ...config }, refs);
    const context: JobContext = {
      job,
      jobId: jobId(job),
      input: (name) => Promise.resolve(inputs[name]!),
      inputNames: (prefix) => Object.keys(inputs).filter((name) => name.startsWith(prefix)).sort(),
      store,
      checkpoint: undefined,
      progress: () => {},
      tick: () => Promise.resolve(),
      profile: {},
      ...more,
    };
    return await handlers[kind]!(context);
  };
}
