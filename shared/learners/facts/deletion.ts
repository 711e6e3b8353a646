/**
 * Whether a learner is deleted. Every deletion is a fact, and so is its end: the learner was restored, or garbage
 * collection claimed its objects. Both ends share one key, which is written once, so that of a
 * concurrent restoration and collection exactly one succeeds.
 * @module
 */
import { deletedKey, deletionEndFactSchema, deletionEndKey, deletionKey, parseKey } from "@cugro/protocol";
import type { ObjectInfo } from "@cugro/store";
import { type FactSource, readFact } from "../reading/fact_cache.ts";

/** A deletion that was not undone. */
export interface Deletion {
  /** Which of the learner's deletions it is, from 1. */
  n: number;
  /** When it was written, by the store's clock (ISO 8601). */
  at: string;
  /** Whether garbage collection has claimed the learner's objects: then it is final. */
  swept: boolean;
}

/**
 * Where the fact of a learner's n-th deletion lies; the first has a name of its own.
 *
 * @param name the learner's
 * @param n number of the deletion, from 1
 * @returns the fact's key
 */
export function keyOfDeletion(name: string, n: number): string {
  return n === 1 ? deletedKey(name) : deletionKey(name, n);
}

/**
 * The deletion that stands; undefined for a learner that was never deleted, or was restored since.
 *
 * @param infos objects under the learner's prefix; unrelated ones are ignored
 * @returns number of the deletion, since when, and whether its objects were swept
 */
export async function standingDeletion(
  source: FactSource,
  name: string,
  infos: readonly ObjectInfo[],
): Promise<Deletion | undefined> {
  const deletions = infos.flatMap(({ key, lastModified: at }) => {
    const parsed = parseKey(key);
    if (parsed?.kind === "deleted") return [{ n: 1, at }];
    return parsed?.kind === "deletion" ? [{ n: parsed.n, at }] : [];
  });
  const last = deletions.sort((a, b) => a.n - b.n).at(-1);
  if (!last) return undefined;
  const endKey = deletionEndKey(name, last.n);
  const hasEnded = infos.some(({ key }) => key === endKey);
  const end = hasEnded ? await readFact(source, endKey, deletionEndFactSchema) : undefined;
  return end?.outcome === "restored" ? undefined : { ...last, swept: end?.outcome === "swept" };
}
