/**
 * What the store has of a job when a worker gets it.
 * @module
 */
import type { JobKind, JobObjects } from "@cugro/protocol";
import { type Found, getJob, hasOldJobs, listJob, type OldJobs, type Store } from "@cugro/store";

/**
 * Asked together, as a store over the network takes milliseconds for each: a list tells what is done, given up and noted.
 *
 * @param store to read
 * @param name id and kind of the job
 * @param oldJobs what this worker remembers of jobs of the old layout
 * @returns the keys of its objects by what they are, and what it is; undefined if that is gone
 */
export async function lookAtJob(
  store: Store,
  { jobId: id, kind }: { jobId: string; kind: JobKind },
  oldJobs: OldJobs,
): Promise<{ there: JobObjects; found: Found | undefined }> {
  const [there, found] = await Promise.all([
    hasOldJobs(store, oldJobs).then((old) => listJob(store, { id, kind }, old)),
    getJob(store, kind, id),
  ]);
  return { there, found };
}
