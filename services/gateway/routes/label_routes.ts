/**
 * Labels of a task, corrected.
 * @module
 */
import { LabelError, relabel } from "@cugro/learners";
import { learnerName, newLabelSchema, pathNumber, relabelledSchema } from "@cugro/client/schemas";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured, wake } from "../gateway.ts";
import { judged, Problem } from "../problem_details.ts";
import { findTask } from "./task_routes.ts";

const ABOUT =
  "Its rows stay what they are. Another family, goal or horizon has the task's episodes run again in every version " +
  "whose weights are there; other anchors give the same episodes other scores; nothing is trained, and decisions stand. " +
  "A value that stands already is left out, and a label of nothing else is not written (`label` is null).";

/** Adds the route. */
export function registerLabels(app: Gateway, deps: RouteDeps): void {
  const { learners, store } = deps;
  const route = createRoute({
    operationId: "relabelTask",
    ...secured(deps, "submit"),
    ...{
      method: "patch",
      path: "/v1/learners/{name}/tasks/{task}",
      tags: ["tasks"],
      summary: "Correct a task's labels",
    },
    description: ABOUT,
    request: {
      params: z.object({ name: learnerName, task: pathNumber }),
      body: { required: true, content: { "application/json": { schema: newLabelSchema } } },
    },
    responses: { 200: json(relabelledSchema, "What follows from it"), ...PROBLEMS },
  });
  app.openapi(route, async (context) => {
    const { name, task } = context.req.valid("param");
    const { set, reason, dryRun } = context.req.valid("json");
    const by = context.get("token").name;
    findTask(await learners.overview(name), task);
    const act = { store, name, task, set, by, dryRun, ...(reason === undefined ? {} : { reason }) };
    const done = await refusingLabels(() => judged(() => relabel(act)));
    if (done.label !== null) wake(deps, name);
    return context.json(done, 200);
  });
}

/** A name or value that no label can have is a fault of the request, and says of which. */
async function refusingLabels<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { cause } = error as Error;
    if (!(cause instanceof LabelError)) throw error;
    const { message: detail, field } = cause;
    const at = field === "set" ? "body.set" : `body.set.${field}`;
    throw new Problem(422, detail, { errors: [{ field: at, detail }], cause });
  }
}
