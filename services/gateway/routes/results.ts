/**
 * What was reached: results matrix, fidelity of the replay, the report.
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { fidelitySchema, learnerName, resultsSchema } from "@cugro/client/schemas";
import { withFlag } from "@cugro/problems";
import { resultsView } from "../views.ts";

const tags = ["results"];
const params = z.object({ name: learnerName });

/** Adds the routes. */
export function registerResults(app: Gateway, deps: RouteDeps): void {
  registerMatrix(app, deps);
  registerFidelity(app, deps);
  registerReport(app, deps);
}

function registerMatrix(app: Gateway, deps: RouteDeps): void {
  const { learners } = deps;
  const results = createRoute({
    operationId: "results",
    ...secured(deps, "read"),
    ...{
      method: "get",
      path: "/v1/learners/{name}/results",
      tags,
      summary: "The results matrix and its metrics",
    },
    request: { params },
    responses: { 200: json(resultsSchema, "Row: version. Column: task"), ...PROBLEMS },
  });
  app.openapi(
    results,
    async (context) => context.json(resultsView(await learners.status(context.req.valid("param").name)), 200),
  );
}

function registerFidelity(app: Gateway, deps: RouteDeps): void {
  const { learners } = deps;
  const fidelity = createRoute({
    operationId: "fidelity",
    ...secured(deps, "read"),
    ...{
      method: "get",
      path: "/v1/learners/{name}/fidelity",
      tags,
      summary: "How far each replay was from real data",
    },
    request: { params },
    responses: { 200: json(fidelitySchema, "Of each version and old task"), ...PROBLEMS },
  });
  app.openapi(fidelity, async (context) => {
    const status = await learners.status(context.req.valid("param").name);
    return context.json({ fidelity: status.fidelity }, 200);
  });
}

function registerReport(app: Gateway, deps: RouteDeps): void {
  const { store } = deps;
  const report = createRoute({
    operationId: "report",
    ...secured(deps, "read"),
    ...{
      method: "get",
      path: "/v1/learners/{name}/report",
      tags,
      summary: "The report: one page, complete in itself",
    },
    request: { params },
    responses: {
      200: { description: "HTML", content: { "text/html": { schema: z.string() } } },
      ...PROBLEMS,
    },
  });
  app.openapi(report, async (context) => {
    // Loaded when it is first wanted: drawing needs much that acting and watching do not.
    const { gatherReport, renderReport } = await import("@cugro/report");
    const { origin } = new URL(context.req.url);
    const complete = (words: string) => `deno task cugro ${withFlag(words, `--url ${origin}`)}`;
    const page = renderReport(await gatherReport(store, context.req.valid("param").name, complete));
    context.header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    );
    return context.html(page, 200);
  });
}
