/**
 * Actions of a learner's policy.
 * @module
 */
import { actRequestSchema, WAYS_OF_ACTING } from "@cugro/protocol";
import type { Metrics } from "@cugro/telemetry";
import { actBody, actHeaders, type Acting } from "@cugro/serving";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, secured } from "../gateway.ts";
import { type ActSocketDeps, registerActSocket } from "./act_socket_routes.ts";
import { learnerName } from "@cugro/client/schemas";

/** What the route needs. */
export type ActDeps = ActSocketDeps & {
  acting: Pick<Acting, "act" | "knows">;
  metrics: Pick<Metrics, "actRequests">;
};

const requestSchema = z.strictObject(actRequestSchema.shape).openapi("ActRequest", {
  example: { task: 2, observations: [[0.1, -0.4, 1.2]], seed: 7 },
});
/** What is answered. */
export const answerSchema = z.object({
  version: z.int().openapi({ description: "The version that chose them" }),
  task: z.int(),
  acting: z.enum(WAYS_OF_ACTING).openapi({ description: "How they were chosen" }),
  actions: z.array(z.array(z.number())).openapi({ description: "One row an observation, in raw units" }),
  percentiles: z.array(z.number()).nullable().openapi({
    description:
      "Percent of the task's held-out rows that are less unusual than the observation; null for tasks " +
      "that were imported before this was measured",
  }),
  outOfDistribution: z.array(z.boolean()).openapi({
    description:
      "Beyond 99.9 % of the task's held-out rows; without percentiles, beyond the range of its rows",
  }),
}).openapi("ActAnswer");

const answerHeaders = z.object({
  "cugro-version": z.string().openapi({ description: "The version that chose them" }),
  "cugro-head-age": z.string().openapi({
    description: "Whole seconds since the store last said that this version is the one to act",
  }),
  "cugro-stale": z.string().optional().openapi({
    description: "`true` while the store cannot be asked: there may be a newer version by now",
  }),
});

/** Adds the route, and the one to the WebSocket. */
export function registerAct(app: Gateway, deps: ActDeps): void {
  registerActSocket(app, deps);
  const { acting, metrics, limits } = deps;
  const act = createRoute({
    operationId: "act",
    ...secured(deps, "read", {
      bodyBytes: limits.actBytes,
      outage: "wait",
      exists: (name) => acting.knows(name),
    }),
    ...{ method: "post", path: "/v1/learners/{name}/act", tags: ["acting"] },
    summary: "Actions of the serving version for observations",
    description:
      "The same task, observations, seed and version give the same actions. Requests that come together are decided " +
      "together, which changes no answer. `version` asks for another version than the serving one. A policy that is open " +
      "goes on answering while the store is away: `cugro-head-age` says how old its version is known to be.",
    request: {
      params: z.object({ name: learnerName }),
      body: { content: { "application/json": { schema: requestSchema } }, required: true },
    },
    responses: { 200: { ...json(answerSchema, "Actions"), headers: answerHeaders }, ...PROBLEMS },
  });
  app.openapi(act, async (context) => {
    metrics.actRequests.inc();
    const { name } = context.req.valid("param");
    const acted = await acting.act(name, context.req.valid("json"), context.req.raw.signal);
    return context.json(actBody(acted), 200, actHeaders(acted));
  });
}
