/**
 * Files that people drop: from a file to an arrival fact. What it holds, the import finds out.
 * @module
 */
import type { ObjectInfo, Store } from "@cugro/store";
import {
  type ArrivalFact,
  datasetKey,
  failuresPrefix,
  incomingKey,
  incomingPrefix,
  jobId,
  retriesPrefix,
  retryKey,
  safeFileName,
  sha256,
} from "@cugro/protocol";
import { adoptArrival, type ArrivalNotes } from "./arrivals.ts";
import { putOnce } from "../facts/put_once.ts";
import { importJob, type LearnerFacts, taskState } from "../facts/facts.ts";
import { loadFacts } from "../reading/load.ts";

/** A dropped file is taken once its size and time of change stood still for this long. */
export const SETTLE_MS = 2_000;

/**
 * Hands a file to a learner. The same content again is the same arrival, so that a command can be repeated; it is a
 * new one only if the first was rejected without fault of the file, or if its task still needs data that is gone.
 *
 * @param file.bytes the file as it is; `fileName` becomes part of the key.
 */
export async function addArrival(
  file: { store: Store; learner: string; fileName: string; bytes: Uint8Array },
): Promise<{ arrival: ArrivalFact; added: boolean }> {
  const { store, learner, bytes } = file;
  const contentHash = sha256(bytes);
  const facts = await loadFacts(store, learner);
  if (facts.deleted) throw new RangeError(`The learner "${learner}" was deleted`);
  const known = facts.arrivals.filter((arrival) => arrival.contentHash === contentHash).at(-1);
  if (known && !await wantedAgain(store, facts, known)) {
    await restoreIncoming(store, facts, known, bytes);
    return { arrival: known, added: false };
  }
  const key = freeKey(facts, learner, file.fileName);
  await store.put(key, bytes);
  const info = (await store.head(key))!;
  return await adoptArrival(store, learner, info, { contentHash, known: facts.arrivals });
}

/**
 * Sees to it that a dropped file that somebody names has its arrival. One whose import failed without fault of the file
 * arrives once more; any number of writers that ask for it make one arrival.
 */
export async function adoptDropped(
  { store, facts, info, ...notes }: { store: Store; facts: LearnerFacts; info: ObjectInfo } & ArrivalNotes,
): Promise<{ arrival: ArrivalFact; added: boolean }> {
  const last = facts.arrivals.findLast(({ key, etag }) => key === info.key && etag === info.etag);
  const again = last && hasFailedImport(facts, last)
    ? { again: last.seq, contentHash: last.contentHash }
    : {};
  return await adoptArrival(store, facts.learner.name, info, { known: facts.arrivals, ...again, ...notes });
}

/** Whether an arrival was rejected because its import failed, and not because of what the file holds. */
function hasFailedImport(facts: LearnerFacts, { seq }: ArrivalFact): boolean {
  return (facts.rejections.find((fact) => fact.seq === seq)?.failedJob ?? null) !== null;
}

/**
 * Makes arrivals of the dropped files that the facts show, ordered by time of change and natural name. Where an object
 * may still be being written (`settles`), it must first have stood still. A file whose import failed arrives once more
 * when the same content is dropped in its place again, as its newer time shows.
 *
 * @param seen what earlier scans saw; kept by the caller. `now` in milliseconds, of any steady clock.
 * @param onArrival told of each file's arrival, also where somebody else has just made it.
 * @returns how many arrivals were made, and whether files are still settling.
 */
export async function scanIncoming(
  { store, facts, seen, now, onArrival = () => {} }: {
    store: Store;
    facts: LearnerFacts;
    seen: Map<string, { mark: string; since: number }>;
    now: number;
    onArrival?: (arrival: ArrivalFact) => void;
  },
): Promise<{ added: number; settling: boolean }> {
  const last = new Map(facts.arrivals.map((arrival) => [`${arrival.key} ${arrival.etag}`, arrival]));
  const isFresh = ({ key, etag, lastModified }: ObjectInfo) => {
    const before = last.get(`${key} ${etag}`);
    if (!before) return true;
    return Date.parse(lastModified) > Date.parse(before.lastModified) && hasFailedImport(facts, before);
  };
  const fresh = [...facts.incoming.values()].filter((info) =>
    isVisible(facts.learner.name, info.key) && isFresh(info)
  );
  const settled: ObjectInfo[] = store.settles ? [] : [...fresh];
  for (const info of store.settles ? fresh : []) {
    const mark = `${info.size} ${info.lastModified} ${info.etag}`;
    const before = seen.get(info.key);
    if (before?.mark !== mark) seen.set(info.key, { mark, since: now });
    else if (now - before.since >= SETTLE_MS) settled.push(info);
  }
  const arrivals = [...facts.arrivals];
  let count = 0;
  for (const info of settled.sort(byArrival)) {
    const { arrival, added } = await adoptDropped({ store, facts, info, known: arrivals });
    arrivals.push(arrival);
    onArrival(arrival);
    if (added) count++;
    seen.delete(info.key);
  }
  return { added: count, settling: fresh.length > settled.length };
}

/** Order of files found together: time of change, then natural order of names (`task2` before `task10`). */
export function byArrival(a: ObjectInfo, b: ObjectInfo): number {
  const time = Date.parse(a.lastModified) - Date.parse(b.lastModified);
  return time || new Intl.Collator("en", { numeric: true }).compare(a.key, b.key) || (a.key < b.key ? -1 : 1);
}

/** Not: names that tools give to files they are still writing, and what lies in a hidden folder (`upload.ts`). */
function isVisible(learner: string, key: string): boolean {
  const parts = key.slice(incomingPrefix(learner).length).split("/");
  return !parts.some((part) => part.startsWith(".")) &&
    !/\.(part|tmp|crdownload|partial|download)$/i.test(parts.at(-1)!);
}

/** Whether content that arrived before should arrive once more: its import failed, or its task needs data that is gone. */
export async function wantedAgain(store: Store, facts: LearnerFacts, arrival: ArrivalFact): Promise<boolean> {
  const rejection = facts.rejections.find(({ seq }) => seq === arrival.seq);
  if (rejection) {
    if (rejection.failedJob === null) return false;
    await retryJob(store, jobId(importJob(facts, arrival)), "the file was added again");
    return true;
  }
  const task = facts.tasks.find((fact) => fact.arrival === arrival.seq);
  if (!task || taskState(facts, task.task) === "published") return false;
  return !await store.head(datasetKey(task.datasetHash));
}

/** Asks for a failed job once more; nothing if it has no failure that was not retried. */
export async function retryJob(store: Store, id: string, reason: string): Promise<boolean> {
  const failures = (await store.list(failuresPrefix(id))).length;
  const retries = (await store.list(retriesPrefix(id))).length;
  if (failures <= retries) return false;
  for (let n = retries + 1; n <= failures; n++) {
    await putOnce(store, retryKey(id, n), { schema: 1, jobId: id, n, reason });
  }
  return true;
}

/** An arrival that waits for its import needs its file; a crash or a person may have removed it. */
async function restoreIncoming(store: Store, facts: LearnerFacts, arrival: ArrivalFact, bytes: Uint8Array) {
  const resolved = facts.tasks.some((fact) => fact.arrival === arrival.seq) ||
    facts.rejections.some(({ seq }) => seq === arrival.seq);
  if (!resolved && !facts.incoming.has(arrival.key)) await store.put(arrival.key, bytes);
}

/** A key no arrival has had, so that one file never takes another's place. */
function freeKey(facts: LearnerFacts, learner: string, fileName: string): string {
  const name = safeFileName(fileName);
  const used = new Set(facts.arrivals.map(({ key }) => key));
  for (let n = 1;; n++) {
    const key = incomingKey(learner, n === 1 ? name : `${n}-${name}`);
    if (!used.has(key)) return key;
  }
}
