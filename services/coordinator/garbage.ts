/**
 * Garbage collection: marks what valid versions and undecided tasks need, sweeps the rest once it is old. The store
 * only holds what follows from its facts, so sweeping too much costs time, never truth.
 * @module
 */
import {
  acceptedArrivals,
  createCache,
  type Deletion,
  deletionOf,
  endDeletion,
  type FactCache,
  isReached,
  type LearnerFacts,
  loadFacts,
  openArrivals,
  type Reach,
  reachOf,
} from "@cugro/learners";
import { isEtagOf, type ObjectInfo, type Store, StoreFull } from "@cugro/store";
import { isUploadKey, jobOfResult, learnerPrefix, parseKey, PREFIXES } from "@cugro/protocol";

/** Unmarked objects younger than this stay: they may be about to be used. */
export const GC_GRACE_HOURS = 24;

/** Objects that were, or would be, removed. */
export interface Collection {
  removed: { key: string; size: number }[];
  bytes: number;
  /** Unmarked objects that are still too young. */
  young: number;
}

/**
 * Removes what no learner needs any more.
 *
 * @param options.graceHours
 * @param options.dryRun only says what would go.
 * @param options.now milliseconds since 1970, of the clock that stamps the store's objects.
 * @returns keys and bytes that went, and how many are too young to go
 * @default 24
 */
export async function collectGarbage(
  { store, graceHours = GC_GRACE_HOURS, dryRun = false, now = Date.now() }: {
    store: Store;
    graceHours?: number;
    dryRun?: boolean;
    now?: number;
  },
): Promise<Collection> {
  const prefixes = [PREFIXES.jobs, PREFIXES.artifacts, PREFIXES.datasets, PREFIXES.incoming];
  // Marked after listing: what is made in between is marked, or not in the list.
  const listed = (await Promise.all(prefixes.map((prefix) => store.list(prefix)))).flat();
  const hasGoneFor = ({ at }: { at: string }) => now - Date.parse(at) >= graceHours * 3_600_000;
  const isMarked = await mark({ store, dryRun, mayGo: hasGoneFor });
  const done = new Set(listed.flatMap(({ key }) => jobOfResult(key) ?? []));
  const unmarked = listed.filter((info) => !isMarked(info) || isLeftOver(info.key, done));
  const old = unmarked.filter(({ lastModified: at }) => hasGoneFor({ at }));
  // Results before artifacts: a result must never promise what is gone.
  const isOfJob = ({ key }: ObjectInfo) => key.startsWith(PREFIXES.jobs);
  const ordered = [...old.filter(isOfJob), ...old.filter((info) => !isOfJob(info))];
  if (!dryRun) { for (const { key } of ordered) await store.delete(key); }
  return {
    removed: ordered.map(({ key, size }) => ({ key, size })),
    bytes: ordered.reduce((sum, { size }) => sum + size, 0),
    young: unmarked.length - old.length,
  };
}

/** Whether it is a leftover of a finished job in the old layout, which workers do not clean up. */
function isLeftOver(key: string, done: ReadonlySet<string>): boolean {
  const parsed = parseKey(key);
  return parsed !== undefined && "job" in parsed && done.has(parsed.job) &&
    ["checkpoint", "run", "stopped", "damage", "oldCheckpoint", "oldRun"].includes(parsed.kind);
}

/** Store, facts and time for marking. */
interface Marking {
  store: Store;
  dryRun: boolean;
  /** Whether a deletion is old enough for its objects to be collected. */
  mayGo: (deletion: Deletion) => boolean;
}

async function mark(marking: Marking): Promise<(info: ObjectInfo) => boolean> {
  const { store } = marking;
  const cache = createCache();
  const reaches: Reach[] = [];
  const done: Dropped[] = [];
  const waiting: Dropped[] = [];
  const keys = (await store.list(PREFIXES.learners)).map(({ key }) => parseKey(key));
  const names = keys.flatMap((key) => key?.kind === "learner" ? [key.learner] : []);
  for (const name of names) {
    const { facts, reach } = await readLearner(marking, name, cache);
    reaches.push(reach);
    done.push(...doneFiles(facts));
    if (!facts.deleted) waiting.push(...openArrivals(facts));
  }
  const isDone = lookUp(done);
  const isWaiting = lookUp(waiting);
  return (info) => {
    const { key } = info;
    if (!key.startsWith(PREFIXES.incoming)) return reaches.some((reach) => isReached(reach, key));
    // An upload without an arrival was broken off, and is not needed.
    if (isUploadKey(key)) return isWaiting(info);
    // Files that wait, have not been noticed yet, or were dropped for a learner that does not exist yet stay.
    const parsed = parseKey(key);
    const name = parsed?.kind === "incoming" ? parsed.learner : "";
    return !names.includes(name) || !isDone(info);
  };
}

/**
 * A learner's facts and the objects they need.
 *
 * @throws {Error} naming it, and what to do: its objects must not be taken for garbage
 */
async function readLearner(
  marking: Marking,
  name: string,
  cache: FactCache,
): Promise<{ facts: LearnerFacts; reach: Reach }> {
  const { store } = marking;
  try {
    const deletion = await deletionOf(store, name, { cache });
    const gone = deletion !== undefined && await isGone(marking, name, deletion);
    // One that can still be restored needs what it needed.
    const facts = { ...await loadFacts(store, name, cache, { deletedToo: !gone }), deleted: gone };
    return { facts, reach: await reachOf(store, facts, cache) };
  } catch (cause) {
    throw new Error(
      `Nothing was collected, for any learner: what the learner "${name}" needs cannot be determined ` +
        `(${
          cause instanceof Error ? cause.message : cause
        }). Restore what is damaged, or upgrade what collects; ` +
        `if the learner is lost, remove everything under ${learnerPrefix(name)}`,
      { cause },
    );
  }
}

/** Whether a deleted learner is gone for good; from here on it cannot be restored. */
async function isGone({ store, dryRun, mayGo }: Marking, name: string, deletion: Deletion): Promise<boolean> {
  if (deletion.swept) return true;
  if (!mayGo(deletion)) return false;
  if (dryRun) return true;
  const ended = endDeletion(store, name, deletion.n, "swept").catch((error) => {
    // On a full disk what others left goes first; this one's turn comes with the next collection.
    if (error instanceof StoreFull) return undefined;
    throw error;
  });
  return await ended === "swept";
}

/** A file under `incoming/`, as its arrival tells it. */
type Dropped = Pick<ObjectInfo, "key" | "etag">;

function lookUp(files: readonly Dropped[]): (info: ObjectInfo) => boolean {
  const byKey = Map.groupBy(files, ({ key }) => key);
  return (info) => (byKey.get(info.key) ?? []).some(({ etag }) => isEtagOf(info, etag));
}

/** Dropped files that are not needed: all their arrivals are decided, or the learner was deleted. */
function doneFiles(facts: LearnerFacts): Dropped[] {
  if (facts.deleted) return [...facts.incoming.values()];
  const resolved = new Set([
    ...acceptedArrivals(facts),
    ...facts.rejections.map(({ seq }) => seq),
  ]);
  // One whose import failed may have arrived once more.
  const waiting = new Set(openArrivals(facts).map(({ key, etag }) => `${key} ${etag}`));
  return facts.arrivals.filter(({ seq, key, etag }) => resolved.has(seq) && !waiting.has(`${key} ${etag}`));
}
