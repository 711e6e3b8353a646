/**
 * Tasks: datasets in, where each stands, retried and cancelled.
 * @module
 */
import { resolveHyperparameters } from "@cugro/algorithm";
import {
  addUploaded,
  adoptArrival,
  cancel,
  type LearnerStatus,
  learnerStatus,
  loadFacts,
  openArrivals,
  retry,
} from "@cugro/learners";
import { activeTraceparent } from "@cugro/platform";
import { type ArrivalFact, parseIncomingKey } from "@cugro/protocol";
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Gateway, type GatewayEnv, json, PROBLEMS, type RouteDeps, secured, wake } from "../gateway.ts";
import { boundedBody, readBody } from "../limits.ts";
import { judged, Problem, refusing } from "../problem.ts";
import {
  arrivalSchema,
  learnerName,
  objectSchema,
  pathNumber,
  reasonSchema,
  retrySchema,
  taskSchema,
} from "../schemas.ts";
import { arrivalView, taskView } from "../views.ts";

const tags = ["tasks"];
const params = z.object({ name: learnerName });
const oneParams = z.object({ name: learnerName, task: pathNumber });
const fileName = z.string().regex(
  // deno-lint-ignore no-control-regex -- to keep them out
  /^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,254}$/,
  "must be a file's name: no slashes or control characters, no dot at its start",
);
const path = "/v1/learners/{name}/tasks";

/** Adds the routes. */
export function registerTasks(app: Gateway, deps: RouteDeps): void {
  registerUpload(app, deps);
  registerReading(app, deps);
  registerActs(app, deps);
}

function registerUpload(app: Gateway, deps: RouteDeps): void {
  const upload = createRoute({
    ...secured(deps, "submit", { bodyBytes: 0 }),
    ...{ method: "post", path, tags, summary: "Hand over the dataset of the next task" },
    description:
      "The body is the file as it is (HDF5 or safetensors), streamed, with its name in `fileName`; or JSON " +
      "that names an object in `incoming/`. Whether it becomes a task shows at the `Location`. The same content " +
      "again is the same arrival.",
    request: {
      params,
      query: z.object({ fileName: fileName.optional() }),
      body: {
        required: true,
        content: {
          "application/octet-stream": { schema: { type: "string", format: "binary" } },
          // Not a zod schema of the route: it would be read before the handler knows which of the two came.
          "application/json": { schema: { $ref: "#/components/schemas/ObjectInStore" } },
        },
      },
    },
    responses: {
      200: json(arrivalSchema, "It had arrived before"),
      202: json(arrivalSchema, "It has arrived"),
      ...PROBLEMS,
    },
  });
  app.openAPIRegistry.register("ObjectInStore", objectSchema);
  app.openapi(upload, async (context) => {
    const { name } = context.req.valid("param");
    const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
    const { arrival, added } = type === "application/json"
      ? await adoptObject(deps, context, name)
      : await takeFile(deps, context, name, context.req.valid("query").fileName);
    const { key, etag, size } = arrival;
    if (added) deps.bus.hint({ key, etag, size });
    context.header("location", `/v1/learners/${name}/arrivals/${arrival.seq}`);
    const view = arrivalView(await loadFacts(deps.store, name, deps.cache), arrival);
    return context.json(view, added ? 202 : 200);
  });
}

interface Taken {
  arrival: ArrivalFact;
  added: boolean;
}

async function takeFile(
  { store, limits }: RouteDeps,
  context: Context<GatewayEnv>,
  learner: string,
  fileName: string | undefined,
): Promise<Taken> {
  if (fileName === undefined) {
    const errors = [{ field: "query.fileName", detail: "names the file, e.g. ?fileName=task1.hdf5" }];
    throw new Problem(422, "The file needs a name", { errors });
  }
  const { raw } = context.req;
  const maxBytes = limits.uploadBytes;
  const body = refuseEmpty(boundedBody(raw, { ...limits, maxBytes }));
  return await addUploaded({ store, learner, fileName, body, maxBytes, ...traceNote() });
}

async function* refuseEmpty(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    yield piece;
  }
  if (bytes === 0) throw new Problem(422, "The body must be the bytes of the file: it is empty");
}

async function adoptObject(
  { store, limits }: RouteDeps,
  context: Context<GatewayEnv>,
  learner: string,
): Promise<Taken> {
  const bytes = await readBody(context.req.raw, { ...limits, maxBytes: limits.jsonBytes });
  const parsed = objectSchema.safeParse(parseJson(bytes));
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({
      field: ["body", ...path].join("."),
      detail: message,
    }));
    throw new Problem(400, 'The body must be {"object": "incoming/..."}', { errors });
  }
  const { object } = parsed.data;
  const place = parseIncomingKey(object);
  const info = place?.learner === learner
    ? await refusing(422, () => store.head(object), "body.object")
    : undefined;
  if (!info) {
    const detail = `There is no object ${JSON.stringify(object.slice(0, 120))} for this learner: ` +
      `put the file to incoming/${learner}/ first`;
    throw new Problem(422, detail, { errors: [{ field: "body.object", detail }] });
  }
  return await adoptArrival(store, learner, info, traceNote());
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Problem(400, "The body is not JSON", { cause });
  }
}

function traceNote(): { traceparent?: string } {
  const traceparent = activeTraceparent();
  return traceparent === undefined ? {} : { traceparent };
}

function registerReading(app: Gateway, deps: RouteDeps): void {
  const { store, cache } = deps;
  const list = createRoute({
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
    const facts = await loadFacts(store, name, cache);
    const { tasks } = await learnerStatus(store, name, cache);
    const waiting = openArrivals(facts).map((arrival) => arrivalView(facts, arrival));
    return context.json({ tasks: tasks.map(taskView), waiting }, 200);
  });

  const show = createRoute({
    ...secured(deps, "read"),
    ...{ method: "get", path: `${path}/{task}`, tags, summary: "One task" },
    request: { params: oneParams },
    responses: { 200: json(taskSchema, "The task"), ...PROBLEMS },
  });
  app.openapi(show, async (context) => {
    const { name, task } = context.req.valid("param");
    return context.json(taskView(findTask(await learnerStatus(store, name, cache), task)), 200);
  });

  const arrival = createRoute({
    ...secured(deps, "read"),
    ...{ method: "get", path: "/v1/learners/{name}/arrivals/{seq}", tags, summary: "What became of a file" },
    request: { params: z.object({ name: learnerName, seq: pathNumber }) },
    responses: { 200: json(arrivalSchema, "The arrival"), ...PROBLEMS },
  });
  app.openapi(arrival, async (context) => {
    const { name, seq } = context.req.valid("param");
    const facts = await loadFacts(store, name, cache);
    const found = facts.arrivals.find((fact) => fact.seq === seq);
    if (!found) throw new Problem(404, `There is no arrival ${seq} of "${name}"`);
    return context.json(arrivalView(facts, found), 200);
  });
}

function findTask(status: LearnerStatus, task: number): LearnerStatus["tasks"][number] {
  const found = status.tasks.find((fact) => fact.task === task);
  if (found) return found;
  throw new Problem(
    404,
    `There is no task ${task} of "${status.learner.name}": it has ${status.tasks.length}`,
  );
}

function registerActs(app: Gateway, deps: RouteDeps): void {
  const { store, cache } = deps;
  const again = createRoute({
    ...secured(deps, "submit"),
    ...{ method: "post", path: `${path}/{task}/retry`, tags, summary: "Learn a task again" },
    description:
      "A failed one goes on where it stopped; one that was parked, withdrawn or cancelled is trained anew.",
    request: { params: oneParams, body: { content: { "application/json": { schema: retrySchema } } } },
    responses: {
      202: json(z.object({ task: z.int(), how: z.enum(["continued", "new attempt"]) }), "It will be done"),
      ...PROBLEMS,
    },
  });
  app.openapi(again, async (context) => {
    const { name, task } = context.req.valid("param");
    const { reason = `retried by ${context.get("token").name}`, overrides = {} } = context.req.valid("json");
    findTask(await learnerStatus(store, name, cache), task);
    await refusing(422, () => resolveHyperparameters("default", overrides), "body.overrides");
    const how = await judged(() => retry({ store, name, task, reason, overrides }));
    wake(deps, name);
    return context.json({ task, how }, 202);
  });

  const stop = createRoute({
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
    findTask(await learnerStatus(store, name, cache), task);
    await judged(() => cancel({ store, name, task, reason }));
    wake(deps, name);
    return context.json(taskView(findTask(await learnerStatus(store, name, cache), task)), 200);
  });
}
