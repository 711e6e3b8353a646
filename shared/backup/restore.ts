/**
 * A snapshot brought into an empty store. It is proved before anything is written: a damaged one is refused, naming the
 * key. Blobs are written first, then facts, and all of it is read back before the learners' own facts are written: only
 * with these do learners appear to services that have started already. So a restoration that is cut off leaves no half
 * of a learner; it is simply repeated.
 * @module
 */
import { mapConcurrently, sleep } from "@cugro/async";
import {
  headKey,
  learnerKey,
  learnerOfKey,
  parseKey,
  PREFIXES,
  REPORT_LINKS_KEY,
  ROOM_KEY,
  sha256,
} from "@cugro/protocol";
import { type ObjectInfo, PreconditionFailed, readPieces, type Store } from "@cugro/store";
import { arrivedAgain, type RestoredFiles } from "./arrived_again.ts";
import { checkFacts, isBlob } from "./check_snapshot.ts";
import { BLOB_WIDTH, FACT_WIDTH, hashOf, putContent, readContent } from "./contents.ts";
import { belongs } from "./gather_snapshot.ts";
import { namesOf } from "./references.ts";
import { BackupError, type Entry, type Snapshot } from "./snapshot.ts";

/** Times of objects have whole seconds in a bucket: after this (ms) they differ. */
const NEXT_SECOND_MS = 1_100;

/** How far a restoration is. */
export interface RestoreProgress {
  stage: "proving" | "writing" | "reading back";
  objects: number;
  of: number;
  bytes: number;
}

/** The result of a restoration. */
export interface Restored {
  objects: number;
  bytes: number;
  learners: string[];
  /** Arrivals that name their files as the new store does. */
  renamed: string[];
  /** Objects that the original store had lost already. */
  missing: string[];
}

/** Source and destination of a restoration. */
export interface RestoreOptions {
  from: Store;
  snapshot: Snapshot;
  store: Store;
  /** Whether webhooks are restored: a copy that is only tried out should not speak to their receivers. @default true */
  secrets?: boolean;
  onProgress?: (progress: RestoreProgress) => void;
}

interface Work extends Required<RestoreOptions> {
  objects: readonly Entry[];
  files: RestoredFiles & { now: Map<string, ObjectInfo> };
  /** Hash by key of what was written otherwise than it was. */
  changed: Map<string, string>;
  progress: RestoreProgress;
}

/**
 * Restores a snapshot into a store that is empty, or has a part of the same restoration.
 *
 * @param options backup, snapshot and store; `secrets` (true): whether what is secret is restored
 * @returns how many objects and bytes, which learners, and the keys of arrivals that name their files as the new store does
 * @throws {BackupError} if the snapshot is damaged, or the store has anything else in it, naming the key.
 */
export async function restore(
  { from, snapshot, store, secrets = true, onProgress = () => {} }: RestoreOptions,
): Promise<Restored> {
  const objects = snapshot.objects.filter(({ key }) => belongs(key, secrets));
  const work: Work = {
    ...{ from, snapshot, store, secrets, onProgress, objects, changed: new Map() },
    files: { before: new Map(objects.map((entry) => [entry.key, entry])), now: new Map() },
    progress: { stage: "proving", objects: 0, of: objects.length, bytes: 0 },
  };
  onProgress({ ...work.progress });
  await refuseOccupied(work);
  await checkFacts(from, snapshot);
  begin(work, "writing");
  const { blobs, facts, appearing } = parts(objects);
  await writeHidden(work, blobs, facts);
  begin(work, "reading back");
  await readBack(work, [...blobs, ...facts]);
  await show(work, appearing);
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  return {
    ...{ objects: objects.length, bytes, missing: snapshot.missing },
    learners: namesOf(objects.map(({ key }) => key)),
    renamed: [...work.changed.keys()].sort(),
  };
}

function begin(work: Work, stage: RestoreProgress["stage"]): void {
  Object.assign(work.progress, { stage, objects: 0, bytes: 0 });
  work.onProgress({ ...work.progress });
}

function step(work: Work, { size }: Entry): void {
  work.progress.objects++;
  work.progress.bytes += size;
  work.onProgress({ ...work.progress });
}

/** A gateway that runs beside it writes these: to see whether there is room, and to sign links with. */
const OF_GATEWAYS: readonly string[] = [ROOM_KEY, REPORT_LINKS_KEY];

async function refuseOccupied({ store, files }: Work): Promise<void> {
  const strange: string[] = [];
  const present = await store.list("", ({ name }) => strange.push(name));
  const other = present.find(({ key }) => !files.before.has(key) && !OF_GATEWAYS.includes(key))?.key ??
    strange[0];
  if (other === undefined) return;
  throw new BackupError(
    `The store that is to be restored into is not empty: ${other} is in it, and not in the snapshot. Choose an empty ` +
      "folder, bucket or prefix",
  );
}

/** Objects in the order in which they are written; `appearing`: those that make others act on the rest. */
function parts(objects: readonly Entry[]): Record<"blobs" | "facts" | "appearing", Entry[]> {
  const facts = objects.filter((entry) => !isBlob(entry));
  return {
    blobs: objects.filter(isBlob),
    facts: facts.filter(({ key }) => stageOf(key) < LEARNERS),
    appearing: facts.filter(({ key }) => stageOf(key) >= LEARNERS),
  };
}

async function writeHidden(work: Work, blobs: readonly Entry[], facts: readonly Entry[]): Promise<void> {
  await mapConcurrently(blobs, BLOB_WIDTH, (entry) => writeBlob(work, entry));
  for (const info of await work.store.list(PREFIXES.incoming)) work.files.now.set(info.key, info);
  await writeInStages(work, facts);
}

/** Learners appear, and webhooks are sent what comes from now on. Services that are already running rewrite none of these facts. */
async function show(work: Work, appearing: readonly Entry[]): Promise<void> {
  await writeInStages(work, appearing);
  for (const entry of appearing) await refuseOther(work, entry);
}

async function writeInStages(work: Work, facts: readonly Entry[]): Promise<void> {
  const stages = Map.groupBy(facts, ({ key }) => stageOf(key));
  for (const stage of [...stages.keys()].sort()) {
    // A webhook receives facts that are not older than itself: those of before are.
    if (stage === WEBHOOKS) await sleep(NEXT_SECOND_MS);
    await mapConcurrently(stages.get(stage)!, FACT_WIDTH, (entry) => writeFact(work, entry));
  }
}

const LEARNERS = 4;
const WEBHOOKS = 5;

/** A fact comes after those that it names; the end of a deletion before it, so that a restored learner is not deleted for a moment. */
function stageOf(key: string): number {
  const learner = learnerOfKey(key);
  if (learner === undefined) return key.startsWith(PREFIXES.webhooks) ? WEBHOOKS : 0;
  if (parseKey(key)?.kind === "deletionEnd") return 1;
  return key === learnerKey(learner) ? LEARNERS : key === headKey(learner) ? 3 : 2;
}

async function writeBlob(work: Work, entry: Entry): Promise<void> {
  await once(work, entry, entry.sha256, async () => {
    await putContent(work.from, work.store, entry);
  });
  step(work, entry);
}

async function writeFact(work: Work, entry: Entry): Promise<void> {
  const original = await readContent(work.from, entry);
  const isArrival = parseKey(entry.key)?.kind === "arrival";
  const bytes = isArrival ? arrivedAgain(entry.key, original, work.files) : original;
  if (bytes !== original) work.changed.set(entry.key, sha256(bytes));
  await once(work, entry, sha256(bytes), async () => {
    await work.store.put(entry.key, bytes, { ifNoneMatch: true });
  });
  step(work, entry);
}

/** Writes an object, or finds that an earlier restoration has written the same. */
async function once(
  { store }: Work,
  { key }: Entry,
  hash: string,
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof PreconditionFailed)) throw error;
    if (await hashIn(store, key) === hash) return;
    throw new BackupError(`${key} is in the store that is to be restored into already, and is another one`);
  }
}

async function hashIn(store: Store, key: string): Promise<string | undefined> {
  const info = await store.head(key);
  return info && await hashOf(readPieces(store, info));
}

/** The proof: every object is there, and is what it should be. */
async function readBack(work: Work, written: readonly Entry[]): Promise<void> {
  const listed = new Set((await work.store.list("")).map(({ key }) => key));
  await mapConcurrently(written, FACT_WIDTH, async (entry) => {
    if (!listed.has(entry.key)) throw notAsWritten(entry.key);
    await refuseOther(work, entry);
    step(work, entry);
  });
}

async function refuseOther({ store, changed }: Work, { key, sha256: hash }: Entry): Promise<void> {
  if (await hashIn(store, key) !== (changed.get(key) ?? hash)) throw notAsWritten(key);
}

function notAsWritten(key: string): BackupError {
  return new BackupError(
    `${key} was restored, and is not there now as it was written: do others use this store already?`,
  );
}
