/**
 * Webhooks: made, listed, changed, removed.
 * @module
 */
import {
  createdWebhookSchema,
  newWebhookSchema,
  webhookChangeSchema,
  webhookIdParams,
  webhookSchema,
} from "@cugro/client/schemas";
import type { WebhookSettings } from "@cugro/protocol";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, secured } from "../gateway.ts";
import { quotasOf } from "../limits.ts";
import { Problem } from "../problem_details.ts";
import { inTurn, refuseMore } from "../quotas.ts";
import { sees, type Token } from "../tokens.ts";
import { resolveTarget } from "../webhooks/receiver_address.ts";
import {
  createWebhook,
  findWebhook,
  listWebhooks,
  removeWebhook,
  reviseWebhook,
  settingsOf,
  type Webhook,
} from "../webhooks/hooks.ts";
import { seesHook, visibleHook, type WebhookDeps } from "./webhook_access.ts";

const tags = ["webhooks"];
const path = "/v1/webhooks";
const ABOUT_SIGNING =
  "Events come as CloudEvents 1.0 (structured JSON), signed as Standard Webhooks are: `webhook-signature` is `v1,` and " +
  "the base64 of HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`, with what follows `whsec_` in the secret, " +
  "base64-decoded, as key. Any 2xx counts as delivered; otherwise it is tried 9 times over 19 hours (410: not again). " +
  "An event may come twice, with the same `webhook-id`, and events may change places.";

/** Adds the routes. */
export function registerWebhooks(app: Gateway, deps: WebhookDeps): void {
  registerMaking(app, deps);
  registerReading(app, deps);
  registerChange(app, deps);
  registerRemoval(app, deps);
}

function registerMaking(app: Gateway, deps: WebhookDeps): void {
  const { store, cache, deliverer } = deps;
  const create = createRoute({
    operationId: "createWebhook",
    ...secured(deps, "admin"),
    ...{ method: "post", path, tags, summary: "Have events sent to a URL", description: ABOUT_SIGNING },
    request: { body: { content: { "application/json": { schema: newWebhookSchema } }, required: true } },
    responses: { 201: json(createdWebhookSchema, "It gets events from now on"), ...PROBLEMS },
  });
  app.openapi(create, async (context) => {
    const token = context.get("token");
    const { learners = [...token.learners], ...body } = context.req.valid("json");
    checkLearners(token, learners);
    await checkTarget(deps, body.url);
    const { id, secret } = await inTurn(`webhooks of ${token.name}`, async () => {
      await refuseMoreHooks(deps, token);
      return await createWebhook(store, { ...body, learners, active: true }, token.name);
    });
    deliverer.wake();
    const hook = (await findWebhook(store, cache, id))!;
    return context.json({ ...viewOf(hook), secret }, 201);
  });
}

async function refuseMoreHooks({ store, cache, limits }: WebhookDeps, token: Token): Promise<void> {
  const own = (await listWebhooks(store, cache, () => {})).filter(({ fact }) =>
    fact.createdBy === token.name
  );
  refuseMore("webhooks", {
    ...{ has: own.length, quotas: quotasOf(token, limits), token: token.name, status: 409 },
    what: "webhooks",
    advice: "remove those that are no longer needed, or ask the operator for more",
  });
}

function registerReading(app: Gateway, deps: WebhookDeps): void {
  const { store, cache } = deps;
  const list = createRoute({
    operationId: "listWebhooks",
    ...secured(deps, "admin"),
    ...{ method: "get", path, tags, summary: "Webhooks whose learners the token sees" },
    responses: {
      200: json(z.object({ webhooks: z.array(webhookSchema) }), "In the order of their ids"),
      ...PROBLEMS,
    },
  });
  app.openapi(list, async (context) => {
    // One that cannot be read is in the log: the deliverer looks at all of them, too.
    const hooks = await listWebhooks(store, cache, () => {});
    const seen = hooks.filter((hook) => seesHook(context.get("token"), hook));
    return context.json({ webhooks: seen.map(viewOf) }, 200);
  });
  const show = createRoute({
    operationId: "showWebhook",
    ...secured(deps, "admin"),
    ...{ method: "get", path: `${path}/{id}`, tags, summary: "One webhook" },
    request: { params: webhookIdParams },
    responses: { 200: json(webhookSchema, "The webhook, without its secret"), ...PROBLEMS },
  });
  app.openapi(show, async (context) => {
    return context.json(
      viewOf(await visibleHook(deps, context.get("token"), context.req.valid("param").id)),
      200,
    );
  });
}

function registerChange(app: Gateway, deps: WebhookDeps): void {
  const { store, deliverer } = deps;
  const change = createRoute({
    operationId: "changeWebhook",
    ...secured(deps, "admin"),
    ...{ method: "patch", path: `${path}/{id}`, tags, summary: "Change what a webhook gets, or where" },
    description:
      "Types, learners and `active` hold for events from now on, the URL for all that are still to be sent.",
    request: {
      params: webhookIdParams,
      body: { content: { "application/json": { schema: webhookChangeSchema } }, required: true },
    },
    responses: { 200: json(webhookSchema, "The webhook now"), ...PROBLEMS },
  });
  app.openapi(change, async (context) => {
    const token = context.get("token");
    const { id } = context.req.valid("param");
    const hook = await visibleHook(deps, token, id);
    const body = context.req.valid("json");
    if (body.learners) checkLearners(token, body.learners);
    if (body.url !== undefined) await checkTarget(deps, body.url);
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    await reviseWebhook(store, hook, given as Partial<WebhookSettings>);
    deliverer.wake();
    return context.json(viewOf(await visibleHook(deps, token, id)), 200);
  });
}

function registerRemoval(app: Gateway, deps: WebhookDeps): void {
  const { store, deliverer } = deps;
  const remove = createRoute({
    operationId: "removeWebhook",
    ...secured(deps, "admin"),
    ...{
      method: "delete",
      path: `${path}/{id}`,
      tags,
      summary: "Remove a webhook, its secret and its deliveries",
    },
    request: { params: webhookIdParams },
    responses: { 204: { description: "Gone" }, ...PROBLEMS },
  });
  app.openapi(remove, async (context) => {
    const { id } = context.req.valid("param");
    await visibleHook(deps, context.get("token"), id);
    await removeWebhook(store, id);
    deliverer.wake();
    return context.body(null, 204);
  });
}

function checkLearners(token: Token, learners: readonly string[]): void {
  const foreign = learners.find((pattern) => !sees(token, pattern));
  if (foreign === undefined) return;
  const detail = `The token "${token.name}" sees ${token.learners.join(", ")}, and not all of "${foreign}"`;
  throw new Problem(403, detail, { errors: [{ field: "body.learners", detail }] });
}

async function checkTarget({ addresses }: WebhookDeps, url: string): Promise<void> {
  try {
    await resolveTarget(url, addresses);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Problem(422, detail, { errors: [{ field: "body.url", detail }], cause: error });
  }
}

function viewOf(hook: Webhook): z.infer<typeof webhookSchema> {
  const { id, created, createdBy } = hook.fact;
  const { url, types, learners, active, description } = settingsOf(hook);
  return { id, url, types, learners, active, description, created, createdBy };
}
