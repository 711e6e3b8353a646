/**
 * Webhooks in the store: made, listed, revised, removed.
 * @module
 */
import { type FactCache, putOnce, readFact } from "@cugro/learners";
import type { Log } from "@cugro/telemetry";
import type { ObjectInfo, Store } from "@cugro/store";
import {
  donePrefix,
  parseFact,
  parseKey,
  pendingPrefix,
  PREFIXES,
  WEBHOOK_ID,
  type WebhookFact,
  webhookFactSchema,
  webhookKey,
  webhookPrefix,
  type WebhookSettings,
  webhookSettingsKey,
  webhookSettingsSchema,
} from "@cugro/protocol";
import { randomBytes } from "node:crypto";
import { newSecret } from "./signature.ts";

/** Settings that can be chosen. */
export type WebhookChoice = Omit<WebhookSettings, "schema" | "revision">;

/** A webhook with all revisions of its settings. */
export interface Webhook {
  fact: WebhookFact;
  /** When the store wrote it: events of older facts are not for it. */
  since: string;
  /** Oldest first; each holds from when the store wrote it. */
  revisions: { settings: WebhookSettings; since: string }[];
}

/**
 * The settings that hold now.
 *
 * @param webhook with its revisions, oldest first
 * @returns the newest
 */
export function settingsOf({ revisions }: Webhook): WebhookSettings {
  return revisions.at(-1)!.settings;
}

/**
 * Makes a webhook. What has a `webhook.json` is complete.
 *
 * @param choice address, types of events, patterns of learners
 * @param createdBy name of a token
 * @returns the fact, with the secret
 */
export async function createWebhook(
  store: Store,
  choice: WebhookChoice,
  createdBy: string,
): Promise<WebhookFact> {
  const id = randomBytes(12).toString("hex");
  const fact: WebhookFact = {
    schema: 1,
    id,
    secret: newSecret(),
    created: new Date().toISOString(),
    createdBy,
  };
  const settings: WebhookSettings = { schema: 1, revision: 1, ...choice };
  await putOnce(store, webhookSettingsKey(id, 1), settings);
  await putOnce(store, webhookKey(id), fact);
  return fact;
}

/**
 * All webhooks, by id, except those of which something cannot be read: `onDamaged` is called for each.
 *
 * @param cache of facts that have been read
 * @param onDamaged called with the id of each that cannot be read
 * @returns those that can be read
 */
export async function listWebhooks(
  store: Store,
  cache: FactCache,
  onDamaged: (id: string, error: Error) => void,
): Promise<Webhook[]> {
  return await readHooks(store, cache, await store.list(PREFIXES.webhooks), onDamaged);
}

/**
 * Reads all webhooks again and again: those that can be read, and the ids of all. Of the others the log tells once.
 *
 * @param deps store, cache and log
 * @returns all that can be read, and the ids of all
 */
export function createWebhookReader(
  { store, cache, log }: { store: Store; cache: FactCache; log: Log },
): { read(): Promise<{ hooks: Webhook[]; ids: ReadonlySet<string> }> } {
  let before = new Map<string, string>();
  return {
    async read() {
      const damaged = new Map<string, string>();
      const hooks = await listWebhooks(store, cache, (id, error) => {
        damaged.set(id, error.message);
        if (before.get(id) === error.message) return;
        log.error("a webhook cannot be read: its deliveries wait until it can", { webhook: id, error });
      });
      before = damaged;
      return { hooks, ids: new Set([...hooks.map(({ fact }) => fact.id), ...damaged.keys()]) };
    },
  };
}

/**
 * One webhook, or undefined.
 *
 * @param id 24 hexadecimal digits
 * @returns undefined for others
 * @throws {SyntaxError} if something of it cannot be read
 * @throws {RangeError} if something of it cannot be read
 */
export async function findWebhook(store: Store, cache: FactCache, id: string): Promise<Webhook | undefined> {
  if (!WEBHOOK_ID.test(id)) return undefined;
  const onDamaged = (_id: string, error: Error) => {
    throw error;
  };
  return (await readHooks(store, cache, await store.list(webhookPrefix(id)), onDamaged))[0];
}

/**
 * Changes what a webhook wants. Of two who do so at once, both happen, in some order.
 *
 * @param hook as it was read
 * @param change what should be different
 */
export async function reviseWebhook(
  store: Store,
  hook: Webhook,
  change: Partial<WebhookChoice>,
): Promise<void> {
  let { settings } = hook.revisions.at(-1)!;
  while (true) {
    const next: WebhookSettings = { ...settings, ...change, revision: settings.revision + 1 };
    const key = webhookSettingsKey(hook.fact.id, next.revision);
    if (await putOnce(store, key, next)) return;
    const other = await store.get(key);
    if (!other) return;
    settings = parseFact(webhookSettingsSchema, other.bytes, key);
  }
}

/**
 * Removes a webhook, its secret and its deliveries. Ids are not used again.
 *
 * @param id of the webhook
 */
export async function removeWebhook(store: Store, id: string): Promise<void> {
  // What says that it exists goes first.
  await store.delete(webhookKey(id));
  for (const prefix of [webhookPrefix(id), pendingPrefix(id), donePrefix(id)]) {
    for (const { key } of await store.list(prefix)) await store.delete(key);
  }
}

async function readHooks(
  store: Store,
  cache: FactCache,
  infos: readonly ObjectInfo[],
  onDamaged: (id: string, error: Error) => void,
): Promise<Webhook[]> {
  const hooks: Webhook[] = [];
  for (const info of infos) {
    const parsed = parseKey(info.key);
    if (parsed?.kind !== "webhook") continue;
    try {
      const hook = await readHook(store, cache, info, infos);
      if (hook) hooks.push(hook);
    } catch (error) {
      // What `parseFact` throws; anything else is the store's, and would be true of the others as well.
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
      onDamaged(parsed.webhook, error);
    }
  }
  return hooks;
}

async function readHook(
  store: Store,
  cache: FactCache,
  info: ObjectInfo,
  infos: readonly ObjectInfo[],
): Promise<Webhook | undefined> {
  const fact = await readFact({ store, cache }, info.key, webhookFactSchema);
  if (!fact) return undefined;
  const settled = infos.flatMap(({ key, lastModified }) => {
    const parsed = parseKey(key);
    const isOwn = parsed?.kind === "webhookSettings" && parsed.webhook === fact.id;
    return isOwn ? [{ key, lastModified, revision: parsed.revision }] : [];
  });
  const revisions = [];
  for (const { key, lastModified } of settled.sort((a, b) => a.revision - b.revision)) {
    const settings = await readFact({ store, cache }, key, webhookSettingsSchema);
    if (settings) revisions.push({ settings, since: lastModified });
  }
  return revisions.length > 0 ? { fact, since: info.lastModified, revisions } : undefined;
}
