/**
 * Artifacts: blobs under the hash of their content, and the inputs of jobs that lie in them.
 * @module
 */
import {
  artifactKey,
  datasetKey,
  type InputRef,
  parseFact,
  resultFactSchema,
  resultKey,
  sha256,
} from "@cugro/protocol";
import { CorruptArtifactError, MissingInputError, PermanentError } from "./job_errors.ts";
import type { Store } from "./store.ts";

/** An artifact older than this may be about to be swept (after 24 h), so a writer that needs it writes it again. */
const REFRESH_MS = 12 * 3600 * 1000;

/** Stores bytes under their hash, once; the hash and the size. */
export async function putArtifact(
  store: Store,
  bytes: Uint8Array,
): Promise<{ artifact: string; bytes: number }> {
  const artifact = sha256(bytes);
  const info = await store.head(artifactKey(artifact));
  const fresh = info?.size === bytes.length && Date.now() - Date.parse(info.lastModified) < REFRESH_MS;
  if (!fresh) await store.put(artifactKey(artifact), bytes);
  return { artifact, bytes: bytes.length };
}

/**
 * The bytes of an artifact, checked against their hash.
 *
 * @throws {MissingInputError} if there is none.
 * @throws {CorruptArtifactError} if its bytes have changed; they are set aside as `artifacts/<hash>.damaged` (where gc
 *   finds them), so that the artifact counts as missing and the planner lets its job make it again.
 */
export async function getArtifact(store: Store, hash: string): Promise<Uint8Array> {
  const key = artifactKey(hash);
  const found = await store.get(key);
  if (!found) throw new MissingInputError(`${key} is not in the store`);
  const actual = sha256(found.bytes);
  if (actual === hash) return found.bytes;
  // On a full disk there is no room for the copy; then it is only removed.
  await store.put(`${key}.damaged`, found.bytes).catch(() => {});
  const aside = await store.delete(key).then(
    () => "it has been set aside",
    () => "the next writing command (cugro run) sets it aside and makes it again",
  );
  throw new CorruptArtifactError(
    `${key} is damaged: its ${found.bytes.length} bytes hash to ${actual.slice(0, 12)}…; ${aside}`,
  );
}

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
