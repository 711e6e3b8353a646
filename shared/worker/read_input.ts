/**
 * The inputs of a job.
 * @module
 */
import { datasetKey, type InputRef, parseFact, resultFactSchema, resultKey } from "@cugro/protocol";
import { getArtifact, MissingInputError, type Store } from "@cugro/store";
import { PermanentError } from "./job_errors.ts";

/**
 * The bytes an input of a job refers to.
 *
 * @throws {MissingInputError} saying what is missing.
 * @throws {PermanentError} if the job it names has no such output.
 */
export async function readInput(store: Store, ref: InputRef): Promise<Uint8Array> {
  if ("artifact" in ref) return await getArtifact(store, ref.artifact);
  if ("dataset" in ref) {
    const found = await store.get(datasetKey(ref.dataset));
    if (!found) throw new MissingInputError(`${datasetKey(ref.dataset)} is not in the store`);
    return found.bytes;
  }
  const key = resultKey(ref.job);
  const result = await store.get(key);
  if (!result) throw new MissingInputError(`${key} is not in the store: that job is not done`);
  const output = parseFact(resultFactSchema, result.bytes, key).outputs[ref.output];
  if (!output) throw new PermanentError(`${key} has no output "${ref.output}"`);
  return await getArtifact(store, output.artifact);
}
