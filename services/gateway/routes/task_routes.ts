/**
 * Tasks: where each stands, retried and cancelled.
 * @module
 */
import { withOverrides } from "@cugro/algorithm/arrays";
import { cancel, type LearnerOverview, openArrivals, retry } from "@cugro/learners";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured, wake } from "../gateway.ts";
import { judged, Problem, refusing } from "../problem_details.ts";
import {
  arrivalSchema,
  learnerName,
  pathNumber,
  reasonSchema,
  retrySchema,
  taskSchema,
} from "@cugro/client/schemas";
import { arrivalView, taskView } from "../views.ts";

const tags = ["tasks"];
const params = z.object({ name: learnerName });
const oneParams = z.object({ name: learnerName, task: pathNumber });
const path = "/v1/learners/{name}/tasks";

/** Adds the routes. */
export function registerTasks(app: Gateway, deps: RouteDeps): void {
  registerReading(app, deps);
  registerRetry(app, deps);
  registerCancel(app, deps);
}

function registerReading(app: Gateway, deps: RouteDeps): void {
  const { learners } = deps;
  const list = createRoute({
    operationId: "listTasks",
    ...secured(deps, "read"),
    ...{ method: "get", path, tags, summary: "Tasks in order, and files that wait to become one" },
    request: { params },
    responses: {
      200: json(z.object({ tasks: z.array(taskSchema), waiting: z.array(arrivalSchema) }), "Tasks"),
      ...PROBLEMS,
    },
  });
  app.openapi(list, async (context) => {
    const { name } = context.req.valid("param");
    // Asked together, they are read together.
    const [facts, { tasks }] = await Promise.all([learners.facts(name), learners.overview(name)]);
    const waiting = openArrivals(facts).map((arrival) => arrivalView(facts, arrival));
    return context.json({ tasks: tasks.map(taskView), waiting }, 200);
  });

  const show = createRoute({
    operationId: "showTask",
    ...secured(deps, "read"),
    ...{ method: "get", path: `${path}/{task}`, tags, summary: "One task" },
    request: { params: oneParams },
    responses: { 200: json(taskSchema, "The task"), ...PROBLEMS },
  });
  app.openapi(show, async (context) => {
    const { name, task } = context.req.valid("param");
    return context.json(taskView(findTask(await learners.overview(name), task)), 200);
  });
}

/**
 * A task of a learner.
 *
 * @throws {Problem} 404
 */
export function findTask(status: LearnerOverview, task: number): LearnerOverview["tasks"][number] {
  const found = status.tasks.find((fact) => fact.task === task);
  if (found) return found;
  throw new Problem(
    404,
    `There is no task ${task} of "${status.learner.name}": it has ${status.tasks.length}`,
  );
}

function registerRetry(app: Gateway, deps: RouteDeps): void {
  const { learners, store } = deps;
  const again = createRoute({
    operationId: "retryTask",
    ...secured(deps, "submit"),
    ...{ method: "post", path: `${path}/{task}/retry`, tags, summary: "Learn a task again" },
    description:
      "A failed one goes on where it stopped; one that was parked, withdrawn or cancelled is trained again.",
    request: { params: oneParams, body: { content: { "application/json": { schema: retrySchema } } } },
    responses: {
      202: json(z.object({ task: z.int(), how: z.enum(["continued", "new attempt"]) }), "It will be done"),
      ...PROBLEMS,
    },
  });
  app.openapi(again, async (context) => {
    const { name, task } = context.req.valid("param");
    const { reason = `retried by ${context.get("token").name}`, overrides = {} } = context.req.valid("json");
    findTask(await learners.overview(name), task);
    await refusing(422, () => withOverrides("default", overrides), "body.overrides");
    const how = await judged(() => retry({ store, name, task, reason, overrides }));
    wake(deps, name);
    return context.json({ task, how }, 202);
  });
}

function registerCancel(app: Gateway, deps: RouteDeps): void {
  const { learners, store } = deps;
  const stop = createRoute({
    operationId: "cancelTask",
    ...secured(deps, "submit"),
    ...{
      method: "post",
      path: `${path}/{task}/cancel`,
      tags,
      summary: "Step over a task that is not decided",
    },
    request: { params: oneParams, body: { content: { "application/json": { schema: reasonSchema } } } },
    responses: { 200: json(taskSchema, "The task"), ...PROBLEMS },
  });
  app.openapi(stop, async (context) => {
    const { name, task } = context.req.valid("param");
    const { reason = `cancelled by ${context.get("token").name}` } = context.req.valid("json");
    findTask(await learners.overview(name), task);
    await judged(() => cancel({ store, name, task, reason }));
    wake(deps, name);
    return context.json(taskView(findTask(await learners.overview(name), task)), 200);
  });
}
