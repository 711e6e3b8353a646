/**
 * A small world for tests, with workers that pretend. Results follow from job ids alone, so that the same job always
 * has the same outputs, as real ones have.
 * @module
 */
import type { JobMessage } from "@cugro/bus";
import { getJob, getResult, listJob, type Store } from "@cugro/store";
import {
  ANCHORS_ALL_EQUAL,
  arrivalsPrefix,
  artifactKey,
  datasetKey,
  encodeEpisodes,
  encodeFact,
  type EnvironmentRef,
  EPISODE_HASH_BYTES,
  type EpisodeHashes,
  failureKey,
  type InputRef,
  type Job,
  JOB_KINDS,
  jobFactSchema,
  type JobKind,
  type JobOf,
  type JsonObject,
  makerOf,
  parseFact,
  type ResultFact,
  resultFactSchema,
  resultKey,
  sha256,
} from "@cugro/protocol";
import type { JobContext, JobHandlers, JobOutput } from "@cugro/worker";
import { memoryBus } from "./memory_store.ts";
import { applyPlan } from "../../services/coordinator/apply.ts";
import { isIdle, plan } from "../../services/coordinator/plan.ts";
import { addUploaded, createLearner, loadFacts, type Upload } from "@cugro/learners";

const encode = (text: string) => new TextEncoder().encode(text);

/** What pretended jobs report; `runs` counts how often each job was done. */
export interface Pretence {
  /** Returns of the episodes on task j in the version that learns task k, with the goal that they were run with. */
  returns?: (task: number, newTask: number, goal: number) => number[];
  /** Of task j in the version that learns task k, a number a network: returns of the new task, losses of an old one. */
  estimates?: (task: number, newTask: number) => number[];
  /** Whether all episodes of a file with that text have one return. */
  isFlat?: (text: string) => boolean;
  /** Mean return of random actions, where a job measures it. @default 0 */
  random?: number;
  /** Of the same episodes, 0 to 1; nothing where the simulator does not tell it. */
  success?: (task: number, newTask: number) => number[];
  fidelity?: (task: number, newTask: number) => JsonObject | undefined;
  /** Further metrics of an evaluation. */
  simulator?: (task: number) => JsonObject;
  /** By the file's text. */
  rejected?: (text: string) => string | undefined;
  dims?: (text: string) => [number, number];
  /** Rows of a dataset. @default 100 */
  size?: (text: string) => number;
  /** Its episodes, of 10 rows each, and so how large it is. Without it the import tells nothing of them, as those of version 0.4 did. */
  episodes?: (text: string) => string[];
  /** What it says of itself. */
  goal?: (text: string) => number;
  /** A message makes the job fail for good. */
  fails?: (job: Job) => string | undefined;
  runs: Map<string, number>;
}

/** A fresh pretence. */
export function pretend(options: Partial<Pretence> = {}): Pretence {
  return { runs: new Map(), ...options };
}

/**
 * Does one job as a worker would: checks inputs, writes artifacts, then the result.
 *
 * @returns what became of it.
 */
export async function work(
  store: Store,
  { jobId: id, kind }: Pick<JobMessage, "jobId" | "kind">,
  pretence: Pretence,
): Promise<"done" | "missing" | "failed"> {
  if (await getResult(store, kind, id)) return "done";
  const { key, bytes } = (await getJob(store, kind, id))!;
  const { job } = parseFact(jobFactSchema, bytes, key);
  for (const [name, ref] of Object.entries(job.inputs)) {
    if (!await isPresent(store, job.kind, name, ref)) return "missing";
  }
  const message = pretence.fails?.(job);
  if (message !== undefined) {
    const n = (await listJob(store, { id, kind }, false)).failures.length + 1;
    const failed = "2024-01-01T00:00:00Z";
    await store.put(
      failureKey(kind, id, n),
      encodeFact({ schema: 1, jobId: id, n, message, permanent: true, failed }),
    );
    return "failed";
  }
  pretence.runs.set(id, (pretence.runs.get(id) ?? 0) + 1);
  await commit(store, id, job, await outcome(store, id, job, pretence));
  return "done";
}

/** The same as handlers of a real worker, which brings and commits what they return. */
export function pretendHandlers(store: Store, pretence: Pretence): JobHandlers {
  const handler = async ({ jobId, kind }: JobContext): Promise<JobOutput> => {
    const { job } = parseFact(jobFactSchema, (await getJob(store, kind, jobId))!.bytes, jobId);
    pretence.runs.set(jobId, (pretence.runs.get(jobId) ?? 0) + 1);
    const { outputs, metrics, made } = await outcome(store, jobId, job, pretence);
    const bytes = outputs.map((
      name,
    ) => [name, made?.[name] ?? encode(`${name} of ${metrics.datasetHash ?? jobId}`)]);
    return { outputs: Object.fromEntries(bytes), metrics };
  };
  return Object.fromEntries(JOB_KINDS.map((kind) => [kind, handler])) as JobHandlers;
}

interface Outcome {
  outputs: string[];
  metrics: JsonObject;
  /** Outputs that are read by others than workers. */
  made?: Record<string, Uint8Array>;
}

async function commit(
  store: Store,
  id: string,
  job: Job,
  { metrics, outputs, made }: Outcome,
): Promise<void> {
  const stored: ResultFact["outputs"] = {};
  for (const name of outputs) {
    // What an import makes follows from the data, not from where its file lay.
    const bytes = made?.[name] ?? encode(`${name} of ${metrics.datasetHash ?? id}`);
    stored[name] = { artifact: sha256(bytes), bytes: bytes.length };
    await store.put(artifactKey(sha256(bytes)), bytes);
  }
  const result: ResultFact = {
    schema: 1,
    jobId: id,
    kind: job.kind,
    outputs: stored,
    metrics,
    seconds: 1,
    startedAtStep: 0,
    profile: {},
    codeVersion: "test",
    finished: "2024-01-01T00:00:00Z",
  };
  await store.put(resultKey(job.kind, id), encodeFact(result, resultFactSchema));
}

async function isPresent(store: Store, kind: JobKind, name: string, ref: InputRef): Promise<boolean> {
  if ("dataset" in ref) return await store.head(datasetKey(ref.dataset)) !== undefined;
  if ("artifact" in ref) return await store.head(artifactKey(ref.artifact)) !== undefined;
  const found = await getResult(store, makerOf(kind, name), ref.job);
  if (!found) return false;
  const { artifact } = found.result.outputs[ref.output]!;
  return await store.head(artifactKey(artifact)) !== undefined;
}

async function outcome(store: Store, id: string, job: Job, pretence: Pretence): Promise<Outcome> {
  if (job.kind === "dataset.import") return await importOutcome(store, job, pretence);
  if (job.kind === "dataset.measure") return await measureOutcome(store, job, pretence);
  if (job.kind.endsWith(".train")) return { outputs: ["weights", "curves"], metrics: {} };
  if (job.kind === "policy.estimate") {
    const { config: { task, newTask } } = job as JobOf<"policy.estimate">;
    const figures = pretence.estimates?.(task, newTask) ??
      (task === newTask ? [90, 91, 89, 90, 90] : [0, 1, -1, 0, 0]);
    return task === newTask
      ? { outputs: ["network"], metrics: { returns: figures } }
      : { outputs: [], metrics: { losses: figures } };
  }
  if (job.kind !== "policy.evaluate") return { outputs: ["shard"], metrics: {} };
  const { config: { task, newTask, environment, randomEpisodes } } = job as JobOf<"policy.evaluate">;
  const returns = environment === null
    ? []
    : pretence.returns?.(task, newTask, goalOf(environment)) ?? [90, 95, 100, 105, 110];
  const fidelity = pretence.fidelity?.(task, newTask);
  const success = pretence.success?.(task, newTask);
  const random = randomEpisodes ? { randomReturn: pretence.random ?? 0 } : {};
  const measured = {
    ...(success ? { success } : {}),
    ...(fidelity ? { fidelity } : {}),
    ...random,
    ...pretence.simulator?.(task),
  };
  return { outputs: ["rollouts"], metrics: { returns, ...measured, id } as JsonObject };
}

function goalOf(environment: EnvironmentRef | null): number {
  return environment && "goal" in environment ? environment.goal[0]! : 1;
}

async function importOutcome(store: Store, job: Job, pretence: Pretence): Promise<Outcome> {
  const { config: { key, etag } } = job as JobOf<"dataset.import">;
  const object = await store.get(key);
  if (object?.info.etag !== etag) {
    return { outputs: [], metrics: { rejected: "it has changed", unread: true } };
  }
  const text = new TextDecoder().decode(object.bytes);
  const rejected = pretence.rejected?.(text);
  if (rejected) return { outputs: [], metrics: { rejected } };
  // `rows@goal`: the same rows with another goal; `rows@none`: without a simulator.
  const [rows, goal = "1"] = text.split("@");
  const datasetHash = sha256(rows!);
  const hashes = pretence.episodes && hashesOf(pretence.episodes(text));
  await store.put(datasetKey(datasetHash), object.bytes);
  const [stateDim, actionDim] = pretence.dims?.(text) ?? [3, 2];
  const metrics: JsonObject = {
    name: text,
    datasetHash,
    size: hashes?.rows.reduce((sum, rows) => sum + rows, 0) ?? pretence.size?.(text) ?? 100,
    stateDim,
    actionDim,
    episodes: hashes?.rows.length ?? 2,
    bytes: object.bytes.length,
    environment: goal === "none" ? null : { family: "test", goal: [pretence.goal?.(text) ?? Number(goal)] },
    horizon: 50,
    anchors: pretence.isFlat?.(text)
      ? { random: 0, good: 1, source: `test${ANCHORS_ALL_EQUAL}` }
      : { random: 0, good: 100, source: "test" },
  };
  if (!hashes) return { outputs: ["normaliser", "sketch"], metrics };
  return {
    outputs: ["normaliser", "sketch", "episodes"],
    metrics,
    made: { episodes: encodeEpisodes(hashes) },
  };
}

async function measureOutcome(store: Store, job: Job, { episodes }: Pretence): Promise<Outcome> {
  const text = new TextDecoder().decode((await store.get(keyOfDataset(job)))!.bytes);
  const hashes = hashesOf(episodes?.(text) ?? []);
  return {
    outputs: ["normaliser", "sketch", "episodes"],
    metrics: { size: hashes.rows.length },
    made: { episodes: encodeEpisodes(hashes) },
  };
}

function keyOfDataset({ inputs: { dataset } }: Job): string {
  return datasetKey((dataset as { dataset: string }).dataset);
}

function hashesOf(episodes: readonly string[]): EpisodeHashes {
  const bytes = episodes.map((name) => sha256(name).slice(0, EPISODE_HASH_BYTES));
  return { hashes: encode(bytes.join("")), rows: Int32Array.from(episodes, () => 10) };
}

/** A learner with these files; `overrides` on preset `smoke`. */
export async function learnerWith(
  store: Store,
  files: string[],
  overrides: Record<string, unknown> = {},
  name = "a",
) {
  await createLearner({
    store,
    name,
    seed: 7,
    preset: "smoke",
    overrides: { gate: "enforce", evaluationEpisodes: 5, ...overrides },
  });
  for (const file of files) await addFile(store, file, name);
  return name;
}

/** Adds one file. Its key follows from what was added before, so that equal worlds have equal facts. */
export async function addFile(
  store: Store,
  text: string,
  name = "a",
  fileName = `${text}.hdf5`,
  options: Pick<Upload, "asNewTask"> = {},
) {
  const { length } = await store.list(arrivalsPrefix(name));
  const upload = sha256(`${name} ${length} ${fileName} ${text}`).slice(0, 32);
  return await addUploaded({ store, learner: name, fileName, body: encode(text), upload, ...options });
}

/**
 * Plans and works until nothing is left to do; each round does the queued jobs that `choose` picks.
 *
 * @returns rounds taken. @throws when it does not come to rest.
 */
export async function drive(
  store: Store,
  pretence: Pretence,
  { name = "a", bus = memoryBus(), choose = (ids: string[]) => ids }: {
    name?: string;
    bus?: ReturnType<typeof memoryBus>;
    choose?: (ids: string[]) => string[];
  } = {},
): Promise<number> {
  for (let round = 1; round < 2_000; round++) {
    const next = plan(await loadFacts(store, name));
    if (isIdle(next)) return round;
    await applyPlan({ store, bus, learner: name, plan: next });
    for (const id of choose([...bus.queue.keys()])) {
      // Left in the queue, as a real bus leaves it: given back until its input is there.
      if (await work(store, bus.queue.get(id)!, pretence) !== "missing") bus.queue.delete(id);
    }
  }
  throw new Error("The plan does not come to rest");
}

/** Plans and works until something is so, which is asked before each round of work. */
export async function driveUntil(store: Store, pretence: Pretence, isSo: () => boolean): Promise<void> {
  const stop = new Error("so it is");
  const choose = (ids: string[]) => {
    if (isSo()) throw stop;
    return ids;
  };
  await drive(store, pretence, { choose }).catch((error) => {
    if (error !== stop) throw error;
  });
}

/** A seeded source of integers below n, for random orders in tests (a linear congruence is enough for that). */
export function randomIntegers(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}
