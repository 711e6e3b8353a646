/**
 * Actions of a learner's policy.
 * @module
 */
import { actRequestSchema } from "@cugro/protocol";
import type { Metrics } from "@cugro/telemetry";
import { ActError, type Acting } from "@cugro/serving";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { Problem } from "../problem.ts";
import { learnerName } from "@cugro/client/schemas";

/** What the route needs. */
export type ActDeps = RouteDeps & {
  acting: Pick<Acting, "act" | "opened">;
  metrics: Pick<Metrics, "actRequests">;
};

const requestSchema = z.strictObject(actRequestSchema.shape).openapi("ActRequest", {
  example: { task: 2, observations: [[0.1, -0.4, 1.2]], seed: 7 },
});
const answerSchema = z.object({
  version: z.int().openapi({ description: "The version that chose them" }),
  actions: z.array(z.array(z.number())).openapi({ description: "One row an observation, in raw units" }),
}).openapi("ActAnswer");

/** Adds the route. */
export function registerAct(app: Gateway, deps: ActDeps): void {
  const { acting, metrics, limits } = deps;
  const act = createRoute({
    ...secured(deps, "read", { bodyBytes: limits.actBytes, isKnown: (name) => isOpen(acting, name) }),
    ...{ method: "post", path: "/v1/learners/{name}/act", tags: ["acting"] },
    summary: "Actions of the serving version for observations",
    description:
      "The same task, observations, seed and version give the same actions. Requests that come together are decided " +
      "together, which changes no answer. `version` asks for another version than the serving one.",
    request: {
      params: z.object({ name: learnerName }),
      body: { content: { "application/json": { schema: requestSchema } }, required: true },
    },
    responses: { 200: json(answerSchema, "Actions"), ...PROBLEMS },
  });
  app.openapi(act, async (context) => {
    metrics.actRequests.inc();
    const { name } = context.req.valid("param");
    try {
      const answer = await acting.act(name, context.req.valid("json"), context.req.raw.signal);
      return context.json(answer, 200);
    } catch (error) {
      throw problemOfAct(error);
    }
  });
}

/** Whether a policy of the learner is open. It is closed once its learner is found to be deleted. */
function isOpen(acting: ActDeps["acting"], name: string): boolean {
  return acting.opened().some(({ learner }) => learner === name);
}

function problemOfAct(error: unknown): unknown {
  if (!(error instanceof ActError)) return error;
  const { status, message, retryAfterSeconds, field } = error;
  const wait = retryAfterSeconds === undefined
    ? {}
    : { headers: { "retry-after": String(retryAfterSeconds) } };
  const errors = field === undefined ? {} : { errors: [{ field: `body.${field}`, detail: message }] };
  return new Problem(status, message, { ...wait, ...errors, cause: error });
}
