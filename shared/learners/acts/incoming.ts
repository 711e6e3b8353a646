/**
 * Files that people drop: from a file to an arrival fact. What it holds, the import finds out.
 * @module
 */
import type { ObjectInfo, Store } from "@cugro/store";
import { type ArrivalFact, incomingPrefix, looksUnfinished, type RejectionFact } from "@cugro/protocol";
import { adoptArrival, type ArrivalNotes } from "./adopt_arrival.ts";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import { isSidecar, readSidecar, sidecarOf } from "./sidecar.ts";

/** A dropped file is taken once its size and time of change stood still for this long. */
export const SETTLE_MS = 2_000;

/**
 * Sees to it that a dropped file that somebody names has its arrival. One whose import failed without fault of the file
 * arrives once more; any number of writers that ask for it make one arrival.
 *
 * @param options the learner's facts, the object, and what is known of the file
 * @returns the arrival, and whether this call has made it
 */
export async function adoptDropped(
  { store, facts, info, ...notes }: { store: Store; facts: LearnerFacts; info: ObjectInfo } & ArrivalNotes,
): Promise<{ arrival: ArrivalFact; added: boolean }> {
  const ofSidecar = notes.reading === undefined ? await readSidecar(store, info.key) : {};
  const last = facts.arrivals.findLast(({ key, etag }) => key === info.key && etag === info.etag);
  const again = last && isToBeJudgedAgain(facts, last)
    ? { again: last.seq, contentHash: last.contentHash }
    : {};
  return await adoptArrival(store, facts.learner.name, info, {
    known: facts.arrivals,
    ...ofSidecar,
    ...again,
    ...notes,
  });
}

/**
 * Whether an arrival was rejected for no fault of its content: its import failed, its sidecar could not be understood, or
 * it was gone before it was read.
 *
 * @param facts of the learner
 * @param arrival one of them
 * @returns false for arrivals that were not rejected
 */
export function hasFailedImport(facts: LearnerFacts, { seq, refused }: ArrivalFact): boolean {
  const rejection = facts.rejections.find((fact) => fact.seq === seq);
  return rejection !== undefined &&
    (rejection.failedJob !== null || refused !== undefined || isUnread(rejection));
}

/**
 * Whether content that was rejected may come again: besides what {@link hasFailedImport} says, what was rejected for what
 * one of the tasks is, or for how knobs stood, which may be otherwise by now.
 *
 * @param facts of the learner
 * @param arrival one of them
 * @returns false for arrivals that were not rejected
 */
export function isToBeJudgedAgain(facts: LearnerFacts, arrival: ArrivalFact): boolean {
  const rejection = facts.rejections.find((fact) => fact.seq === arrival.seq);
  return rejection?.besideTask !== undefined || rejection?.knobs === true || hasFailedImport(facts, arrival);
}

const isUnread = ({ unread }: RejectionFact) => unread === true;

/**
 * Makes arrivals of the dropped files that the facts show, ordered by time of change and natural name. Where an object
 * may still be being written (`settles`), it must first have stood still. A rejected file arrives once more with another
 * sidecar; or, if its import had failed or a task spoke against it, when it is dropped in its place again, as its newer time shows; or, if it was
 * gone before it was read, when it is there again, whatever its time.
 *
 * @param seen what earlier scans saw; kept by the caller. `now` in milliseconds, of any steady clock.
 * @param onArrival called for each file's arrival, also where another process has just made it.
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
  const isFresh = freshness(facts);
  const fresh = [...facts.incoming.values()].filter((info) =>
    isVisible(info.key, incomingPrefix(facts.learner.name)) && isFresh(info)
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

/** Whether a file is to have an arrival, or another one; see {@link scanIncoming}. */
function freshness(facts: LearnerFacts): (info: ObjectInfo) => boolean {
  const last = new Map(facts.arrivals.map((arrival) => [`${arrival.key} ${arrival.etag}`, arrival]));
  const rejected = new Set(facts.rejections.map(({ seq }) => seq));
  const unread = new Set(facts.rejections.filter(isUnread).map(({ seq }) => seq));
  return ({ key, etag, lastModified }) => {
    const before = last.get(`${key} ${etag}`);
    if (!before) return true;
    const isNewer = Date.parse(lastModified) > Date.parse(before.lastModified);
    // With another sidecar a rejected file is another arrival.
    const hasOtherSidecar = facts.incoming.get(sidecarOf(key))?.etag !== before.sidecar;
    return unread.has(before.seq) || isNewer && isToBeJudgedAgain(facts, before) ||
      rejected.has(before.seq) && hasOtherSidecar;
  };
}

/**
 * Order of files found together: time of change, then natural order of names (`task2` before `task10`).
 *
 * @param a an object of `incoming/`
 * @param b another one
 * @returns negative where `a` comes first
 */
export function byArrival(a: ObjectInfo, b: ObjectInfo): number {
  const time = Date.parse(a.lastModified) - Date.parse(b.lastModified);
  return time || new Intl.Collator("en", { numeric: true }).compare(a.key, b.key) || (a.key < b.key ? -1 : 1);
}

/**
 * Whether a file may be a dataset. Not: names that tools give to files they are still writing, sidecars, and what lies
 * in a hidden folder (`upload.ts`).
 *
 * @param key of the object
 * @param prefix of the learner's folder in `incoming/`
 * @returns true for a file that is read
 */
export function isVisible(key: string, prefix: string): boolean {
  return !looksUnfinished(key.slice(prefix.length)) && !isSidecar(key);
}
