/**
 * Versions: listed, shown, let through, taken back.
 * @module
 */
import { type LearnerOverview, promote, rollback } from "@cugro/learners";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured, wake } from "../gateway.ts";
import { judged, Problem } from "../problem_details.ts";
import {
  lastQuery,
  learnerName,
  pathNumber,
  pathNumberOrNone,
  reasonSchema,
  versionSchema,
  versionSummarySchema,
} from "@cugro/client/schemas";
import { versionSummary, versionView } from "../views.ts";

const tags = ["versions"];
const path = "/v1/learners/{name}/versions";
const oneParams = z.object({ name: learnerName, version: pathNumber });
const actRequest = {
  params: oneParams,
  body: { content: { "application/json": { schema: reasonSchema } } },
} as const;

/** Adds the routes. */
export function registerVersions(app: Gateway, deps: RouteDeps): void {
  registerReading(app, deps);
  registerPromote(app, deps);
  registerRollback(app, deps);
}

function registerReading(app: Gateway, deps: RouteDeps): void {
  const { learners } = deps;
  const list = createRoute({
    operationId: "listVersions",
    ...secured(deps, "read"),
    ...{ method: "get", path, tags, summary: "Versions, and why each was published or parked" },
    request: { params: z.object({ name: learnerName }), query: z.object(lastQuery) },
    responses: {
      200: json(z.object({ versions: z.array(versionSummarySchema) }), "Oldest first"),
      ...PROBLEMS,
    },
  });
  app.openapi(list, async (context) => {
    const { versions, head } = await learners.overview(context.req.valid("param").name);
    const { last = versions.length } = context.req.valid("query");
    const shown = versions.slice(Math.max(0, versions.length - last));
    return context.json({ versions: shown.map((fact) => versionSummary(fact, head)) }, 200);
  });

  const show = createRoute({
    operationId: "showVersion",
    ...secured(deps, "read"),
    ...{
      method: "get",
      path: `${path}/{version}`,
      tags,
      summary: "One version, with its row of the results matrix",
    },
    request: { params: oneParams },
    responses: { 200: json(versionSchema, "The version"), ...PROBLEMS },
  });
  app.openapi(show, async (context) => {
    const { name, version } = context.req.valid("param");
    const status = await learners.overview(name);
    return context.json(versionView(findVersion(status, version), status.head), 200);
  });
}

function registerPromote(app: Gateway, deps: RouteDeps): void {
  const { learners, store } = deps;
  const letThrough = createRoute({
    operationId: "promoteVersion",
    ...secured(deps, "admin"),
    ...{ method: "post", path: `${path}/{version}/promote`, tags, summary: "Let a parked version through" },
    request: actRequest,
    responses: {
      200: json(versionSummarySchema, "It is valid; it serves as soon as the head has moved"),
      ...PROBLEMS,
    },
  });
  app.openapi(letThrough, async (context) => {
    const { name, version } = context.req.valid("param");
    const { reason = `promoted by ${context.get("token").name}` } = context.req.valid("json");
    findVersion(await learners.overview(name), version);
    await judged(() => promote({ store, name, version, reason }));
    wake(deps, name);
    const status = await learners.overview(name);
    return context.json(versionSummary(findVersion(status, version), status.head), 200);
  });
}

function registerRollback(app: Gateway, deps: RouteDeps): void {
  const { learners, store } = deps;
  const goBack = createRoute({
    operationId: "rollbackVersion",
    ...secured(deps, "admin"),
    ...{ method: "post", path: `${path}/{version}/rollback`, tags, summary: "Go back to a version" },
    description:
      "Every valid version after it is withdrawn, and so are their tasks. 0 is before the first version.",
    request: { ...actRequest, params: oneParams.extend({ version: pathNumberOrNone }) },
    responses: {
      200: json(z.object({ version: z.int(), withdrawn: z.array(z.int()) }), "Done"),
      ...PROBLEMS,
    },
  });
  app.openapi(goBack, async (context) => {
    const { name, version } = context.req.valid("param");
    const { reason = `rolled back by ${context.get("token").name}` } = context.req.valid("json");
    if (version > 0) findVersion(await learners.overview(name), version);
    const withdrawn = await judged(() => rollback({ store, name, version, reason }));
    wake(deps, name);
    return context.json({ version, withdrawn }, 200);
  });
}

/** A version of a learner. @throws {Problem} 404 */
export function findVersion(status: LearnerOverview, version: number): LearnerOverview["versions"][number] {
  const found = status.versions.find((fact) => fact.version === version);
  if (found) return found;
  const { learner, versions } = status;
  throw new Problem(404, `There is no version ${version} of "${learner.name}": it has ${versions.length}`);
}
