/**
 * What the store has of a job when a worker gets it.
 * @module
 */
import { jobKey, type JobKind, type JobObjects, sortJobKeys } from "@cugro/protocol";
import { type Found, getJob, keysOfJob, type Store } from "@cugro/store";

/**
 * Asked together, as a store over the network takes milliseconds for each: a list tells what is done, given up and noted.
 * The layout of versions up to 0.2 is looked at only where the job itself does not lie in today's. Whether a store has any such
 * jobs is not asked: a worker has no right to list those of other kinds.
 *
 * @param store to read
 * @param name id and kind of the job
 * @returns the keys of its objects by what they are, and what it is; undefined if that is gone
 */
export async function lookAtJob(
  store: Store,
  { jobId: id, kind }: { jobId: string; kind: JobKind },
): Promise<{ there: JobObjects; found: Found | undefined }> {
  const [keys, found] = await Promise.all([keysOfJob(store, { id, kind }, false), getJob(store, kind, id)]);
  if (found?.key === jobKey(kind, id)) return { there: sortJobKeys(keys), found };
  return { there: sortJobKeys([...keys, ...await keysOfJob(store, { id, kind: undefined }, true)]), found };
}
