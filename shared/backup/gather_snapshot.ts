/**
 * What a store has at one moment, though others write in it meanwhile.
 *
 * What is written first must be looked at last. Every fact names only what was there before it: a version its results, a
 * result its artifacts. So marks of what was told are listed first, then the facts of learners, then jobs, then the
 * blobs; each list holds whatever the lists before it speak of, unless that was removed meanwhile, which is for
 * `references.ts` to find.
 * @module
 */
import { type KeyKind, learnerOfKey, parseKey, PREFIXES } from "@cugro/protocol";
import type { ObjectInfo, Store } from "@cugro/store";

/** Lists of one prefix until two agree. */
const LOOKS = 5;
/** Kinds of objects that are not backed up: damaged bytes, the trial object for free space, and the key of short-lived links. */
const LEFT_OUT: readonly (KeyKind | undefined)[] = [
  undefined,
  "damaged",
  "room",
  "reportLinks",
  "snapshot",
  "content",
];
/** Kinds of objects of webhooks. */
const SECRET: readonly (KeyKind | undefined)[] = ["webhook", "webhookSettings", "pending", "done"];

/**
 * Whether an object belongs into a snapshot.
 *
 * @param key of an object of a store
 * @param secrets whether secrets belong into it
 * @returns false also for notes of a moment, such as checkpoints
 */
export function belongs(key: string, secrets: boolean): boolean {
  const kind = parseKey(key)?.kind;
  return !LEFT_OUT.includes(kind) && (secrets || !SECRET.includes(kind));
}

/**
 * Lists all objects that belong into a snapshot, in the order in which they are to be looked at.
 *
 * @param secrets whether secrets belong into it
 * @yields objects of one kind at a time: what refers to others comes before them
 */
export async function* gather(store: Store, secrets: boolean): AsyncGenerator<ObjectInfo[]> {
  const mine = (infos: ObjectInfo[]) => infos.filter(({ key }) => belongs(key, secrets));
  for (const prefix of [PREFIXES.deliveries, PREFIXES.announced, PREFIXES.problems, PREFIXES.webhooks]) {
    yield mine(await store.list(prefix));
  }
  yield mine(await listStill(store, PREFIXES.learners));
  for (const prefix of [PREFIXES.jobs, PREFIXES.artifacts, PREFIXES.datasets, PREFIXES.incoming]) {
    yield mine(await store.list(prefix));
  }
}

/** A long list is made of pages, between which facts are written: of each learner, the list that did not change for once. */
async function listStill(store: Store, prefix: string): Promise<ObjectInfo[]> {
  let last = byLearner(await store.list(prefix));
  const still = new Map<string, ObjectInfo[]>();
  for (let look = 1; look < LOOKS && still.size < last.size; look++) {
    const next = byLearner(await store.list(prefix));
    for (const [name, infos] of next) {
      if (!still.has(name) && isSame(infos, last.get(name) ?? [])) still.set(name, infos);
    }
    last = next;
  }
  return [...new Map([...last, ...still]).values()].flat();
}

function byLearner(infos: readonly ObjectInfo[]): Map<string, ObjectInfo[]> {
  return Map.groupBy(infos, ({ key }) => learnerOfKey(key) ?? "");
}

function isSame(some: readonly ObjectInfo[], others: readonly ObjectInfo[]): boolean {
  return some.length === others.length &&
    some.every(({ key, etag }, index) => key === others[index]!.key && etag === others[index]!.etag);
}
