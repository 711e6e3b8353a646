/**
 * Webhooks of the client.
 * @module
 */
import type {
  CreatedWebhook,
  DeliveryView,
  NewWebhook,
  WebhookChange,
  WebhookView,
} from "./schemas/webhook_schemas.ts";
import type { Requester } from "./send_requests.ts";

/** Has events sent to URLs. Needs the scope admin. */
export interface WebhookClient {
  list(): Promise<WebhookView[]>;
  /** The answer holds the secret that signs what is sent: the only time it is told. */
  create(webhook: NewWebhook): Promise<CreatedWebhook>;
  show(id: string): Promise<WebhookView>;
  change(id: string, change: WebhookChange): Promise<WebhookView>;
  remove(id: string): Promise<void>;
  /**
   * The newest first.
   *
   * @param filter.limit at most 999, 50 if left out
   */
  deliveries(id: string, filter?: { state?: DeliveryView["state"]; limit?: number }): Promise<DeliveryView[]>;
  /** Sends an event again, with a full count of attempts. */
  redeliver(id: string, delivery: string): Promise<DeliveryView>;
}

/**
 * Makes the part of the client that is about webhooks.
 *
 * @param requests with the gateway's address and token
 * @returns methods that throw a GatewayError where the gateway refuses
 */
export function createWebhookClient(requests: Requester): WebhookClient {
  const of = (id: string, rest = "") => `/v1/webhooks/${encodeURIComponent(id)}${rest}`;
  return {
    list: async () => (await requests.get<{ webhooks: WebhookView[] }>("/v1/webhooks")).webhooks,
    create: (webhook) => requests.post("/v1/webhooks", webhook),
    show: (id) => requests.get(of(id)),
    async change(id, change) {
      const sent = { body: JSON.stringify(change), type: "application/json" };
      return await (await requests.send("PATCH", of(id), sent)).json();
    },
    remove: async (id) => void await requests.send("DELETE", of(id)),
    async deliveries(id, { state, limit = 50 } = {}) {
      const query = new URLSearchParams({ limit: String(limit), ...(state === undefined ? {} : { state }) });
      return (await requests.get<{ deliveries: DeliveryView[] }>(of(id, `/deliveries?${query}`))).deliveries;
    },
    redeliver: async (id, delivery) =>
      await (await requests.send("POST", of(id, `/deliveries/${encodeURIComponent(delivery)}/redeliver`)))
        .json(),
  };
}
