/**
 * Which webhooks a token sees.
 * @module
 */
import type { RouteDeps } from "../gateway.ts";
import { Problem } from "../problem_details.ts";
import { sees, type Token } from "../tokens.ts";
import type { AddressPolicy } from "../webhooks/receiver_address.ts";
import type { Deliverer } from "../webhooks/deliverer.ts";
import { findWebhook, settingsOf, type Webhook } from "../webhooks/hooks.ts";

/** Dependencies of the routes of webhooks and deliveries. */
export type WebhookDeps = RouteDeps & { deliverer: Pick<Deliverer, "wake">; addresses: AddressPolicy };

/**
 * A webhook that the token sees.
 *
 * @throws {Problem} 404 for others and none alike.
 */
export async function visibleHook({ store, cache }: RouteDeps, token: Token, id: string): Promise<Webhook> {
  const hook = await findWebhook(store, cache, id);
  if (hook && seesHook(token, hook)) return hook;
  throw new Problem(404, `There is no webhook ${id} here`);
}

/** Whether the token sees every learner that the webhook's patterns stand for; a `*` is covered by a `*` alone. */
export function seesHook(token: Token, hook: Webhook): boolean {
  return settingsOf(hook).learners.every((pattern) => sees(token, pattern));
}
