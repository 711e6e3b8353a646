/**
 * Learners: made, listed, shown, configured, deleted and restored.
 * @module
 */
import { resolveHyperparameters, withOverrides } from "@cugro/algorithm/arrays";
import {
  createLearner,
  deleteLearner,
  learnerExists,
  listLearners,
  restoreLearner,
  reviseConfig,
} from "@cugro/learners";
import type { Store } from "@cugro/store";
import { type ConfigFact, learnerKey } from "@cugro/protocol";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, noLearner, PROBLEMS, type RouteDeps, secured, wake } from "../gateway.ts";
import { judged, Problem, refusing } from "../problem_details.ts";
import {
  configSchema,
  type Learner,
  learnerName,
  learnerSchema,
  newConfigSchema,
  newLearnerSchema,
} from "@cugro/client/schemas";
import { quotasOf } from "../limits.ts";
import { inTurn, refuseMore } from "../quotas.ts";
import { unacknowledged } from "./problem_routes.ts";
import { sees, type Token } from "../tokens.ts";
import { configView, learnerView } from "../views.ts";

const tags = ["learners"];
const params = z.object({ name: learnerName });

/** Adds the routes. */
export function registerLearners(app: Gateway, deps: RouteDeps): void {
  registerCollection(app, deps);
  registerShowing(app, deps);
  registerChanging(app, deps);
  registerDeleting(app, deps);
  registerRestoring(app, deps);
}

function registerCollection(app: Gateway, deps: RouteDeps): void {
  const { store } = deps;
  const list = createRoute({
    operationId: "listLearners",
    ...secured(deps, "read"),
    ...{ method: "get", path: "/v1/learners", tags, summary: "Learners that this token sees" },
    responses: {
      200: json(z.object({ learners: z.array(z.object({ name: z.string() })) }), "Sorted by name"),
      ...PROBLEMS,
    },
  });
  app.openapi(list, async (context) => {
    const names = (await listLearners(store)).filter((name) => sees(context.get("token"), name));
    return context.json({ learners: names.map((name) => ({ name })) }, 200);
  });

  const create = createRoute({
    operationId: "createLearner",
    ...secured(deps, "submit"),
    ...{ method: "post", path: "/v1/learners", tags, summary: "Make a learner" },
    request: { body: { required: true, content: { "application/json": { schema: newLearnerSchema } } } },
    responses: { 201: json(learnerSchema, "Made"), ...PROBLEMS },
  });
  app.openapi(create, async (context) => {
    const settings = context.req.valid("json");
    const { name, preset, overrides } = settings;
    if (!sees(context.get("token"), name)) throw noLearner(name);
    await refusing(422, () => resolveHyperparameters(preset, overrides), "body.overrides");
    await inTurn(`learners of ${context.get("token").name}`, async () => {
      await refuseMoreLearners(deps, context.get("token"), name);
      await judged(() => createLearner({ store, ...settings }));
    });
    wake(deps, name);
    context.header("location", `/v1/learners/${name}`);
    return context.json(await viewOf(deps, name), 201);
  });
}

async function refuseMoreLearners({ store, limits }: RouteDeps, token: Token, name: string): Promise<void> {
  const seen = (await listLearners(store)).filter((one) => sees(token, one));
  // One that is there already is a conflict of its own, or goes on after a crash.
  if (seen.includes(name)) return;
  refuseMore("learners", {
    ...{ has: seen.length, quotas: quotasOf(token, limits), token: token.name, status: 409 },
    what: "learners",
    advice: "delete those that are no longer needed, or ask the operator for more",
  });
}

function registerShowing(app: Gateway, deps: RouteDeps): void {
  const show = createRoute({
    operationId: "showLearner",
    ...secured(deps, "read"),
    ...{ method: "get", path: "/v1/learners/{name}", tags, summary: "Where a learner stands" },
    request: { params },
    responses: { 200: json(learnerSchema, "The learner"), ...PROBLEMS },
  });
  app.openapi(
    show,
    async (context) => context.json(await viewOf(deps, context.req.valid("param").name), 200),
  );
}

async function viewOf({ learners, problems }: RouteDeps, name: string): Promise<Learner> {
  const [status, found] = await Promise.all([learners.overview(name), problems.of(name)]);
  return learnerView(status, unacknowledged(found));
}

function registerChanging(app: Gateway, deps: RouteDeps): void {
  const { store } = deps;
  const configure = createRoute({
    operationId: "configureLearner",
    ...secured(deps, "submit"),
    ...{ method: "post", path: "/v1/learners/{name}/config", tags },
    summary: "Other knobs for the tasks that have not been started",
    request: {
      params,
      body: { required: true, content: { "application/json": { schema: newConfigSchema } } },
    },
    responses: { 201: json(configSchema, "The new configuration"), ...PROBLEMS },
  });
  app.openapi(configure, async (context) => {
    const { name } = context.req.valid("param");
    const { preset, overrides } = context.req.valid("json");
    if (!await learnerExists(store, name)) throw noLearner(name);
    await refusing(422, () => withOverrides(preset ?? "default", overrides), "body.overrides");
    const fact = await revise(store, name, { overrides, ...(preset === undefined ? {} : { preset }) });
    return context.json(configView(fact), 201);
  });
}

function registerDeleting(app: Gateway, deps: RouteDeps): void {
  const { store } = deps;
  const remove = createRoute({
    operationId: "deleteLearner",
    ...secured(deps, "admin"),
    ...{
      method: "delete",
      path: "/v1/learners/{name}",
      tags,
      summary: "Stop a learner, and its running jobs",
    },
    description:
      "Its name is not used again. Until garbage collection, 24 hours later at the earliest, it can be " +
      "restored; then its objects go.",
    request: { params },
    responses: { 204: { description: "Deleted" }, ...PROBLEMS },
  });
  app.openapi(remove, async (context) => {
    const { name } = context.req.valid("param");
    await refusing(
      404,
      () => deleteLearner({ store, name, reason: `deleted by ${context.get("token").name}` }),
    );
    wake(deps, name);
    return context.body(null, 204);
  });
}

function registerRestoring(app: Gateway, deps: RouteDeps): void {
  const { store } = deps;
  const restore = createRoute({
    // A deleted learner is one, too.
    operationId: "restoreLearner",
    ...secured(deps, "admin", { exists: async (name) => await store.head(learnerKey(name)) !== undefined }),
    ...{ method: "post", path: "/v1/learners/{name}/restore", tags, summary: "Bring a deleted learner back" },
    description:
      "As it was; stopped work goes on. After garbage collection there is no way back, which is a conflict.",
    request: { params },
    responses: { 200: json(learnerSchema, "The learner"), ...PROBLEMS },
  });
  app.openapi(restore, async (context) => {
    const { name } = context.req.valid("param");
    await inTurn(`learners of ${context.get("token").name}`, async () => {
      await refuseMoreLearners(deps, context.get("token"), name);
      await judged(() => restoreLearner({ store, name }));
    });
    wake(deps, name);
    return context.json(await viewOf(deps, name), 200);
  });
}

async function revise(
  store: Store,
  name: string,
  change: Omit<Parameters<typeof reviseConfig>[0], "store" | "name">,
): Promise<ConfigFact> {
  try {
    return await judged(() => reviseConfig({ store, name, ...change }));
  } catch (error) {
    if (error instanceof Error && /at the same time/.test(error.message)) {
      throw new Problem(409, error.message);
    }
    throw error;
  }
}
