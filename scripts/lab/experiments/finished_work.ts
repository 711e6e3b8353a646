/**
 * What a learner's work came to, as content hashes: for comparing two ways to the same result.
 * @module
 */
import type { Store } from "@cugro/store";
import { jobOfResult, parseFact, PREFIXES, resultFactSchema } from "@cugro/protocol";

/**
 * Artifact of each output by name, by job id. Imports are left out: their ids hold the file's etag, which differs from
 * one kind of store to the other.
 */
export type FinishedWork = Record<string, Record<string, string>>;

/** All finished work in a store. */
export async function finishedWork(store: Store): Promise<FinishedWork> {
  const work: [string, Record<string, string>][] = [];
  for (const { key } of await store.list(PREFIXES.jobs)) {
    if (jobOfResult(key) === undefined) continue;
    const { kind, jobId, outputs } = parseFact(resultFactSchema, (await store.get(key))!.bytes, key);
    if (kind === "dataset.import") continue;
    const artifacts = Object.entries(outputs).map(([name, { artifact }]) => [name, artifact] as const);
    work.push([jobId, Object.fromEntries(artifacts)]);
  }
  return Object.fromEntries(work.sort(([a], [b]) => a < b ? -1 : 1));
}
