/**
 * What a token may do, told to its holder.
 * @module
 */
import { tokenSchema } from "@cugro/client/schemas";
import { createRoute } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { allows, SCOPES } from "../tokens.ts";

/** Adds the route. */
export function registerToken(app: Gateway, deps: RouteDeps): void {
  const show = createRoute({
    operationId: "token",
    ...secured(deps, "read", { outage: "wait" }),
    ...{ method: "get", path: "/v1/token", tags: ["tokens"], summary: "What this token may do" },
    responses: { 200: json(tokenSchema, "The token, without its secret"), ...PROBLEMS },
  });
  app.openapi(show, (context) => {
    const token = context.get("token");
    const scopes = SCOPES.filter((scope) => allows(token, scope));
    return context.json({ name: token.name, scopes, learners: [...token.learners] }, 200);
  });
}
