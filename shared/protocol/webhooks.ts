/**
 * Webhooks: who subscribes to which events, and how far each delivery is.
 * @module
 */
import { z } from "zod";
import { cloudEventSchema, WEBHOOK_EVENT_TYPES } from "./events.ts";

const schema = z.literal(1);
const time = z.iso.datetime();

/** A webhook exists. `secret` (`whsec_` and base64) signs what is sent; `createdBy`: name of a token. */
export const webhookFactSchema = z.object({
  schema,
  id: z.string(),
  secret: z.string(),
  created: time,
  createdBy: z.string(),
});
/** A webhook exists. Checked by {@link webhookFactSchema}. */
export type WebhookFact = z.infer<typeof webhookFactSchema>;

/**
 * Revision of what a webhook wants. It holds for events of facts that were written while it was the newest revision;
 * where to send is always the newest one's to say. `learners`: names, `*` stands for any characters.
 */
export const webhookSettingsSchema = z.object({
  schema,
  revision: z.int().min(1),
  url: z.string(),
  types: z.array(z.enum(WEBHOOK_EVENT_TYPES)).min(1),
  learners: z.array(z.string()).min(1),
  active: z.boolean(),
  description: z.string(),
});
/** Revision of what a webhook wants. Checked by {@link webhookSettingsSchema}. */
export type WebhookSettings = z.infer<typeof webhookSettingsSchema>;

/** One request to the receiver. `status`: of its answer, null if there was none; `error`: why it does not count. */
export const deliveryAttemptSchema = z.object({
  at: time,
  milliseconds: z.number(),
  status: z.int().nullable(),
  error: z.string().nullable(),
});
/** One request to the receiver. Checked by {@link deliveryAttemptSchema}. */
export type DeliveryAttempt = z.infer<typeof deliveryAttemptSchema>;

/**
 * How far the delivery of an event is; no fact, since it is overwritten with each attempt. `tries`: attempts since it was
 * last asked for; `next`: not tried again before; `claim`: who is at it, and until when nobody else may be.
 */
export const deliverySchema = z.object({
  schema,
  webhook: z.string(),
  event: cloudEventSchema,
  state: z.enum(["pending", "delivered", "dead"]),
  created: time,
  attempts: z.array(deliveryAttemptSchema),
  tries: z.int().min(0),
  next: time.nullable(),
  claim: z.object({ by: z.string(), until: time }).nullable(),
});
/** How far the delivery of an event is; no fact, since it is overwritten with each attempt. Checked by {@link deliverySchema}. */
export type WebhookDelivery = z.infer<typeof deliverySchema>;
