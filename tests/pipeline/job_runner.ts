/**
 * Jobs of every kind in one process, without a bus: the handlers of all services on given inputs.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import { createHandlers as behaviorGeneration } from "@cugro/behavior-generation";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import { createHandlers as datasetImport } from "@cugro/dataset-import";
import { knobsOfKind } from "@cugro/algorithm/knobs";
import { type JobContext, type JobHandlers, openBytes } from "@cugro/worker";
import type { Store } from "@cugro/store";
import { createHandlers as policyEvaluation } from "@cugro/policy-evaluation";
import {
  createJob,
  type Exactly,
  type FieldsOf,
  jobId,
  type JobKind,
  type JsonObject,
  type ParsedJob,
  parseJob,
  type RefsOf,
} from "@cugro/protocol";
import { createHandlers as stateGeneration } from "@cugro/state-generation";
import type { Compile } from "@cugro/tensors/seam";

/** Outputs by name. */
export type Outputs = Record<string, Uint8Array>;

/** The work of all services. */
export function allHandlers(compile: Compile): JobHandlers {
  return {
    ...datasetImport(),
    ...stateGeneration({ compile }),
    ...behaviorGeneration({ compile }),
    ...criticTraining({ compile }),
    ...policyEvaluation({ compile }),
  };
}

/** Runs jobs in this process, each on the outputs of those before. `more`: of the context, to see and disturb a job. */
export function createRunner(store: Store, compile: Compile, knobs: Hyperparameters) {
  const handlers = allHandlers(compile);
  return async <K extends JobKind>(
    kind: K,
    fields: FieldsOf<K>,
    inputs: Outputs,
    more: Partial<JobContext<K>> = {},
  ): Promise<{ outputs: Outputs; metrics: JsonObject }> => {
    const names: ReadonlySet<string> = new Set(knobsOfKind[kind]);
    const read = Object.fromEntries(Object.entries(knobs).filter(([name]) => names.has(name)));
    const refs = Object.fromEntries(Object.keys(inputs).map((name) => [name, { artifact: "0".repeat(64) }]));
    const job = createJob<K, FieldsOf<K>>(
      kind,
      7,
      fields as Exactly<FieldsOf<K>, FieldsOf<K>>,
      refs as RefsOf<K>,
      read,
    );
    const context: JobContext<K> = {
      ...parseJob(job, (name) => names.has(name)) as ParsedJob<K>,
      jobId: jobId(job),
      read: ({ name }) => Promise.resolve(inputs[name]!),
      open: ({ name }) => Promise.resolve(openBytes(inputs[name]!)),
      store,
      checkpoint: undefined,
      progress: () => {},
      tick: () => Promise.resolve(),
      profile: {},
      ...more,
    };
    const { outputs, metrics } = await handlers[kind]!(context);
    return { outputs: outputs as Outputs, metrics };
  };
}
