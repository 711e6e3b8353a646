/**
 * What is in the store about a job, wherever it lies: jobs are kept by kind, and in stores of versions up to 0.2 without
 * it. No other place needs to know of both layouts, but who walks all keys (`jobOfKey` and `jobOfResult` do).
 * @module
 */
import {
  isOldJobName,
  jobKey,
  type JobKind,
  type JobName,
  type JobObjects,
  jobPrefix,
  oldJobKey,
  oldJobPrefix,
  oldResultKey,
  parseFact,
  PREFIXES,
  type ResultFact,
  resultFactSchema,
  resultKey,
  sortJobKeys,
} from "@cugro/protocol";
import type { Store } from "./store.ts";

/** That there are no jobs of the old layout holds so long (ms). */
const NO_OLD_JOBS_MS = 30_000;
/** What is known of a store's old jobs, by {@link hasOldJobs}. */
export interface OldJobs {
  asked?: number;
  answer?: Promise<boolean>;
}

/**
 * Whether the store may have jobs in the layout of versions up to 0.2: only then both layouts are asked about a job. One
 * request, and none once there are some; a copy of an old learner may arrive at any time, so a no holds half a minute.
 *
 * @param store to read
 * @param known what is remembered between calls; empty at first
 * @returns false if there are none
 */
export async function hasOldJobs(store: Store, known: OldJobs): Promise<boolean> {
  const now = performance.now();
  if (known.answer === undefined || now - (known.asked ?? 0) > NO_OLD_JOBS_MS) {
    const answer = store.folders(PREFIXES.jobs).then((names) => names.some(isOldJobName));
    Object.assign(known, { asked: now, answer });
    answer.then((found) => found && (known.asked = Infinity), () => delete known.answer);
  }
  return await known.answer!;
}

/** An object that was found. */
export interface Found {
  key: string;
  bytes: Uint8Array;
}

/**
 * The keys of everything about a job.
 *
 * @param old whether the old layout is looked at too; a job whose kind is unknown lies nowhere else.
 * @param store to read
 * @param name id and kind
 * @returns keys, unordered
 */
export async function keysOfJob(store: Store, { id, kind }: JobName, old: boolean): Promise<string[]> {
  const prefixes = [
    ...(kind === undefined ? [] : [jobPrefix(kind, id)]),
    ...(old || kind === undefined ? [oldJobPrefix(id)] : []),
  ];
  const listed = await Promise.all(prefixes.map((prefix) => store.list(prefix)));
  return listed.flat().map(({ key }) => key);
}

/**
 * The same in order.
 *
 * @param store to read
 * @param name id and kind
 * @param old whether the old layout is looked at too
 * @returns its objects by what they are
 */
export async function listJob(store: Store, name: JobName, old: boolean): Promise<JobObjects> {
  return sortJobKeys(await keysOfJob(store, name, old));
}

/**
 * The object that says what a job is. A second request is made only where the first finds nothing.
 *
 * @param store to read
 * @param kind of the job
 * @param id 64 hexadecimal digits
 * @returns key and bytes of `job.json`
 */
export async function getJob(store: Store, kind: JobKind, id: string): Promise<Found | undefined> {
  return await getFirst(store, [jobKey(kind, id), oldJobKey(id)]);
}

/**
 * A job's result, and the key it lies under. A second request is made only where the first finds nothing.
 *
 * @param store to read
 * @param kind of the job
 * @param id 64 hexadecimal digits
 * @returns undefined while it is not done
 */
export async function getResult(
  store: Store,
  kind: JobKind,
  id: string,
): Promise<{ key: string; result: ResultFact } | undefined> {
  const found = await getFirst(store, [resultKey(kind, id), oldResultKey(id)]);
  return found && { key: found.key, result: parseFact(resultFactSchema, found.bytes, found.key) };
}

async function getFirst(store: Store, keys: readonly string[]): Promise<Found | undefined> {
  for (const key of keys) {
    const object = await store.get(key);
    if (object) return { key, bytes: object.bytes };
  }
  return undefined;
}
