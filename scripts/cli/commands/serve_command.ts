/**
 * `cugro serve`: act over HTTP from a folder; the weights follow the head.
 * @module
 */
import { actRequestSchema, MAX_ACT_BYTES, type WayOfActing } from "@cugro/protocol";
import { createLog } from "@cugro/telemetry";
import {
  actBody,
  ActError,
  actHeaders,
  type Acting,
  type Knowledge,
  MAX_STALE_MS,
  openActing,
} from "@cugro/serving";
import type { Command } from "commander";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { type HttpServer, listen as listenOn, type ListenOptions } from "@cugro/process";
import { openForReading } from "../learners/stores_of_flags.ts";
import { onlyOnStore, STORE_FLAG } from "../learners/learners_of_flags.ts";
import { actingOption } from "./acting_option.ts";
import { actingSo } from "./acting_so.ts";
import { UsageError, wholeNumber } from "./print_output.ts";
import { problem } from "./serve_problem.ts";
import { openServeSockets } from "./serve_sockets.ts";

/** How long requests under way at Ctrl-C may take (ms). */
const GRACE_MS = 5_000;

/** Adds the command. */
export function registerServe(program: Command): void {
  const command = program.command("serve")
    .requiredOption("--learner <name>", "learner whose policy is served")
    .option("--port <n>", "port on this machine", wholeNumber("--port", 0), 8090)
    .option(
      "--stale <seconds>",
      "while the store is unreachable, answer from the loaded policy for this long; 0: without limit",
      wholeNumber("--stale", 0),
      MAX_STALE_MS / 1000,
    )
    .addOption(actingOption())
    .option(...STORE_FLAG)
    .action(serve);
  onlyOnStore(command, "a gateway serves every learner of its store by itself; ask it with cugro act --url");
}

async function serve(
  { learner, port, stale, acting: way, store: folder }: {
    learner: string;
    port: number;
    stale: number;
    acting?: WayOfActing;
    store: string;
  },
): Promise<void> {
  const store = await openForReading(folder);
  const log = createLog({ level: "warn" });
  const acting = actingSo(await openActing({ store, log, maxStaleMs: stale * 1000 }), way);
  try {
    const about = await acting.about(learner);
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());
    const sockets = openServeSockets(learner, acting, log);
    const app = createActApp(learner, acting);
    const server = await listen(port, { fetch: (request) => app.fetch(request), upgrade: () => sockets });
    const at = `127.0.0.1:${server.port}/v1/learners/${learner}/act`;
    const { version } = about;
    console.error(`version ${version} of ${learner} at http://${at}, and as a WebSocket at ws://${at}`);
    console.error(describeUse(about, `http://${at}`));
    await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    await Promise.all([server.close(GRACE_MS), sockets.close(GRACE_MS)]);
    console.error("stopped; all requests have been answered");
  } finally {
    await acting.close();
    await store.close();
  }
}

/** How to ask it: the known tasks, and a line that can be pasted. */
export function describeUse(
  { tasks, stateDim }: { tasks: readonly { task: number }[]; stateDim: number },
  url: string,
): string {
  const known = tasks.map(({ task }) => task);
  const row = new Array(stateDim).fill(0);
  const line = `curl -d '${JSON.stringify({ task: known[0], observations: [row] })}' ${url}`;
  const about = `task${known.length === 1 ? "" : "s"} ${known.join(", ")}; ${stateDim} numbers a row`;
  return stateDim <= MOST_ZEROS ? `${about}, as in: ${line}` : about;
}

/** With more numbers a row than this no example is printed. */
const MOST_ZEROS = 50;

/** Serves on a port of this machine. @throws {UsageError} when another process has it */
export async function listen(
  port: number,
  app: Pick<ListenOptions, "fetch" | "upgrade">,
): Promise<HttpServer> {
  try {
    return await listenOn({ host: "127.0.0.1", port, ...app });
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    if (cause?.code !== "EADDRINUSE") throw error;
    throw new UsageError(
      `Cannot listen on 127.0.0.1:${port}: another process has it. Choose another with --port, or any free one with --port 0`,
      { cause: error },
    );
  }
}

/** The HTTP application; tests call it without a socket. */
export function createActApp(learner: string, acting: Pick<Acting, "act" | "about" | "known">): Hono {
  const app = createHealthApp(() => acting.known(learner));
  app.use("/v1/learners/:name/*", async (context, next) => {
    const name = context.req.param("name");
    if (name !== learner) {
      return problem(404, "Not found", `No learner ${name} is served here: it is ${learner}`);
    }
    await next();
  });
  app.get("/v1/learners/:name", async (context) => {
    const { version, tasks, stateDim, actionDim, actingByTask } = await acting.about(learner);
    const wayOf = (task: number) => actingByTask?.get(task) ?? "sampler";
    const known = tasks.map(({ task, name }) => ({ task, name, acting: wayOf(task) }));
    return context.json({ learner, version, tasks: known, stateDim, actionDim });
  });
  const onError = () => problem(413, "Too large", `A request may have at most ${MAX_ACT_BYTES} bytes`);
  app.post(
    "/v1/learners/:name/act",
    bodyLimit({ maxSize: MAX_ACT_BYTES, onError }),
    async ({ req: { raw } }) => await answer(learner, acting, raw),
  );
  app.get("/v1/learners/:name/act", () => {
    const refusal = problem(426, "Upgrade required", "GET here needs a WebSocket; POST acts without");
    refusal.headers.set("upgrade", "websocket");
    return refusal;
  });
  app.notFound(() =>
    problem(
      404,
      "Not found",
      "POST /v1/learners/<name>/act acts, GET /v1/learners/<name> tells what is served",
    )
  );
  app.onError((error) => {
    if (!(error instanceof ActError)) return problem(500, "Internal error", error.message);
    return problem(error.status, "Cannot act", error.message, error.retryAfterSeconds);
  });
  return app;
}

/** The policy's answer to a request, or what is wrong with the request. @throws {ActError} where the policy refuses */
async function answer(learner: string, acting: Pick<Acting, "act">, request: Request): Promise<Response> {
  const parsed: unknown = await request.json().catch(() => undefined);
  if (parsed === undefined) {
    return problem(
      400,
      "Bad request",
      'body: it is not JSON; wanted is {"task": 1, "observations": [[0.1, 0.2]]}',
    );
  }
  const body = actRequestSchema.safeParse(parsed);
  if (!body.success) {
    const issue = body.error.issues[0]!;
    return problem(400, "Bad request", `${issue.path.join(".") || "body"}: ${issue.message}`);
  }
  const acted = await acting.act(learner, body.data, request.signal);
  return Response.json(actBody(acted), { headers: actHeaders(acted) });
}

/** Liveness and readiness, as every service reports them. */
function createHealthApp(known: () => Knowledge | undefined): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", (context) => {
    const now = known();
    const [status, store] = describe(now);
    return context.json({ status, dependencies: { store } }, now ? 200 : 503);
  });
  return app;
}

/** Whether the policy and its store are ready, in the form of every service's `/readyz`. */
function describe(known: Knowledge | undefined): [string, string] {
  if (!known) return ["not ready", "no policy is open"];
  if (!known.stale) return ["ready", "ok"];
  return [
    "degraded",
    `not reachable for ${Math.floor(known.headAgeSeconds)} s; the loaded policy goes on acting`,
  ];
}
