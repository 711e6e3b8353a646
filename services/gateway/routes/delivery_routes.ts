/**
 * Deliveries of a webhook: seen, and made again.
 * @module
 */
import { sleep } from "@cugro/async";
import { deliveryQuery, deliveryViewSchema, webhookIdParams } from "@cugro/client/schemas";
import type { Store } from "@cugro/store";
import {
  deliverySchema,
  doneKey,
  donePrefix,
  parseFact,
  pendingPrefix,
  type WebhookDelivery,
} from "@cugro/protocol";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, secured } from "../gateway.ts";
import { Problem } from "../problem_details.ts";
import { deliveryId, eventOfDelivery } from "../webhooks/delivery_id.ts";
import { findRecord, redeliver } from "../webhooks/records.ts";
import { visibleHook, type WebhookDeps } from "./webhook_access.ts";

const tags = ["webhooks"];
const path = "/v1/webhooks/{id}/deliveries";
/** An outcome that is written is all there is after this time (ms), unless a gateway ended in the middle. */
const ENDING_MS = 5_000;
const ENDING_POLL_MS = 20;

/** Adds the routes. */
export function registerDeliveries(app: Gateway, deps: WebhookDeps): void {
  const { store, deliverer } = deps;
  const list = createRoute({
    operationId: "webhookDeliveries",
    ...secured(deps, "admin"),
    ...{ method: "get", path, tags, summary: "Deliveries of a webhook, the newest first" },
    request: { params: webhookIdParams, query: deliveryQuery },
    responses: {
      200: json(z.object({ deliveries: z.array(deliveryViewSchema) }), "Kept for 30 days"),
      ...PROBLEMS,
    },
  });
  app.openapi(list, async (context) => {
    const { id } = context.req.valid("param");
    await visibleHook(deps, context.get("token"), id);
    const records = await newestRecords(store, id, context.req.valid("query"));
    return context.json({ deliveries: records.map(viewOf) }, 200);
  });
  const again = createRoute({
    operationId: "redeliverWebhook",
    ...secured(deps, "admin"),
    ...{ method: "post", path: `${path}/{delivery}/redeliver`, tags, summary: "Deliver an event again" },
    description: "Begins again with all attempts, under the same `webhook-id`.",
    request: { params: webhookIdParams.extend({ delivery: z.string().regex(/^[A-Za-z0-9_-]{1,700}$/) }) },
    responses: {
      202: json(deliveryViewSchema, "It is sent at once, if the webhook is active"),
      ...PROBLEMS,
    },
  });
  app.openapi(again, async (context) => {
    const { id, delivery } = context.req.valid("param");
    await visibleHook(deps, context.get("token"), id);
    const record = await endedRecord(store, id, delivery);
    if (!record) throw new Problem(409, "This event is still being delivered");
    await redeliver(store, record);
    deliverer.wake();
    return context.json(viewOf({ ...record, state: "pending", next: null }), 202);
  });
}

/** The record of a delivery that has ended; undefined while it goes on. */
async function endedRecord(
  store: Store,
  webhook: string,
  delivery: string,
): Promise<WebhookDelivery | undefined> {
  for (const began = performance.now();; await sleep(ENDING_POLL_MS)) {
    const record = await recordOf(store, webhook, delivery);
    if (record.state !== "pending") return record;
    // Its outcome is written before it stops being pending.
    const isEnding = await store.head(doneKey(webhook, record.event.id)) !== undefined;
    if (!isEnding || performance.now() - began > ENDING_MS) return undefined;
  }
}

async function recordOf(store: Store, webhook: string, delivery: string): Promise<WebhookDelivery> {
  const none = new Problem(404, "There is no such delivery of this webhook");
  try {
    const record = await findRecord(store, webhook, eventOfDelivery(delivery));
    if (record) return record;
  } catch (error) {
    // What the id stands for is no key.
    if (!(error instanceof RangeError)) throw error;
  }
  throw none;
}

/** Records of a state, the one written last first. Only as many are read as are wanted. */
async function newestRecords(
  store: Store,
  webhook: string,
  { state, limit }: { state?: WebhookDelivery["state"] | undefined; limit: number },
): Promise<WebhookDelivery[]> {
  const prefixes = state === undefined
    ? [pendingPrefix(webhook), donePrefix(webhook)]
    : [state === "pending" ? pendingPrefix(webhook) : donePrefix(webhook)];
  const infos = (await Promise.all(prefixes.map((prefix) => store.list(prefix)))).flat()
    .sort((a, b) => b.lastModified.localeCompare(a.lastModified));
  const records: WebhookDelivery[] = [];
  for (const { key } of infos) {
    if (records.length === limit) break;
    const object = await store.get(key);
    const record = object && parseFact(deliverySchema, object.bytes, key);
    if (record && (state === undefined || record.state === state)) records.push(record);
  }
  return records;
}

function viewOf(
  { event, state, created, next, attempts }: WebhookDelivery,
): z.infer<typeof deliveryViewSchema> {
  const { id, type, subject } = event;
  return { id: deliveryId(id), event: { id, type, subject }, state, created, next, attempts };
}
