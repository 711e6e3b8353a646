/**
 * A store as version 0.2 would have left it.
 * @module
 */
import { encodeFact, isOldJobName, type JsonObject, parseKey, PREFIXES } from "@cugro/protocol";
import type { Store } from "@cugro/store";

/**
 * Moves all jobs, or those that are chosen, to where 0.2 had them, and takes out of the facts that rest on these alone
 * what 0.2 did not write.
 */
export async function makeOld(store: Store, choose: (id: string) => boolean = () => true): Promise<void> {
  for (const { key } of await store.list(PREFIXES.jobs)) {
    const [, , id, ...rest] = key.split("/");
    if (id === undefined || !isOldJobName(id) || !choose(id)) continue;
    await store.put(`${PREFIXES.jobs}${id}/${rest.join("/")}`, (await store.get(key))!.bytes);
    await store.delete(key);
  }
  for (const { key } of await store.list(PREFIXES.learners)) {
    if (!["version", "taskFailure"].includes(parseKey(key)?.kind ?? "")) continue;
    const { kinds: _, kind: __, weights: ___, ...fact } = JSON.parse(
      new TextDecoder().decode((await store.get(key))!.bytes),
    );
    const jobs: string[] = fact.jobs ?? [fact.job];
    if (!jobs.every(choose)) continue;
    await store.put(key, encodeFact(fact as JsonObject));
  }
}

/** Keys of jobs in the old layout. */
export async function oldKeys(store: Store): Promise<string[]> {
  const keys = (await store.list(PREFIXES.jobs)).map(({ key }) => key);
  return keys.filter((key) => isOldJobName(key.split("/")[1]!));
}
