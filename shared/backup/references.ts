/**
 * Whether a snapshot is whole: that everything its facts speak of, and that somebody still needs, is in it.
 * @module
 */
import { createCache, loadFacts, openArrivals, reachOf } from "@cugro/learners";
import { parseKey, PREFIXES } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { BackupError } from "./snapshot.ts";

/**
 * Keys of what learners need, and of files that wait, which the store does not have.
 *
 * @param store usually a snapshot as a store.
 * @returns sorted
 * @throws {BackupError} naming a fact that cannot be read.
 */
export async function missingReferences(store: Store): Promise<string[]> {
  const present = new Set((await store.list("")).map(({ key }) => key));
  const missing = new Set<string>();
  for (const name of namesOf([...present])) {
    for (const key of await neededBy(store, name)) if (!present.has(key)) missing.add(key);
  }
  return [...missing].sort();
}

/**
 * Names of the learners that these keys hold.
 *
 * @param keys of learners' objects; others are passed over
 * @returns in the order of the keys; a learner may come twice
 */
export function namesOf(keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    const parsed = parseKey(key);
    return parsed?.kind === "learner" && key.startsWith(PREFIXES.learners) ? [parsed.learner] : [];
  });
}

async function neededBy(store: Store, name: string): Promise<string[]> {
  const cache = createCache();
  try {
    // One that was deleted can still be restored, and needs what it needed.
    const facts = await loadFacts(store, name, cache, { deletedToo: true });
    if (facts.deletion?.swept) return [];
    const { keys } = await reachOf(store, { ...facts, deleted: false }, cache);
    return [...keys, ...openArrivals(facts).map(({ key }) => key)];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new BackupError(`The learner "${name}" cannot be read: ${error.message}`, { cause: error });
  }
}
