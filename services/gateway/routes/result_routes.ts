/**
 * What was reached: results matrix, fidelity of the replay, losses.
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { fidelitySchema, lastQuery, learnerName, lossesSchema, resultsSchema } from "@cugro/client/schemas";
import { fidelityTable, lossesOf, lossesTable, resultsTable } from "@cugro/tables";
import { type Gateway, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { resultsView } from "../views.ts";
import { formatOf, formatQuery, tableFile, tableResponse } from "./table_answers.ts";

const tags = ["results"];
const params = z.object({ name: learnerName });

/** Adds the routes. */
export function registerResults(app: Gateway, deps: RouteDeps): void {
  registerMatrix(app, deps);
  registerFidelity(app, deps);
  registerLosses(app, deps);
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
    request: { params, query: formatQuery },
    responses: {
      200: tableResponse(
        resultsSchema,
        "Row: version. Column: task. As a table: a row for each version, parked ones too, and task",
      ),
      ...PROBLEMS,
    },
  });
  app.openapi(results, async (context) => {
    const { name } = context.req.valid("param");
    const status = await learners.overview(name);
    const format = formatOf(context, context.req.valid("query"));
    if (format === "json") return context.json(resultsView(status), 200);
    const { bytes, headers } = await tableFile(resultsTable(status), format, `${name}-results`);
    return context.body(bytes, 200, headers);
  });
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
    request: { params, query: formatQuery.extend(lastQuery) },
    responses: {
      200: tableResponse(fidelitySchema, "Of each version and old task; as a table: a measure a column"),
      ...PROBLEMS,
    },
  });
  app.openapi(fidelity, async (context) => {
    const { name } = context.req.valid("param");
    const { fidelity: all } = await learners.overview(name);
    const query = context.req.valid("query");
    const shown = all.slice(Math.max(0, all.length - (query.last ?? all.length)));
    const format = formatOf(context, query);
    if (format === "json") return context.json({ fidelity: shown }, 200);
    const { bytes, headers } = await tableFile(fidelityTable(name, shown), format, `${name}-fidelity`);
    return context.body(bytes, 200, headers);
  });
}

function registerLosses(app: Gateway, deps: RouteDeps): void {
  const { learners, store } = deps;
  const losses = createRoute({
    operationId: "losses",
    ...secured(deps, "read"),
    ...{
      method: "get",
      path: "/v1/learners/{name}/losses",
      tags,
      summary: "Losses of all trainings that are done",
    },
    request: { params, query: formatQuery },
    responses: {
      200: tableResponse(lossesSchema, "Curve by curve; as a table: a row a point"),
      ...PROBLEMS,
    },
  });
  app.openapi(losses, async (context) => {
    const { name } = context.req.valid("param");
    const curves = await lossesOf(store, (await learners.status(name)).jobs);
    const format = formatOf(context, context.req.valid("query"));
    if (format === "json") return context.json({ losses: curves }, 200);
    const { bytes, headers } = await tableFile(lossesTable(name, curves), format, `${name}-losses`);
    return context.body(bytes, 200, headers);
  });
}
