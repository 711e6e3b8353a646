/**
 * A task's memory: statistics of its real rows, pseudo-samples of each generation, and rows where they still exist.
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { learnerName, memoryRowsSchema, memorySchema, pathNumber } from "@cugro/client/schemas";
import { createRememberer } from "@cugro/serving";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../../gateway.ts";
import { memoryOf, pseudoRowsOf, realRowsOf } from "./memory_rows.ts";

const tags = ["memory"];
const params = z.object({ name: learnerName, task: pathNumber });
const path = "/v1/learners/{name}/tasks/{task}";
const whole = (pattern: RegExp, most: number) =>
  z.string().regex(pattern, `must be a whole number up to ${most}`).transform(Number)
    .refine((value) => value <= most, `must be a whole number up to ${most}`);
const rows = whole(/^[1-9]\d{0,3}$/, 2_000).default(256).openapi({
  ...{ type: "integer", minimum: 1, maximum: 2_000, default: 256 },
  description: "How many, evenly spaced",
});

/** Adds the routes. */
export function registerMemory(app: Gateway, deps: RouteDeps): void {
  registerSketch(app, deps);
  registerPseudoRows(app, deps);
  registerRealRows(app, deps);
}

function registerSketch(app: Gateway, deps: RouteDeps): void {
  const route = createRoute({
    operationId: "taskMemory",
    ...secured(deps, "read"),
    ...{
      method: "get",
      path: `${path}/memory`,
      tags,
      summary: "A task's memory: statistics, pseudo-samples, rows",
    },
    request: { params },
    responses: {
      200: json(memorySchema, "Quantities of its real rows, and who has replayed it"),
      ...PROBLEMS,
    },
  });
  app.openapi(route, async (context) => {
    const { name, task } = context.req.valid("param");
    return context.json(await memoryOf(deps.store, await deps.learners.overview(name), task), 200);
  });
}

function registerPseudoRows(app: Gateway, deps: RouteDeps): void {
  const rememberer = createRememberer(deps.store, deps.cache);
  const route = createRoute({
    operationId: "taskPseudoRows",
    ...secured(deps, "read"),
    ...{ method: "get", path: `${path}/memory/{version}`, tags },
    summary: "Pseudo-samples of a task as a version's generators make them",
    description: "1,024 are drawn, which takes seconds the first time; the same version gives the same ones.",
    request: { params: params.extend({ version: pathNumber }), query: z.object({ rows }) },
    responses: { 200: json(memoryRowsSchema, "Some of them, and quantiles"), ...PROBLEMS },
  });
  app.openapi(route, async (context) => {
    const { name, task, version } = context.req.valid("param");
    const asked = { task, version, rows: context.req.valid("query").rows };
    const status = await deps.learners.overview(name);
    return context.json(pseudoRowsOf(status, asked, await rememberer.remember(name, asked)), 200);
  });
}

function registerRealRows(app: Gateway, deps: RouteDeps): void {
  const episode = whole(/^(0|[1-9]\d{0,8})$/, 999_999_999).optional().openapi({
    ...{ type: "integer", minimum: 0, maximum: 999_999_999 },
    description: "One episode from its begin, counted from 0, in the place of rows of all",
  });
  const route = createRoute({
    operationId: "taskRows",
    ...secured(deps, "read"),
    ...{ method: "get", path: `${path}/rows`, tags },
    summary: "Real rows of a task, where they still exist",
    request: { params, query: z.object({ rows, episode }) },
    responses: { 200: json(memoryRowsSchema, "Some of them, and quantiles"), ...PROBLEMS },
  });
  app.openapi(route, async (context) => {
    const { name, task } = context.req.valid("param");
    const asked = { task, ...context.req.valid("query") };
    return context.json(await realRowsOf(deps.store, await deps.learners.overview(name), asked), 200);
  });
}
