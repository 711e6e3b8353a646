/**
 * Shapes of webhooks and their deliveries.
 * @module
 */
import { LEARNER_EVENT_TYPES, WEBHOOK_EVENT_TYPES, WEBHOOK_ID } from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

const url = z.string().max(2048).openapi({
  description: "http or https, an address that is not private unless the operator allows these",
  example: "https://example.org/cugro",
});
const types = z.array(z.enum(WEBHOOK_EVENT_TYPES)).min(1).max(WEBHOOK_EVENT_TYPES.length);
const learners = z.array(
  z.string().regex(/^[a-z0-9*-]{1,64}$/, "must be letters, digits, - and *, e.g. team-a-*"),
)
  .min(1).max(100).openapi({ description: "Names, `*` for any characters. The token must see all of them" });
const description = z.string().max(200);
/** Body of a new webhook. */
export const newWebhookSchema = z.strictObject({
  url,
  types: types.default([...LEARNER_EVENT_TYPES]),
  learners: learners.optional(),
  description: description.default(""),
}).openapi("NewWebhook");
/** Body of a change of one. */
export const webhookChangeSchema = z.strictObject({
  url: url.optional(),
  types: types.optional(),
  learners: learners.optional(),
  description: description.optional(),
  active: z.boolean().optional().openapi({
    description: "While it is false, events pass by and nothing is sent",
  }),
}).openapi("WebhookChange");
/** A webhook as it is shown. */
export const webhookSchema = z.object({
  ...{ id: z.string(), url: z.string(), types: z.array(z.string()), learners: z.array(z.string()) },
  ...{ active: z.boolean(), description: z.string(), created: z.string(), createdBy: z.string() },
}).openapi("Webhook");
/** A webhook that was just made. */
export const createdWebhookSchema = webhookSchema.extend({
  secret: z.string().openapi({ description: "Signs what is sent; shown this once and never again" }),
}).openapi("CreatedWebhook");
/** A webhook as the API shows it. */
export type WebhookView = z.infer<typeof webhookSchema>;
/** A webhook that was just made, with its secret. */
export type CreatedWebhook = z.infer<typeof createdWebhookSchema>;
/** What makes a webhook. */
export type NewWebhook = z.input<typeof newWebhookSchema>;
/** What may change of one. */
export type WebhookChange = z.input<typeof webhookChangeSchema>;
/** Id of a webhook, as in paths. */
export const webhookIdParams = z.object({
  id: z.string().regex(WEBHOOK_ID, "must be 24 hexadecimal digits"),
});

const deliveryState = z.enum(["pending", "delivered", "dead"]);
const attemptSchema = z.object({
  at: z.string(),
  milliseconds: z.number(),
  status: z.int().nullable().openapi({ description: "Of the receiver's answer; null: there was none" }),
  error: z.string().nullable().openapi({ description: "Why it does not count; null: it does" }),
});
/** A delivery as it is shown. */
export const deliveryViewSchema = z.object({
  id: z.string().openapi({ description: "The receiver's `webhook-id`" }),
  event: z.object({ id: z.string(), type: z.string(), subject: z.string() }),
  state: deliveryState,
  created: z.string(),
  next: z.string().nullable().openapi({ description: "Not tried again before" }),
  attempts: z.array(attemptSchema),
}).openapi("Delivery");
/** A delivery as the API shows it. */
export type DeliveryView = z.infer<typeof deliveryViewSchema>;
/** Which deliveries, and how many. */
export const deliveryQuery = z.object({
  state: deliveryState.optional(),
  limit: z.string().regex(/^[1-9]\d{0,2}$/, "must be a whole number from 1 to 999").default("50").transform(
    Number,
  )
    .openapi({ type: "integer", minimum: 1, maximum: 999 }),
});
