/**
 * How far each delivery is, in the store: `pending` while it is to be made, then `done`. The gateway that creates the pending
 * record, or writes its claim into it, makes the next attempt; the others leave it alone. A claim that is not followed
 * by its outcome (a crash) lapses, and somebody else tries again: at least once.
 * @module
 */
import { putOnce } from "@cugro/learners";
import { PreconditionFailed, type Store } from "@cugro/store";
import {
  type CloudEvent,
  deliverySchema,
  doneKey,
  encodeFact,
  parseFact,
  pendingKey,
  type WebhookDelivery,
} from "@cugro/protocol";
import type { Sent } from "./send.ts";

/** Attempts that a record keeps. */
const KEPT_ATTEMPTS = 20;

/** A record that we have claimed, as it lies in the store. */
export interface Claimed {
  key: string;
  record: WebhookDelivery;
  etag: string;
}

/** Something to attempt: what claims it, and when. */
export interface Attempt {
  webhook: string;
  /** ms since 1970 */
  due: number;
  /** The record, claimed; or when it can be; or nothing, if there is nothing to do. */
  take: () => Promise<Claimed | number | undefined>;
}

/** Who claims, and for how long (ms). */
export interface Claimant {
  by: string;
  leaseMs: number;
}

/**
 * Begins the delivery of an event, claimed by us. Undefined: somebody has begun it, or made it.
 *
 * @param claimant this process
 * @param webhook its id
 * @param event that is delivered
 * @returns undefined where another process has begun or made it
 * @throws {StoreError} where the record cannot be written
 */
export async function begin(
  store: Store,
  claimant: Claimant,
  webhook: string,
  event: CloudEvent,
): Promise<Claimed | undefined> {
  const key = pendingKey(webhook, event.id);
  const record = newRecord(webhook, event, claimOf(claimant));
  try {
    const { etag } = await store.put(key, encode(record), { ifNoneMatch: true });
    // Records become done before they stop being pending: so this shows whether somebody was here in between.
    if (!await store.head(doneKey(webhook, event.id))) return { key, record, etag };
    await store.delete(key);
  } catch (error) {
    if (!(error instanceof PreconditionFailed)) throw error;
  }
  return undefined;
}

/**
 * Claims a pending record. A time (ms since 1970): not before then. Undefined: it is not pending any more.
 *
 * @param claimant this process
 * @param key of the pending record
 * @returns the record; or a time in ms since 1970; undefined where it is not pending any more
 * @throws {StoreError} where the record cannot be written
 */
export async function claim(
  store: Store,
  claimant: Claimant,
  key: string,
): Promise<Claimed | number | undefined> {
  const object = await store.get(key);
  if (!object) return undefined;
  const record = parseFact(deliverySchema, object.bytes, key);
  const notBefore = Math.max(timeOf(record.claim?.until), timeOf(record.next));
  if (notBefore > Date.now()) return notBefore;
  if (await store.head(doneKey(record.webhook, record.event.id))) {
    // Its outcome was written by a gateway that ended before it removed this one.
    await store.delete(key);
    return undefined;
  }
  const claimed = { ...record, claim: claimOf(claimant) };
  try {
    const { etag } = await store.put(key, encode(claimed), { ifMatch: object.info.etag });
    return { key, record: claimed, etag };
  } catch (error) {
    if (error instanceof PreconditionFailed) return Date.now() + claimant.leaseMs;
    throw error;
  }
}

/**
 * Writes what came of an attempt.
 *
 * @param delaysMs pauses between attempts; after the last one it is dead
 * @returns when to try again (ms since 1970); undefined if there is nothing more to do.
 * @throws {StoreError} where the record cannot be written
 */
export async function settle(
  store: Store,
  { key, record, etag }: Claimed,
  sent: Sent,
  delaysMs: readonly number[],
): Promise<{ outcome: "delivered" | "retried" | "dead"; next?: number }> {
  const tries = record.tries + 1;
  const attempts = [...record.attempts, sent.attempt].slice(-KEPT_ATTEMPTS);
  const common = { ...record, attempts, tries, claim: null };
  const pause = delaysMs[tries - 1];
  if (sent.delivered || sent.final || pause === undefined) {
    const outcome = sent.delivered ? "delivered" : "dead";
    await finish(store, key, { ...common, state: outcome, next: null });
    return { outcome };
  }
  // Jitter, so that many that failed together do not come together again.
  const next = Date.now() + Math.max(pause * (0.8 + 0.4 * Math.random()), sent.retryAfterMs);
  try {
    await store.put(key, encode({ ...common, next: new Date(next).toISOString() }), { ifMatch: etag });
  } catch (error) {
    // Somebody took it over, as we were slower than our claim.
    if (!(error instanceof PreconditionFailed)) throw error;
  }
  return { outcome: "retried", next };
}

/**
 * Has an event delivered again from the start, whether it was given up or delivered.
 *
 * @param delivery its webhook, event and attempts
 * @returns the new record's key
 */
export async function redeliver(
  store: Store,
  { webhook, event, attempts }: WebhookDelivery,
): Promise<string> {
  const key = pendingKey(webhook, event.id);
  // Without any record it counts as new: should we crash in between, it is delivered all the same.
  await store.delete(doneKey(webhook, event.id));
  const record = { ...newRecord(webhook, event, null), attempts };
  await putOnce(store, key, record);
  return key;
}

/**
 * The record of an event, pending or done.
 *
 * @param webhook its id
 * @param event its id
 * @returns undefined where there is none
 */
export async function findRecord(
  store: Store,
  webhook: string,
  event: string,
): Promise<WebhookDelivery | undefined> {
  for (const key of [pendingKey(webhook, event), doneKey(webhook, event)]) {
    const object = await store.get(key);
    if (object) return parseFact(deliverySchema, object.bytes, key);
  }
  return undefined;
}

async function finish(store: Store, key: string, record: WebhookDelivery): Promise<void> {
  await store.put(doneKey(record.webhook, record.event.id), encode(record));
  await store.delete(key);
}

function newRecord(webhook: string, event: CloudEvent, claim: WebhookDelivery["claim"]): WebhookDelivery {
  const created = new Date().toISOString();
  return { schema: 1, webhook, event, state: "pending", created, attempts: [], tries: 0, next: null, claim };
}

function claimOf({ by, leaseMs }: Claimant): NonNullable<WebhookDelivery["claim"]> {
  return { by, until: new Date(Date.now() + leaseMs).toISOString() };
}

function timeOf(time: string | null | undefined): number {
  return time === null || time === undefined ? 0 : Date.parse(time);
}

function encode(record: WebhookDelivery): Uint8Array {
  return encodeFact(record, deliverySchema);
}
