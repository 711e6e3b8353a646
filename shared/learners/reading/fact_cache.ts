/**
 * Put-once facts, read once and then remembered.
 * @module
 */
import type { OldJobs, Store } from "@cugro/store";
import { parseFact } from "@cugro/protocol";
import type { Overlap } from "../facts/overlap.ts";

/**
 * LRU capacity, in facts, and as many marks of what was written; a fact takes some 2 kB. What is read of a learner for its status must
 * fit in, or each question reads it all again: of five hundred versions some 25,000 facts.
 */
export const MOST_FACTS = 50_000;
/** Requests to the store that are under way at once for one learner. */
export const REQUESTS_AT_ONCE = 16;

/** Remembered put-once facts by key, and what is known to be gone for good. One for a process. */
export interface FactCache {
  facts: Map<string, unknown>;
  /** Jobs and announcements that are known to be in the store. */
  written: Set<string>;
  /** `<learner>/<version>` whose shards have been released. */
  released: Set<string>;
  /** By learner: the newest version, and keys of its shards that were there when they were looked for and are to be released. */
  leftover: Map<string, { version: number; shards: Set<string> }>;
  /** Whether the store has jobs of the old layout. */
  oldJobs: OldJobs;
  /** Overlaps of pairs of datasets. */
  overlaps: Map<string, Overlap>;
}

/** Where facts come from. */
export interface FactSource {
  store: Store;
  cache: FactCache;
}
/** The schema of a fact. */
export type FactSchema<T> = Parameters<typeof parseFact<T>>[0];

/**
 * An empty cache.
 *
 * @returns facts are kept by key, since a fact never changes
 */
export function createCache(): FactCache {
  return {
    ...{ facts: new Map(), written: new Set(), released: new Set(), overlaps: new Map() },
    ...{ leftover: new Map(), oldJobs: {} },
  };
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
 * Notes that an object was removed.
 *
 * @param cache of facts that have been read
 * @param key of the object
 */
export function noteRemoved({ facts, leftover }: FactCache, key: string): void {
  facts.delete(key);
  for (const { shards } of leftover.values()) shards.delete(key);
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
  if (remembered.size > MOST_FACTS) remembered.delete(remembered.keys().next().value!);
}
