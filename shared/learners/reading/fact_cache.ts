/**
 * Put-once facts, read once and then remembered.
 * @module
 */
import type { Store } from "@cugro/store";
import { isOldJobName, parseFact, PREFIXES } from "@cugro/protocol";
import type { Overlap } from "../facts/overlap.ts";

/** LRU capacity, in facts, and as many marks of what was written. */
const REMEMBERED = 10_000;
/** That there are no jobs of the old layout holds so long (ms). */
const OLD_JOBS_MS = 30_000;
/** Requests to the store that are under way at once for one learner. */
export const REQUESTS_AT_ONCE = 16;

/** Remembered put-once facts by key, and what is known to be gone for good. One for a process. */
export interface FactCache {
  facts: Map<string, unknown>;
  /** Jobs and announcements that are known to be in the store. */
  written: Set<string>;
  /** `<learner>/<version>` whose shards have been released. */
  released: Set<string>;
  /** What is known of pairs of datasets. */
  overlaps: Map<string, Overlap>;
  /** Whether the store has jobs of the old layout; asked again as long as it has none. */
  oldJobs: { asked: number; answer: Promise<boolean> } | undefined;
}

/** Where facts come from. */
export interface FactSource {
  store: Store;
  cache: FactCache;
}
/** What a fact must look like. */
export type FactSchema<T> = Parameters<typeof parseFact<T>>[0];

/**
 * An empty cache.
 *
 * @returns facts are kept by key, since a fact never changes
 */
export function createCache(): FactCache {
  return {
    ...{ facts: new Map(), written: new Set(), released: new Set(), overlaps: new Map() },
    oldJobs: undefined,
  };
}

/**
 * Whether the store may have jobs in the layout of versions up to 0.2: only then both layouts are asked about a job. One
 * request, and none once it is known; a copy of an old learner may arrive at any time, so a no holds half a minute.
 *
 * @param source store and cache
 * @returns the answer of the last half minute
 */
export async function hasOldJobs({ store, cache }: FactSource): Promise<boolean> {
  const now = performance.now();
  if (!cache.oldJobs || now - cache.oldJobs.asked > OLD_JOBS_MS) {
    const answer = store.folders(PREFIXES.jobs).then((names) => names.some(isOldJobName));
    cache.oldJobs = { asked: now, answer };
    answer.then((found) => found && (cache.oldJobs = { asked: Infinity, answer }), () => {
      cache.oldJobs = undefined;
    });
  }
  return await cache.oldJobs.answer;
}

/**
 * A put-once fact, or undefined.
 *
 * @param key of the fact
 * @param schema of the fact
 * @param source store and cache
 * @returns as the schema reads it
 * @throws {SyntaxError} when it is damaged, naming it.
 */
export async function readFact<T>(
  { store, cache }: FactSource,
  key: string,
  schema: FactSchema<T>,
): Promise<T | undefined> {
  const known = cache.facts.get(key);
  if (known !== undefined) {
    cache.facts.delete(key);
    cache.facts.set(key, known);
    return known as T;
  }
  const object = await store.get(key);
  if (!object) return undefined;
  const fact = parseFact(schema, object.bytes, key);
  cache.facts.set(key, fact);
  dropOldest(cache.facts);
  return fact;
}

/**
 * Notes that something is in the store, so that it need not be written again.
 *
 * @param id of an event, or a key
 * @param cache of facts that have been read
 */
export function noteWritten({ written }: FactCache, id: string): void {
  written.add(id);
  dropOldest(written);
}

function dropOldest(remembered: Map<string, unknown> | Set<string>): void {
  if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value!);
}
