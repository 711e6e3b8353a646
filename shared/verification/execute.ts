/**
 * One job executed once more, its inputs made again first where they are no longer kept.
 * @module
 */
import { setTimeout as turn } from "node:timers/promises";
import { knobsOfKind } from "@cugro/algorithm/knobs";
import {
  artifactKey,
  datasetKey,
  type InputRef,
  type Job,
  jobFactSchema,
  jobId,
  type JobKind,
  type JsonObject,
  makerOf,
  parseFact,
  parseJob,
  type ResultFact,
  REVISIONS,
} from "@cugro/protocol";
import { getJob, getResult, isEtagOf, putArtifact, type Store } from "@cugro/store";
import { type JobContext, type JobHandlers, type JobOutput, openInput, readInput } from "@cugro/worker";

/** Between two turns of the event loop (ms): a Ctrl-C must get through. */
const YIELD_MS = 150;

/** A job cannot be executed once more, and why; no fault of what is stored. */
export class NotExecutable extends Error {
  override name = "NotExecutable";
}

/** What jobs are executed with. */
export interface Executor {
  /** Written into; reads fall through to the store that is verified. */
  store: Store;
  handlers: JobHandlers;
  /** Of this process. */
  profile: JsonObject;
  /** Called with each job that is about to be executed, for itself or for its outputs. */
  onJob: (job: Job, id: string) => void;
  signal: AbortSignal;
  /** Jobs that have been executed, by id. */
  done: Map<string, Promise<Executed>>;
}

/** A job, what is recorded of it, and what it came to this time. */
export interface Executed {
  id: string;
  job: Job;
  recorded: ResultFact;
  /** Hash and size by output. */
  outputs: Record<string, { artifact: string; bytes: number }>;
  metrics: JsonObject;
  seconds: number;
}

/**
 * A job by its name: what it is, and what is recorded of it.
 *
 * @param kind part of the keys of its facts
 * @param id the job's id
 * @returns the job, its id, and its recorded result
 * @throws {NotExecutable} if the store has lost it
 * @throws {NotExecutable} if the store has lost it
 */
export async function recordedJob(
  store: Store,
  kind: JobKind,
  id: string,
): Promise<Pick<Executed, "id" | "job" | "recorded">> {
  const [found, result] = await Promise.all([getJob(store, kind, id), getResult(store, kind, id)]);
  if (!found) throw new NotExecutable("the job is not in the store any more");
  if (!result) throw new NotExecutable("its result is not in the store any more");
  const { job } = parseFact(jobFactSchema, found.bytes, found.key);
  if (jobId(job) !== id) throw new NotExecutable(`${found.key} is damaged: it describes another job`);
  return { id, job, recorded: result.result };
}

/**
 * Executes a job once more.
 *
 * @param executor remembers what it has executed: a job is executed once, also where others need it
 * @param kind part of the keys of its facts
 * @param id the job's id
 * @returns what it gave, beside what is recorded
 * @throws {NotExecutable} if its revision is not this software's, or an input is neither there nor can be made
 *   again.
 * @throws {NotExecutable} if its revision is not this software's, or an input is neither there nor can be made
 *   again
 * @throws {Error} whatever its handler throws
 */
export function execute(executor: Executor, kind: JobKind, id: string): Promise<Executed> {
  const running = executor.done.get(id) ?? executeOnce(executor, kind, id);
  executor.done.set(id, running);
  return running;
}

async function executeOnce(executor: Executor, kind: JobKind, id: string): Promise<Executed> {
  const { store, handlers, onJob } = executor;
  const known = await recordedJob(store, kind, id);
  const { job } = known;
  if (job.revision !== REVISIONS[kind]) {
    throw new NotExecutable(
      `it is of revision ${job.revision} of ${kind}, and this software does revision ${
        REVISIONS[kind]
      }: use the ` +
        `software that made it (${known.recorded.codeVersion})`,
    );
  }
  if (kind === "dataset.import") await refuseGone(store, job);
  for (const [name, ref] of Object.entries(job.inputs)) await provide(executor, kind, name, ref);
  onJob(job, id);
  const began = performance.now();
  const { outputs, metrics } = await handle(handlers, contextOf(executor, job, id));
  const seconds = (performance.now() - began) / 1000;
  const made: Executed["outputs"] = {};
  for (const [name, bytes] of Object.entries(outputs)) {
    made[name] = await putArtifact(store, bytes as Uint8Array);
  }
  return { ...known, outputs: made, metrics, seconds };
}

function handle<K extends JobKind>(handlers: JobHandlers, context: JobContext<K>): Promise<JobOutput<K>> {
  const handler = handlers[context.kind];
  if (!handler) throw new NotExecutable(`nothing here does ${context.kind}`);
  return handler(context);
}

function contextOf({ store, profile, signal }: Executor, job: Job, id: string): JobContext {
  const knobs: readonly string[] = knobsOfKind[job.kind];
  let last = performance.now();
  return {
    ...parseJob(job, (name) => knobs.includes(name)),
    ...{ jobId: id, store, profile, checkpoint: undefined, progress: () => {} },
    read: (input) => readInput(store, job.kind, input),
    open: (input) => openInput(store, job.kind, input),
    async tick() {
      if (performance.now() - last < YIELD_MS) return;
      await turn(0);
      signal.throwIfAborted();
      last = performance.now();
    },
  };
}

/** A file goes once it is a task, and an import that finds none refuses it. */
async function refuseGone(store: Store, { config }: Job): Promise<void> {
  const { key, etag } = config as { key: string; etag: string };
  const found = await store.head(key);
  if (!found || !isEtagOf(found, etag)) {
    throw new NotExecutable(`its file ${key} is not in the store any more`);
  }
}

/** Sees to it that an input is there: shards go with the decision on their task, and are made again. */
async function provide(executor: Executor, kind: JobKind, name: string, ref: InputRef): Promise<void> {
  const { store } = executor;
  if ("job" in ref) {
    const maker = makerOf(kind, name);
    const { recorded } = await recordedJob(store, maker, ref.job);
    const wanted = recorded.outputs[ref.output]?.artifact;
    if (wanted === undefined) throw new NotExecutable(`its input ${name} is no output of that job`);
    if (await store.head(artifactKey(wanted))) return;
    const again = (await execute(executor, maker, ref.job)).outputs[ref.output]?.artifact;
    if (again === wanted) return;
    throw new NotExecutable(
      `its input ${name} is no longer kept (${artifactKey(wanted)}), and was made again with other bytes`,
    );
  }
  const key = "dataset" in ref ? datasetKey(ref.dataset) : artifactKey(ref.artifact);
  if (await store.head(key)) return;
  throw new NotExecutable(
    `its input ${name} is not in the store any more (${key})` +
      ("dataset" in ref ? ": where you still have its file, give it with --file" : ""),
  );
}
