/**
 * The commit of a job: artifacts first, `result.json` last and once.
 * @module
 */
import {
  checkpointKey,
  encodeFact,
  type Job,
  type JobKind,
  type JsonObject,
  type OutputName,
  type ResultFact,
  resultFactSchema,
  resultKey,
  runKey,
} from "@cugro/protocol";
import { PreconditionFailed, putArtifact, type Store } from "@cugro/store";
import { PermanentError } from "./job_errors.ts";

/** What a handler returns. `startedAtStep`: step of the checkpoint it resumed from; 0 if from the beginning. */
export interface JobOutput<K extends JobKind = JobKind> {
  /** By the names of its kind; an import that refuses its file has none. */
  outputs: { [N in OutputName<K>]?: Uint8Array };
  metrics: JsonObject;
  startedAtStep?: number;
}

/** What is recorded with the output. `seconds`: of all runs that led to it. */
export interface JobRecord extends Required<JobOutput> {
  seconds: number;
  profile: JsonObject;
  codeVersion: string;
}

/**
 * Puts the artifacts, then the result.
 *
 * @param store to write
 * @param jobId 64 hexadecimal digits
 * @param job what it was
 * @param record outputs, metrics, seconds and steps
 * @returns the result's key, and whether this worker was the first; if not, the other's result stands.
 * @throws {PermanentError} if the metrics are not JSON (NaN, say).
 */
export async function commit(
  store: Store,
  jobId: string,
  job: Job,
  record: JobRecord,
): Promise<{ first: boolean; key: string }> {
  const outputs: ResultFact["outputs"] = {};
  for (const [name, bytes] of Object.entries(record.outputs)) outputs[name] = await putArtifact(store, bytes);
  const { metrics, seconds, startedAtStep, profile, codeVersion } = record;
  const finished = new Date().toISOString();
  const common = { schema: 1 as const, jobId, kind: job.kind, outputs, metrics };
  const fact: ResultFact = { ...common, seconds, startedAtStep, profile, codeVersion, finished };
  const key = resultKey(job.kind, jobId);
  return { first: await putOnce(store, key, encodeResult(fact)), key };
}

/**
 * Removes what a finished job needs no more: checkpoint and notes.
 *
 * @param jobId a job with a result; removing nothing is no error
 */
export async function cleanUp(store: Store, kind: JobKind, jobId: string): Promise<void> {
  await store.delete(checkpointKey(kind, jobId));
  await store.delete(runKey(kind, jobId));
}

function encodeResult(fact: ResultFact): Uint8Array {
  try {
    return encodeFact(fact, resultFactSchema);
  } catch (cause) {
    throw new PermanentError(`The result cannot be written: ${(cause as Error).message}`, { cause });
  }
}

async function putOnce(store: Store, key: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await store.put(key, bytes, { ifNoneMatch: true });
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailed) return false;
    throw error;
  }
}
