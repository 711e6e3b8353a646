/**
 * A real piece of work for the worker's tests, small and exact: a sum over steps, with snapshots, that can be slow,
 * throw, block or kill its process at a step. What it does stands in its input `dataset`, which is JSON.
 * @module
 */
import process from "node:process";
import {
  createJob,
  decodeTensors,
  encodeFact,
  encodeTensors,
  type InputRef,
  type Job,
  type JobFact,
  jobId,
  jobKey,
} from "@cugro/protocol";
import type { JobOutput } from "../../shared/worker/commit.ts";
import type { JobContext } from "../../shared/worker/job_context.ts";
import { PermanentError } from "../../shared/worker/job_errors.ts";
import { putArtifact } from "../../shared/store/artifacts.ts";
import type { Store } from "../../shared/store/store.ts";
import type { JobHandlers } from "../../shared/worker/worker.ts";

/** What a counting job does. Times in ms. */
export type Counting = {
  name: string;
  steps: number;
  /** Blocks the process for this long in each step. */
  stepMs?: number;
  /** At this step, once or always, ... */
  at?: number;
  /** ... throw, throw for good, block for 10 s, use 0.2 s of processor time, stand still for 0.3 s, or die. */
  act?: "throw" | "permanent" | "block" | "burn" | "freeze" | "die";
  /** Only in a run that began at step 0. */
  once?: boolean;
};

/** Handlers for the kinds the tests use. */
export const countingHandlers: JobHandlers = { "states.train": count };

/** Stores a counting job; its id. `parent`: a further input, which it reads. */
export async function addJob(store: Store, counting: Counting, parent?: InputRef): Promise<string> {
  const { artifact } = await putArtifact(store, encodeFact(counting));
  return await addAnyJob(store, trainingJob({ artifact }, parent));
}

/** A job like those of a first task. */
export function trainingJob(dataset: InputRef = { dataset: "0".repeat(64) }, parent?: InputRef) {
  const fields = { task: 1, oldTasks: 0, heldOutSeed: 0, replayRows: 0 };
  return createJob("states.train", 7, fields, { dataset, ...(parent ? { parent } : {}) });
}

/** Stores a job, where those of its kind or of another belong; its id. */
export async function addAnyJob(store: Store, job: Job, kind: Job["kind"] = job.kind): Promise<string> {
  const fact: JobFact = { schema: 1, job, learner: "walker", task: 1 };
  await store.put(jobKey(kind, jobId(job)), encodeFact(fact));
  return jobId(job);
}

/** The sum that a job of `steps` steps ends with. */
export function expectedSum(steps: number): number {
  return steps * (steps + 1) / 2;
}

/** The sum in a job's output. */
export function sumOf(bytes: Uint8Array): number {
  return decodeTensors(bytes).tensors.sum!.data[0]!;
}

async function count(context: JobContext<"states.train">): Promise<JobOutput<"states.train">> {
  const { dataset, parent } = context.inputs;
  const settings: Counting = JSON.parse(new TextDecoder().decode(await context.read(dataset)));
  const { steps, stepMs = 0, at, act, once } = settings;
  if (parent) await context.read(parent);
  const resumed = context.checkpoint && decodeTensors(context.checkpoint);
  let sum = resumed?.tensors.sum?.data[0] ?? 0;
  const from = Number(resumed?.metadata.step ?? 0);
  for (let step = from + 1; step <= steps; step++) {
    if (act && step === at && !(once && from > 0)) misbehave(act, step);
    block(stepMs);
    sum += step;
    await context.tick({ step, steps, loss: 1 / step }, () => Promise.resolve(encode(sum, step)));
  }
  return { outputs: { weights: encode(sum, steps) }, metrics: { sum } };
}

function encode(sum: number, step: number): Uint8Array {
  return encodeTensors({ sum: { shape: [1], data: Float32Array.of(sum) } }, { step: String(step) });
}

function misbehave(act: NonNullable<Counting["act"]>, step: number): void {
  if (act === "block") return block(10_000);
  if (act === "burn") return burn(200);
  if (act === "freeze") return void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  if (act === "permanent") throw new PermanentError(`no use at step ${step}`);
  if (act === "throw") throw new Error(`a fault at step ${step}`);
  process.kill(process.pid, "SIGKILL");
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

function burn(ms: number): void {
  for (const start = process.cpuUsage();;) {
    const { user, system } = process.cpuUsage(start);
    if (user + system >= ms * 1000) return;
  }
}
