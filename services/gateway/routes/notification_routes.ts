/**
 * Notifications of S3 stores: an object has landed. Only a hint, since they come twice, late or not at all.
 *
 * A sender that shows the secret always gets a 2xx: MinIO holds back all later events after any other answer.
 * @module
 */
import { parseNotification } from "@cugro/bus";
import { isUploadKey, recipientOfKey } from "@cugro/protocol";
import { createRoute } from "@hono/zod-openapi";
import { bearerOf } from "../auth.ts";
import { type Gateway, PROBLEMS, type RouteDeps } from "../gateway.ts";
import { readBody } from "../limits.ts";
import { Problem } from "../problem_details.ts";
import { sameSecret } from "../tokens.ts";

/** Adds the route. */
export function registerNotifications(app: Gateway, deps: RouteDeps): void {
  const { bus, log, limits, notificationSecret } = deps;
  const route = createRoute({
    operationId: "notify",
    method: "post",
    path: "/v1/notifications/s3",
    tags: ["notifications"],
    summary: "S3 event notifications (webhook target of MinIO and others)",
    description:
      "With a secret of its own as bearer token. Anything that cannot be read is ignored, with a 2xx.",
    security: [{ notification: [] }],
    request: {
      body: { content: { "application/json": { schema: { type: "object", additionalProperties: true } } } },
    },
    responses: { 204: { description: "Taken" }, 401: PROBLEMS[401], 500: PROBLEMS[500] },
  });
  app.openapi(route, async (context) => {
    const secret = bearerOf(context.req.header("authorization"));
    if (notificationSecret === undefined || secret === undefined || !sameSecret(secret, notificationSecret)) {
      throw new Problem(401, "This is not the secret of the notifications", {
        headers: { "www-authenticate": 'Bearer realm="cugro notifications"' },
      });
    }
    try {
      const bytes = await readBody(context.req.raw, { ...limits, maxBytes: limits.jsonBytes });
      const hints = parseNotification(JSON.parse(new TextDecoder().decode(bytes)));
      // What came through this gateway has its arrival already.
      for (const hint of hints) if (recipientOfKey(hint.key) && !isUploadKey(hint.key)) bus.hint(hint);
    } catch (error) {
      log.warn("notification ignored", { error });
    }
    return context.body(null, 204);
  });
}
