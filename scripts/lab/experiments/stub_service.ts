/**
 * All kinds of jobs without a tensor library: every output is a chain of hashes over the job and its inputs, made in
 * steps that tick and checkpoint as training does. The graph, the plan, the facts and the worker are the real ones;
 * only the work is small. For the fault campaign and for measuring what a job costs besides its work.
 *
 * As a program it serves these jobs like any service: `deno run -A scripts/lab/experiments/stub_service.ts`.
 * @module
 */
import process from "node:process";
import { sleep } from "@cugro/async";
import type { JobContext, JobHandlers, JobOutput } from "@cugro/worker";
import { PreconditionFailed } from "@cugro/store";
import { serve, type Service } from "@cugro/jobs";
import {
  allInputs,
  canonicalJson,
  datasetKey,
  decodeTensors,
  encodeTensors,
  type ImportSummary,
  JOB_KINDS,
  JOB_SPECS,
  type JobKind,
  type JsonObject,
  sha256,
} from "@cugro/protocol";

/** How large the work is. */
export interface StubSettings {
  /** Steps of a training; other kinds take a quarter of them. Outputs depend on it. */
  steps: number;
  /** Sleep before each step, in ms. Outputs do not depend on it. */
  stepMs: number;
}

/** A file that begins so is refused by the import, as one of another format would be. */
const BAD = "bad ";

/**
 * Handlers of every kind.
 *
 * @param settings seconds and bytes of each job
 * @returns handlers by kind
 */
export function createStubHandlers(settings: StubSettings): JobHandlers {
  const work = (context: JobContext) => chain(context, settings);
  const handlers: JobHandlers = Object.fromEntries(JOB_KINDS.map((kind) => [kind, work]));
  return { ...handlers, "dataset.import": (context) => importFile(context, settings) };
}

/** The service that does stub jobs; it needs no tensor library. */
export function stubService(settings: StubSettings): Service {
  return {
    kinds: JOB_KINDS,
    createHandlers: () => createStubHandlers(settings),
    openCompute: () => Promise.resolve({ profile: { backend: "stub" }, compile: refuseTensors }),
  };
}

/**
 * Settings from `CUGRO_STUB_STEPS` (8) and `CUGRO_STUB_STEP_MS` (0).
 *
 * @throws {RangeError} naming a wrong one.
 */
export function readStubSettings(environment: Record<string, string | undefined>): StubSettings {
  const read = (name: string, otherwise: number) => {
    const value = Number(environment[name] ?? otherwise);
    if (Number.isInteger(value) && value >= 0) return value;
    throw new RangeError(`${name} must be a whole number from 0: current value is "${environment[name]}"`);
  };
  return { steps: read("CUGRO_STUB_STEPS", 8), stepMs: read("CUGRO_STUB_STEP_MS", 0) };
}

/** How many steps a job takes. */
export function stubSteps(kind: JobKind, { steps }: StubSettings): number {
  return kind.endsWith(".train") ? steps : Math.ceil(steps / 4);
}

async function chain(context: JobContext, settings: StubSettings): Promise<JobOutput> {
  const { kind } = context;
  const digest = await walk(context, settings, await seedOf(context));
  const metrics: JsonObject = { digest };
  // Scores between 50 and 100 that differ from version to version, so that gates have something to judge.
  if (kind === "policy.evaluate") {
    metrics.returns = [0, 1, 2].map((i) => 50 + byteOf(digest, i) / 255 * 50);
  }
  return { outputs: outputsOf(kind, digest), metrics };
}

async function importFile(
  context: JobContext<"dataset.import">,
  settings: StubSettings,
): Promise<JobOutput<"dataset.import">> {
  const { key, etag } = context.config;
  const object = await context.store.get(key);
  if (!object) return { outputs: {}, metrics: { rejected: `${key} is no longer there`, unread: true } };
  if (object.info.etag !== etag) {
    return { outputs: {}, metrics: { rejected: `${key} has changed`, unread: true } };
  }
  const text = new TextDecoder().decode(object.bytes);
  if (text.startsWith(BAD)) return { outputs: {}, metrics: { rejected: `${key} holds no dataset` } };
  const datasetHash = sha256(object.bytes);
  try {
    await context.store.put(datasetKey(datasetHash), object.bytes, { ifNoneMatch: true });
  } catch (error) {
    if (!(error instanceof PreconditionFailed)) throw error;
  }
  // What an import makes follows from the data: not from the file's key or etag, which differ from store to store.
  const digest = await walk(context, settings, sha256(canonicalJson(["import", datasetHash])));
  const summary: ImportSummary = {
    name: `data-${datasetHash.slice(0, 8)}`,
    datasetHash,
    size: 1,
    stateDim: 3,
    actionDim: 2,
    episodes: 1,
    bytes: object.bytes.length,
    environment: null,
    horizon: 1,
    anchors: { random: 0, good: 100, source: "stub" },
  };
  return { outputs: outputsOf("dataset.import", digest), metrics: { ...summary } };
}

/** The beginning of the chain: everything the job is, and every byte of its inputs. */
async function seedOf(context: JobContext): Promise<string> {
  const parts = [context.jobId];
  for (const input of allInputs(context)) parts.push(input.name, sha256(await context.read(input)));
  return sha256(canonicalJson(parts));
}

async function walk(context: JobContext, settings: StubSettings, seed: string): Promise<string> {
  const steps = stubSteps(context.kind, settings);
  const resumed = context.checkpoint && decodeTensors(context.checkpoint);
  let digest = resumed ? hexOf(resumed.tensors.digest!.data as Uint8Array) : seed;
  const from = Number(resumed?.metadata.step ?? 0);
  for (let step = from + 1; step <= steps; step++) {
    if (settings.stepMs > 0) await sleep(settings.stepMs);
    digest = sha256(digest);
    const state = digest;
    await context.tick({ step, steps }, () => Promise.resolve(encodeDigest(state, { step: String(step) })));
  }
  return digest;
}

function outputsOf<K extends JobKind>(kind: K, digest: string): JobOutput<K>["outputs"] {
  const outputs = JOB_SPECS[kind].outputs.map((name) => [name, encodeDigest(sha256(`${name} ${digest}`))]);
  return Object.fromEntries(outputs);
}

function encodeDigest(digest: string, metadata?: Record<string, string>): Uint8Array {
  const data = Uint8Array.from({ length: 32 }, (_, i) => byteOf(digest, i));
  return encodeTensors({ digest: { shape: [32], data } }, metadata);
}

function byteOf(digest: string, i: number): number {
  return Number.parseInt(digest.slice(2 * i, 2 * i + 2), 16);
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function refuseTensors(): never {
  throw new Error("A stub job computes no tensors");
}

if (import.meta.main) await serve(stubService(readStubSettings(process.env)));
