/**
 * What policies of a learner were asked lately.
 * @module
 */
import { learnerName, trafficSchema } from "@cugro/client/schemas";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";

/** Adds the route. */
export function registerTraffic(app: Gateway, deps: RouteDeps): void {
  const { live: { traffic } } = deps;
  const show = createRoute({
    operationId: "traffic",
    ...secured(deps, "read"),
    ...{ method: "get", path: "/v1/learners/{name}/traffic", tags: ["acting"] },
    summary: "What its policies were asked in the last hour, and how much of it was unusual",
    description: "Of this process of the gateway: others have answered other requests.",
    request: { params: z.object({ name: learnerName }) },
    responses: { 200: json(trafficSchema, "By task and minute"), ...PROBLEMS },
  });
  app.openapi(show, (context) => {
    const tasks = traffic.of(context.req.valid("param").name).map(({ task, minutes }) => ({
      task,
      minutes: minutes.map(({ at, ...counts }) => ({ at: moment(at), ...counts })),
    }));
    return context.json({ since: moment(traffic.since), tasks }, 200);
  });
}

function moment(at: number): string {
  return new Date(at).toISOString();
}
