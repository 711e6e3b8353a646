/**
 * A learner as a folder: everything it needs to go on elsewhere, copied between two stores.
 * @module
 */
import { PreconditionFailed, type Store } from "@cugro/platform";
import { deletedKey, headKey, learnerKey } from "@cugro/protocol";
import { refuseDeleted } from "./learners.ts";
import { createCache } from "./fact_cache.ts";
import { loadFacts } from "./load.ts";
import { exportKeys } from "./reach.ts";

/** What was copied. */
export interface Transfer {
  objects: number;
  bytes: number;
}

/** Copies a learner and all it needs into another store (CLI: into an empty folder). Can be repeated. */
export function exportLearner(options: { store: Store; name: string; to: Store }): Promise<Transfer> {
  return copyLearner(options.store, options.to, options.name);
}

/**
 * Brings in a learner that {@link exportLearner} wrote.
 *
 * @throws {RangeError} when the store has, or had, a learner of that name.
 */
export async function importLearner(
  { store, name, from }: { store: Store; name: string; from: Store },
): Promise<Transfer> {
  if (await store.head(learnerKey(name)) || await store.head(deletedKey(name))) {
    throw new RangeError(`This store has, or had, a learner "${name}" already`);
  }
  return await copyLearner(from, store, name);
}

async function copyLearner(from: Store, to: Store, name: string): Promise<Transfer> {
  const cache = createCache();
  const facts = await loadFacts(from, name, cache);
  refuseDeleted(facts);
  const transfer: Transfer = { objects: 0, bytes: 0 };
  // The learner's own fact last: a copy that was cut off is no learner yet, and is simply repeated.
  const keys = (await exportKeys(from, facts, cache)).filter((key) => key !== learnerKey(name));
  for (const key of [...keys, learnerKey(name)]) {
    const object = await from.get(key);
    if (!object) continue;
    await putCopy(to, key, object.bytes, key === headKey(name));
    transfer.objects++;
    transfer.bytes += object.bytes.length;
  }
  return transfer;
}

async function putCopy(to: Store, key: string, bytes: Uint8Array, replace: boolean): Promise<void> {
  if (replace) {
    await to.put(key, bytes);
    return;
  }
  try {
    await to.put(key, bytes, { ifNoneMatch: true });
  } catch (error) {
    // The same fact or content is there already.
    if (!(error instanceof PreconditionFailed)) throw error;
  }
}
