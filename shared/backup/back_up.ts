/**
 * A backup of a whole store: its learners, what they need, jobs under way, files that wait, webhooks, and the gateway's
 * tokens. What the backup has by its content is not copied again. Made while others learn: no lock is needed, and nothing
 * in the store is written.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { contentKey, PREFIXES, sha256 } from "@cugro/protocol";
import type { ObjectInfo, Store } from "@cugro/store";
import { version } from "@cugro/telemetry";
import {
  BLOB_WIDTH,
  FACT_WIDTH,
  hashInName,
  keep,
  type Kept,
  listContents,
  type Present,
} from "./contents.ts";
import { gather } from "./gather_snapshot.ts";
import { missingReferences, namesOf } from "./references.ts";
import {
  BackupError,
  type Entry,
  listSnapshots,
  readSnapshot,
  type Snapshot,
  some,
  timeAfter,
  writeSnapshot,
} from "./snapshot.ts";
import { snapshotStore } from "./snapshot_store.ts";

/** The store is looked through again as long as something that is needed was removed meanwhile. */
const ROUNDS = 6;
/** Contents up to this size (bytes) are remembered for the check of references. */
const REMEMBERED_BYTES = 64 << 10;

/** How far a backup is. */
export interface BackupProgress {
  /** Of the objects listed so far. */
  objects: number;
  of: number;
  bytes: number;
  /** Contents that were not in the backup yet, and their bytes. */
  added: number;
  addedBytes: number;
}

/** The result of a backup. */
export interface BackupDone extends Omit<BackupProgress, "of"> {
  snapshot: string;
  learners: string[];
  /** Objects that learners need and the store itself no longer has. */
  missing: string[];
  /** Artifacts whose bytes are not what their name says; they were left out. */
  damaged: string[];
}

/** Source and destination of a backup. */
export interface BackupOptions {
  store: Store;
  to: Store;
  /** The store's name, for people. */
  name: string;
  /** The gateway's file of tokens. */
  tokens?: Uint8Array;
  /** Whether webhooks, whose facts hold secrets, are copied too. @default true */
  secrets?: boolean;
  onProgress?: (progress: BackupProgress) => void;
}

/** One backup under way. */
interface Work extends Required<Pick<BackupOptions, "store" | "to" | "secrets" | "onProgress">> {
  present: Present;
  /** By key: what is known of an object by its etag. */
  known: Map<string, Entry>;
  contents: Map<string, Uint8Array>;
  progress: BackupProgress;
  damaged: Set<string>;
}

/**
 * Makes a snapshot of a store in a backup.
 *
 * @param options where from and to; `secrets` (true): whether webhooks' secrets and the file of tokens are in it
 * @returns the snapshot's name, what is missing or damaged in the store, and how much was added
 * @throws {BackupError} if the place holds a store of learners instead, or a fact cannot be read.
 */
export async function backUp(
  { store, to, name, tokens, secrets = true, onProgress = () => {} }: BackupOptions,
): Promise<BackupDone> {
  await refuseStore(to);
  const newest = (await listSnapshots(to)).at(-1);
  const work: Work = {
    ...{
      store,
      to,
      secrets,
      onProgress,
      present: await listContents(to),
      known: await knownEntries(to, newest),
    },
    ...{ contents: new Map(), damaged: new Set() },
    progress: { objects: 0, of: 0, bytes: 0, added: 0, addedBytes: 0 },
  };
  const made = timeAfter(newest);
  const { objects, missing } = await wholeRound(work, made);
  const snapshot: Snapshot = {
    ...{ schema: 1, made, software: version, store: name, secrets, objects, missing },
    ...(tokens ? { tokens: await keepTokens(work, tokens) } : {}),
  };
  await refuseLost(to, snapshot);
  const { of: _, ...counts } = work.progress;
  return {
    ...{ ...counts, snapshot: await writeSnapshot(to, snapshot), missing, damaged: [...work.damaged].sort() },
    learners: namesOf(objects.map(({ key }) => key)),
  };
}

async function refuseStore(to: Store): Promise<void> {
  const [learner] = await to.list(PREFIXES.learners);
  if (!learner) return;
  throw new BackupError(
    `A backup cannot be made there: it is a store of learners itself (it has ${learner.key}). Choose another folder, ` +
      "bucket or prefix",
  );
}

/** Entries of the newest snapshot: an object with the same etag has the same bytes, and is not read again. */
async function knownEntries(to: Store, newest: string | undefined): Promise<Map<string, Entry>> {
  if (newest === undefined) return new Map();
  // One that is damaged costs time, not the backup.
  const objects = await readSnapshot(to, newest).then((snapshot) => snapshot.objects, (error) => {
    if (error instanceof BackupError) return [];
    throw error;
  });
  return new Map(objects.map((entry) => [entry.key, entry]));
}

/** Looks through the store until nothing is missing, or the same is missing twice: that the store has lost itself. */
async function wholeRound(work: Work, made: string): Promise<{ objects: Entry[]; missing: string[] }> {
  for (let round = 1, before = "";; round++) {
    const objects = await copyRound(work);
    const missing = await missingReferences(snapshotStore(work.to, { made, objects }, work.contents));
    if (missing.length === 0 || missing.join() === before || round === ROUNDS) return { objects, missing };
    before = missing.join();
  }
}

async function copyRound(work: Work): Promise<Entry[]> {
  Object.assign(work.progress, { objects: 0, of: 0, bytes: 0 });
  const entries: Entry[] = [];
  for await (const infos of gather(work.store, work.secrets)) {
    work.progress.of += infos.length;
    const width = infos.some(({ size }) => size > REMEMBERED_BYTES) ? BLOB_WIDTH : FACT_WIDTH;
    const copied = await mapConcurrently(infos, width, (info) => copyOne(work, info));
    entries.push(...copied.filter((entry) => entry !== undefined));
  }
  return entries.sort((a, b) => a.key < b.key ? -1 : 1);
}

/** @returns undefined for what is gone by now, or damaged */
async function copyOne(work: Work, info: ObjectInfo): Promise<Entry | undefined> {
  const { known, present, progress } = work;
  const before = known.get(info.key);
  const isKnown = before?.etag === info.etag && before.size === info.size &&
    present.get(before.sha256) === info.size;
  const kept: Kept | undefined = isKnown ? { entry: before, added: false } : await keep(work, info);
  if (!kept) return undefined;
  const { entry, bytes, added } = kept;
  const promised = hashInName(entry.key);
  if (promised !== undefined && promised !== entry.sha256) {
    work.damaged.add(entry.key);
    return undefined;
  }
  known.set(entry.key, entry);
  if (bytes && bytes.length <= REMEMBERED_BYTES) work.contents.set(entry.sha256, bytes);
  progress.objects++;
  progress.bytes += entry.size;
  if (added) {
    progress.added++;
    progress.addedBytes += entry.size;
  }
  work.onProgress({ ...progress });
  return entry;
}

async function keepTokens(
  { to, present }: Work,
  bytes: Uint8Array,
): Promise<NonNullable<Snapshot["tokens"]>> {
  const hash = sha256(bytes);
  if (present.get(hash) !== bytes.length) await to.put(contentKey(hash), bytes);
  return { size: bytes.length, sha256: hash };
}

/** Somebody may have removed contents meanwhile. */
async function refuseLost(to: Store, { objects, tokens }: Snapshot): Promise<void> {
  const present = await listContents(to);
  const all = tokens ? [...objects, { key: "the file of tokens", ...tokens }] : objects;
  const lost = all.filter(({ sha256: hash, size }) => present.get(hash) !== size);
  if (lost.length === 0) return;
  throw new BackupError(
    `No snapshot was made: contents that were in the backup are gone, among them those of ${
      some(lost.map(({ key }) => key))
    }. Is it being pruned? Make the backup again`,
  );
}
