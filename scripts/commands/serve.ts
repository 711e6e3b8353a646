/**
 * `cugro serve`: act over HTTP from a folder; the weights follow the head.
 * @module
 */
import { loadFacts } from "@cugro/learners";
import type { Store } from "@cugro/platform";
import type { Command } from "commander";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { DEFAULT_STORE, openForReading } from "../embedded/session.ts";
import { openCompute, openPolicy, type ServedPolicy } from "../embedded/serving.ts";
import { actOn, actRequestSchema } from "./act.ts";
import { wholeNumber } from "./output.ts";

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const FOLLOW_MS = 1000;

/** Adds the command. */
export function registerServe(program: Command): void {
  program.command("serve")
    .description(
      "serve a learner's policy over HTTP: POST /v1/learners/<name>/act {task, observations, seed}",
    )
    .requiredOption("--learner <name>", "whose policy is served")
    .option("--port <n>", "port on this machine", wholeNumber("--port", 0), 8090)
    .option("--store <folder>", "folder that holds everything", DEFAULT_STORE)
    .action(serve);
}

async function serve(
  { learner, port, store: folder }: { learner: string; port: number; store: string },
): Promise<void> {
  const store = await openForReading(folder);
  const holder = await followHead(store, learner);
  const app = createActApp(learner, () => holder.served);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());
  const server = Deno.serve({
    port,
    hostname: "127.0.0.1",
    signal: stop.signal,
    onListen: ({ port }) => {
      console.error(
        `version ${holder.served.version} of ${learner} at http://127.0.0.1:${port}/v1/learners/${learner}/act`,
      );
    },
  }, app.fetch);
  await server.finished;
  holder.close();
}

/** Keeps the serving version loaded; a request under way ends on the version it began with. */
async function followHead(
  store: Store,
  learner: string,
): Promise<{ served: ServedPolicy; close: () => void }> {
  const compile = await openCompute();
  const holder = { served: await openPolicy(store, learner, compile), close: () => {} };
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      const head = (await loadFacts(store, learner)).head?.version;
      if (head && head !== holder.served.version) {
        const old = holder.served;
        holder.served = await openPolicy(store, learner, compile, head);
        console.error(`now serving version ${head}`);
        setTimeout(() => old.policy.dispose(), 10 * FOLLOW_MS);
      }
    } catch (error) {
      console.error(`cannot follow the head: ${error instanceof Error ? error.message : error}`);
    } finally {
      busy = false;
    }
  }, FOLLOW_MS);
  holder.close = () => {
    clearInterval(timer);
    holder.served.policy.dispose();
  };
  return holder;
}

/** The HTTP application; tests call it without a socket. */
export function createActApp(learner: string, served: () => ServedPolicy): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.use("/v1/learners/:name/*", async (context, next) => {
    const name = context.req.param("name");
    if (name !== learner) return problem(404, "Not found", `No learner ${name} is served here`);
    await next();
  });
  app.get("/v1/learners/:name", (context) => {
    const { version, tasks, stateDim, actionDim } = served();
    const known = tasks.map(({ task, name }) => ({ task, name }));
    return context.json({ learner, version, tasks: known, stateDim, actionDim });
  });
  const onError = () => problem(413, "Too large", `A request may have ${MAX_BODY_BYTES} bytes`);
  app.post("/v1/learners/:name/act", bodyLimit({ maxSize: MAX_BODY_BYTES, onError }), async (context) => {
    const body = actRequestSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!body.success) {
      const issue = body.error.issues[0]!;
      return problem(400, "Bad request", `${issue.path.join(".") || "body"}: ${issue.message}`);
    }
    return context.json(await actOn(served(), body.data));
  });
  app.notFound(() =>
    problem(
      404,
      "Not found",
      "POST /v1/learners/<name>/act acts, GET /v1/learners/<name> tells what is served",
    )
  );
  app.onError((error) =>
    error instanceof RangeError
      ? problem(400, "Bad request", error.message)
      : problem(500, "Internal error", error.message)
  );
  return app;
}

/** A fault as problem details (RFC 9457). */
function problem(status: number, title: string, detail: string): Response {
  return Response.json({ type: "about:blank", title, status, detail }, {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}
