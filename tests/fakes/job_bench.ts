/**
 * Single jobs through the real worker: a folder store, the embedded bus, the handlers of a service.
 * @module
 */
import { type Hyperparameters, presets } from "@cugro/algorithm";
import { createEmbeddedBus } from "@cugro/bus";
import { type Dataset, datasetHash, encodeDataset } from "@cugro/datasets";
import { knobsOfKind } from "@cugro/algorithm/knobs";
import {
  datasetKey,
  encodeFact,
  failureFactSchema,
  type InputRef,
  type Job,
  jobId,
  jobKey,
  type JobKind,
  type JsonObject,
  parseFact,
  type ResultFact,
  resultFactSchema,
  resultKey,
  REVISIONS,
} from "@cugro/protocol";
import { getArtifact, openFilesystemStore, putArtifact, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { type JobHandlers, runWorker } from "@cugro/worker";

/** How a job ended: with outputs and metrics, or with a failure. */
export interface Ended {
  /** How often its handler was called. */
  attempts: number;
  outputs: Record<string, Uint8Array>;
  metrics: JsonObject;
  /** Where its last run began. */
  startedAtStep: number;
  failure?: { message: string; permanent: boolean };
}

/** Jobs in a store of their own. */
export interface JobBench {
  store: Store;
  /** Stores a dataset that jobs may name. */
  add(dataset: Dataset): Promise<InputRef>;
  /** Runs a job with the knobs that its kind reads. Inputs: bytes, which are stored, or references. */
  run(kind: JobKind, config: JsonObject, inputs: Record<string, Uint8Array | InputRef>): Promise<Ended>;
}

/**
 * Gives `use` a worker with these handlers.
 * @param knobs beside those of preset `smoke`
 * @param checkpointSteps after how many steps there is a checkpoint
 */
export async function withJobs(
  handlers: JobHandlers,
  knobs: Partial<Hyperparameters>,
  use: (jobs: JobBench) => Promise<void>,
  checkpointSteps = Infinity,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  try {
    await use({
      store,
      add: (dataset) => addDataset(store, dataset),
      run: async (kind, config, inputs) => {
        const read = knobsOfKind[kind].map((name) => [name, { ...presets.smoke, ...knobs }[name]]);
        const all: JsonObject = { ...Object.fromEntries(read), ...config };
        const refs = await storeInputs(store, inputs);
        const job: Job = { schema: 1, kind, revision: REVISIONS[kind], config: all, seed: 7, inputs: refs };
        return await runJob(store, handlers, job, checkpointSteps);
      },
    });
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

async function storeInputs(
  store: Store,
  inputs: Record<string, Uint8Array | InputRef>,
): Promise<Record<string, InputRef>> {
  const refs: Record<string, InputRef> = {};
  for (const [name, input] of Object.entries(inputs)) {
    refs[name] = input instanceof Uint8Array
      ? { artifact: (await putArtifact(store, input)).artifact }
      : input;
  }
  return refs;
}

async function addDataset(store: Store, dataset: Dataset): Promise<InputRef> {
  const hash = datasetHash(dataset);
  await store.put(datasetKey(hash), encodeDataset(dataset));
  return { dataset: hash };
}

/** Submits the job and works until its end has been announced. */
async function runJob(
  store: Store,
  handlers: JobHandlers,
  job: Job,
  checkpointSteps: number,
): Promise<Ended> {
  const id = jobId(job);
  await store.put(jobKey(job.kind, id), encodeFact({ schema: 1, job, learner: "walker", task: 1 }));
  const bus = createEmbeddedBus();
  const stop = new AbortController();
  let attempts = 0;
  const log = createLog({ write: (line) => void (line.includes('"job started"') && attempts++) });
  try {
    const ended = new Promise<string>((resolve) =>
      bus.subscribe("events", ({ id: factKey }) => resolve(factKey))
    );
    await bus.submit({ jobId: id, kind: job.kind, learner: "walker" });
    const pace = { checkpointSteps, retryDelayMs: 1 };
    const options = { bus, store, handlers, kinds: [job.kind], profile: { backend: "test" }, log, ...pace };
    const worked = runWorker({ ...options, signal: stop.signal });
    const factKey = await ended;
    stop.abort();
    await worked;
    return { attempts, ...await readEnd(store, job.kind, id, factKey) };
  } finally {
    await bus.close();
  }
}

async function readEnd(
  store: Store,
  kind: Job["kind"],
  id: string,
  factKey: string,
): Promise<Omit<Ended, "attempts">> {
  const { bytes } = (await store.get(factKey))!;
  if (factKey !== resultKey(kind, id)) {
    const { message, permanent } = parseFact(failureFactSchema, bytes, factKey);
    return { outputs: {}, metrics: {}, startedAtStep: 0, failure: { message, permanent } };
  }
  const result: ResultFact = parseFact(resultFactSchema, bytes, factKey);
  const outputs: Record<string, Uint8Array> = {};
  for (const [name, { artifact }] of Object.entries(result.outputs)) {
    outputs[name] = await getArtifact(store, artifact);
  }
  return { outputs, metrics: result.metrics, startedAtStep: result.startedAtStep };
}
