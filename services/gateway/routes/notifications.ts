/**
 * Notifications of S3 stores: an object has landed. Only a hint, since they come twice, late or not at all.
 *
 * A sender that shows the secret always gets a 2xx: MinIO holds back all later events after any other answer.
 * @module
 */
import { isUploadKey, parseIncomingKey } from "@cugro/protocol";
import { createRoute, z } from "@hono/zod-openapi";
import { bearerOf } from "../auth.ts";
import { type Gateway, PROBLEMS, type RouteDeps } from "../gateway.ts";
import { readBody } from "../limits.ts";
import { Problem } from "../problem.ts";
import { sameSecret } from "../tokens.ts";

const payloadSchema = z.object({
  Records: z.array(z.object({
    s3: z.object({
      object: z.object({
        key: z.string().max(2048),
        size: z.int().min(0).optional(),
        eTag: z.string().optional(),
      }),
    }),
  })),
});

/** Adds the route. */
export function registerNotifications(app: Gateway, deps: RouteDeps): void {
  const { bus, log, limits, notificationSecret } = deps;
  const route = createRoute({
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
      const { Records } = payloadSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
      for (const { s3 } of Records) {
        const key = incomingKeyOf(s3.object.key);
        const { size, eTag: etag } = s3.object;
        if (key === undefined) continue;
        bus.hint({ key, ...(size === undefined ? {} : { size }), ...(etag === undefined ? {} : { etag }) });
      }
    } catch (error) {
      log.warn("notification ignored", { error });
    }
    return context.body(null, 204);
  });
}

/** The store's key in a notification: URL-encoded there, + for a space, perhaps behind a prefix of the bucket. */
function incomingKeyOf(encoded: string): string | undefined {
  const key = /(?:^|\/)(incoming\/.*)$/.exec(decodeURIComponent(encoded.replaceAll("+", " ")))?.[1];
  return key !== undefined && parseIncomingKey(key) && !isUploadKey(key) ? key : undefined;
}
