/**
 * Files in: streamed, or named where they lie in the store; and what became of them.
 * @module
 */
import { addUploaded, adoptDropped } from "@cugro/learners";
import { activeTraceparent } from "@cugro/telemetry";
import { type ArrivalFact, incomingPrefix, parseKey, type Reading, readingOf } from "@cugro/protocol";
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Gateway, type GatewayEnv, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { boundedBody, quotasOf, readBody } from "../limits.ts";
import { Problem, refusing } from "../problem_details.ts";
import { inTurn, refuseMoreFiles } from "../quotas.ts";
import { arrivalSchema, learnerName, objectSchema, pathNumber } from "@cugro/client/schemas";
import { arrivalView } from "../views.ts";
import { AS_NEW_TASK, READING_QUERY } from "./reading_query.ts";

const tags = ["tasks"];
const params = z.object({ name: learnerName });
/** A file's name, as in queries. */
export const FILE_NAME = z.string().regex(
  // deno-lint-ignore no-control-regex -- to keep them out
  /^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,254}$/,
  "must be a file's name: no slashes or control characters, no dot at its start",
);

const UPLOAD_BODY = {
  required: true,
  content: {
    "application/octet-stream": { schema: { type: "string", format: "binary" } },
    // Not a zod schema of the route: it would be read before the handler knows which of the two came.
    "application/json": { schema: { $ref: "#/components/schemas/ObjectInStore" } },
  },
} as const;
const ABOUT_UPLOADS =
  "The body is the file as it is (HDF5, Parquet, CSV, npz, safetensors, or a zip archive of a folder of LeRobot or Minari), streamed, with its name in `fileName`; or JSON " +
  "that names an object in `incoming/`. Whether it becomes a task shows at the `Location`. The same content " +
  "again is the same arrival, unless its import failed without fault of the file: then it arrives once more. A file that " +
  "holds the episodes of a task and more becomes a revision of that task (`revision` and `note` of the arrival, event " +
  "`cugro.task.revised`), which is learnt again on the whole; with `asNewTask` it becomes a task of its own.";

/** Adds the routes. */
export function registerUploads(app: Gateway, deps: RouteDeps): void {
  registerUpload(app, deps);
  registerArrival(app, deps);
}

function registerUpload(app: Gateway, deps: RouteDeps): void {
  const upload = createRoute({
    operationId: "uploadTask",
    ...secured(deps, "submit", { bodyBytes: 0, outage: "wait" }),
    ...{
      method: "post",
      path: "/v1/learners/{name}/tasks",
      tags,
      summary: "Hand over the dataset of the next task",
    },
    description: ABOUT_UPLOADS,
    request: {
      params,
      query: z.object({ fileName: FILE_NAME.optional(), ...READING_QUERY, asNewTask: AS_NEW_TASK }),
      body: UPLOAD_BODY,
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
    const { fileName, asNewTask, gymnasium: environment, ...flags } = context.req.valid("query");
    const notes = { fileName, reading: readingOf({ ...flags, environment }), asNewTask };
    const { arrival, added } = await counted(
      deps,
      context,
      name,
      () => takeEither(deps, context, name, notes),
    );
    const { key, etag, size } = arrival;
    if (added) deps.bus.hint({ key, etag, size });
    context.header("location", `/v1/learners/${name}/arrivals/${arrival.seq}`);
    const view = arrivalView(await deps.learners.facts(name), arrival);
    return context.json(view, added ? 202 : 200);
  });
}

/** Takes the body: the file itself, or the name of one in the store. */
function takeEither(
  deps: RouteDeps,
  context: Context<GatewayEnv>,
  learner: string,
  notes: UploadNotes,
): Promise<Taken> {
  const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  return type === "application/json"
    ? adoptObject(deps, context, learner, notes)
    : takeFile(deps, context, learner, notes);
}

/** Takes a file, which counts as one that waits from its first byte on. */
async function counted<T>(
  deps: RouteDeps,
  context: Context<GatewayEnv>,
  learner: string,
  take: () => Promise<T>,
): Promise<T> {
  const arrived = await expectFile(deps, context, learner);
  try {
    return await take();
  } finally {
    deps.learners.invalidate(learner);
    arrived();
  }
}

/** Files of each learner that are on their way to this process. */
const coming = new Map<string, number>();

/**
 * Counts one more file that comes, unless there are too many.
 *
 * @returns what says that it comes no more
 */
async function expectFile(
  { learners, limits }: RouteDeps,
  context: Context<GatewayEnv>,
  learner: string,
): Promise<() => void> {
  const token = context.get("token");
  const count = (by: number) => {
    const number = (coming.get(learner) ?? 0) + by;
    if (number > 0) coming.set(learner, number);
    else coming.delete(learner);
  };
  await inTurn(`files of ${learner}`, async () => {
    const facts = await learners.facts(learner);
    refuseMoreFiles(facts, {
      ...{ quotas: quotasOf(token, limits), token: token.name },
      coming: coming.get(learner) ?? 0,
    });
    count(1);
  });
  return () => count(-1);
}

/** Query parameters about a file. */
interface UploadNotes {
  fileName: string | undefined;
  reading: Reading | undefined;
  asNewTask: boolean | undefined;
}

interface Taken {
  arrival: ArrivalFact;
  added: boolean;
}

async function takeFile(
  { store, limits }: RouteDeps,
  context: Context<GatewayEnv>,
  learner: string,
  { fileName, reading, asNewTask }: UploadNotes,
): Promise<Taken> {
  if (fileName === undefined) {
    const errors = [{ field: "query.fileName", detail: "names the file, e.g. ?fileName=task1.hdf5" }];
    throw new Problem(422, "The file needs a name", { errors });
  }
  const { raw } = context.req;
  const maxBytes = limits.uploadBytes;
  const body = refuseEmpty(boundedBody(raw, { ...limits, maxBytes }));
  return await addUploaded({ store, learner, fileName, body, maxBytes, reading, asNewTask, ...traceNote() });
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
  { store, limits, learners }: RouteDeps,
  context: Context<GatewayEnv>,
  learner: string,
  { reading, asNewTask }: UploadNotes,
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
  const place = parseKey(object);
  const info = place?.kind === "incoming" && place.learner === learner
    ? await refusing(422, () => store.head(object), "body.object")
    : undefined;
  if (!info) {
    const detail = `There is no object ${JSON.stringify(object.slice(0, 120))} for this learner: ` +
      `put the file to ${incomingPrefix(learner)} first`;
    throw new Problem(422, detail, { errors: [{ field: "body.object", detail }] });
  }
  const facts = await learners.facts(learner);
  return await adoptDropped({
    store,
    facts,
    info,
    reading,
    ...asNewTask ? { asNewTask } : {},
    ...traceNote(),
  });
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

function registerArrival(app: Gateway, deps: RouteDeps): void {
  const { learners } = deps;
  const arrival = createRoute({
    operationId: "taskArrival",
    ...secured(deps, "read"),
    ...{ method: "get", path: "/v1/learners/{name}/arrivals/{seq}", tags, summary: "What became of a file" },
    request: { params: z.object({ name: learnerName, seq: pathNumber }) },
    responses: { 200: json(arrivalSchema, "The arrival"), ...PROBLEMS },
  });
  app.openapi(arrival, async (context) => {
    const { name, seq } = context.req.valid("param");
    const facts = await learners.facts(name);
    const found = facts.arrivals.find((fact) => fact.seq === seq);
    if (!found) throw new Problem(404, `There is no arrival ${seq} of "${name}"`);
    return context.json(arrivalView(facts, found), 200);
  });
}
