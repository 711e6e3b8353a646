/**
 * The inputs of a job.
 * @module
 */
import { datasetKey, type JobInput, type JobKind, makerOf, resultKey } from "@cugro/protocol";
import { getArtifact, getResult, MissingInputError, openObject, type Store } from "@cugro/store";
import { PermanentError } from "./job_errors.ts";

/**
 * The bytes an input of a job of this kind refers to.
 *
 * @param store to read
 * @param kind of the job
 * @param input its name, and what it refers to
 * @returns `[n]`, all bytes
 * @throws {MissingInputError} saying what is missing.
 * @throws {PermanentError} if the job it names has no such output.
 */
export async function readInput(store: Store, kind: JobKind, { name, ref }: JobInput): Promise<Uint8Array> {
  if ("artifact" in ref) return await getArtifact(store, ref.artifact);
  if ("dataset" in ref) {
    const found = await store.get(datasetKey(ref.dataset));
    if (!found) throw new MissingInputError(`${datasetKey(ref.dataset)} is not in the store`);
    return found.bytes;
  }
  const maker = makerOfInput(kind, name);
  const found = await getResult(store, maker, ref.job);
  if (!found) {
    throw new MissingInputError(`${resultKey(maker, ref.job)} is not in the store: that job is not done`);
  }
  const output = found.result.outputs[ref.output];
  if (!output) throw new PermanentError(`${found.key} has no output "${ref.output}"`);
  return await getArtifact(store, output.artifact);
}

/** An input that is read in parts. */
export interface OpenedInput {
  /** Size in bytes. */
  size: number;
  /** Bytes `[start, end)`, which lie within it. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * Opens an input to read parts of it: a dataset by ranges, all else from memory, since an artifact is checked whole.
 *
 * @param store to read
 * @param kind of the job
 * @param input its name, and what it refers to
 * @returns its size in bytes, and a reader of ranges
 * @throws {Error} as {@link readInput}; a later read {@link StoreError} if the dataset is not what it was.
 */
export async function openInput(store: Store, kind: JobKind, input: JobInput): Promise<OpenedInput> {
  if (!("dataset" in input.ref)) return openBytes(await readInput(store, kind, input));
  const key = datasetKey(input.ref.dataset);
  const opened = await openObject(store, key);
  if (!opened) throw new MissingInputError(`${key} is not in the store`);
  return { size: opened.info.size, read: opened.read };
}

/**
 * Bytes in memory as an input.
 *
 * @param bytes `[n]`
 * @returns an input of n bytes
 */
export function openBytes(bytes: Uint8Array): OpenedInput {
  return { size: bytes.length, read: (start, end) => Promise.resolve(bytes.subarray(start, end)) };
}

function makerOfInput(kind: JobKind, name: string): JobKind {
  try {
    return makerOf(kind, name);
  } catch (cause) {
    throw new PermanentError((cause as Error).message, { cause });
  }
}
