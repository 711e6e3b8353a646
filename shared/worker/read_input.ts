/**
 * The inputs of a job.
 * @module
 */
import { datasetKey, type JobInput, type JobKind, makerOf, resultKey } from "@cugro/protocol";
import { getArtifact, getResult, MissingInputError, type Store } from "@cugro/store";
import { PermanentError } from "./job_errors.ts";

/**
 * The bytes an input of a job of this kind refers to.
 *
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

function makerOfInput(kind: JobKind, name: string): JobKind {
  try {
    return makerOf(kind, name);
  } catch (cause) {
    throw new PermanentError((cause as Error).message, { cause });
  }
}
