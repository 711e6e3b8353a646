/**
 * Looks through the facts for events that a webhook wants and that nobody has begun to deliver.
 * @module
 */
import { type FactCache, learnerEvents, readListed } from "@cugro/learners";
import type { ObjectInfo, Store } from "@cugro/store";
import {
  type CloudEvent,
  donePrefix,
  learnerOfKey,
  parseDeliveryKey,
  pendingPrefix,
  PREFIXES,
} from "@cugro/protocol";
import type { Webhook } from "./hooks.ts";
import { candidates, isWanted } from "./wanted_events.ts";

/** Records of what was delivered are kept this long: well beyond the horizon, so that no event is taken for a new one. */
export const RECORDS_MS = 30 * 86_400_000;
/** Records of a webhook that is not there are left alone for this long: it may have been made a moment ago. */
const ORPHAN_MS = 600_000;

/** An event to be delivered to a webhook. */
export interface Wanted {
  webhook: string;
  event: CloudEvent;
}

/**
 * Everything under `learners/`, by name.
 *
 * @param store of all learners
 * @returns objects by learner
 */
export async function listByLearner(store: Store): Promise<Map<string, ObjectInfo[]>> {
  const groups = new Map<string, ObjectInfo[]>();
  for (const info of await store.list(PREFIXES.learners)) {
    const name = learnerOfKey(info.key);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group) group.push(info);
    else groups.set(name, [info]);
  }
  return groups;
}

/**
 * Events of a learner that are wanted and have no record.
 *
 * @param hooks all webhooks
 * @param name the learner's
 * @param infos everything under the learner's prefix
 * @returns with the webhooks that want them
 */
export async function missingDeliveries(
  { store, cache }: { store: Store; cache: FactCache },
  hooks: readonly Webhook[],
  name: string,
  infos: readonly ObjectInfo[],
): Promise<Wanted[]> {
  const times = candidates(infos, hooks, Date.now());
  if (times.size === 0) return [];
  const recorded = new Map<string, Set<string>>();
  for (const { fact: { id } } of hooks) recorded.set(id, await recordedEvents(store, id, name));
  const isOpen = (id: string) => [...times.keys()].some((key) => !recorded.get(id)!.has(key));
  if (!hooks.some(({ fact }) => isOpen(fact.id))) return [];
  const events = learnerEvents(await readListed({ store, cache }, name)).filter(({ id }) => times.has(id));
  return hooks.flatMap((hook) => {
    const known = recorded.get(hook.fact.id)!;
    return events
      .filter((event) => !known.has(event.id) && isWanted(hook, event, times.get(event.id)!))
      .map((event) => ({ webhook: hook.fact.id, event }));
  });
}

/**
 * Removes records that are old, and those of webhooks that were removed while one was written.
 *
 * @param known ids of all webhooks
 */
export async function sweepRecords(store: Store, known: ReadonlySet<string>): Promise<void> {
  for (const prefix of [pendingPrefix(), donePrefix()]) {
    for (const { key, lastModified } of await store.list(prefix)) {
      const age = Date.now() - Date.parse(lastModified);
      const orphan = !known.has(parseDeliveryKey(key)?.webhook ?? "") && age > ORPHAN_MS;
      if (orphan || (prefix === donePrefix() && age > RECORDS_MS)) await store.delete(key);
    }
  }
}

async function recordedEvents(store: Store, webhook: string, learner: string): Promise<Set<string>> {
  const keys = new Set<string>();
  // Pending first: what becomes done meanwhile is then seen twice rather than not at all.
  for (const prefix of [pendingPrefix(webhook, learner), donePrefix(webhook, learner)]) {
    for (const { key } of await store.list(prefix)) keys.add(parseDeliveryKey(key)!.event);
  }
  return keys;
}
