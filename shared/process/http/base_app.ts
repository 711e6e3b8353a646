/**
 * What every process answers over HTTP: `/healthz` (it is alive), `/readyz` (it can do its work), `/metrics`. A service
 * with an API of its own is served beside them.
 * @module
 */
import { Hono } from "hono";
import { type EventLoopWatch, type Metrics, watchEventLoop } from "@cugro/telemetry";
import type { Direct } from "./direct.ts";
import type { FetchHandler, HttpServer, ListenOptions, Upgrade } from "./http_server.ts";
import { listen } from "./listen.ts";

/** Dependencies of a process: `true`, or the fault. */
export type Readiness = Record<string, string | true>;

/** The readiness, the metrics and the log that the base answers with. */
export interface BaseOptions {
  /** Asked at each `/readyz`; should answer within a second. */
  ready: () => Promise<Readiness>;
  /** Names in it without which the process still has something to answer. @default none */
  outlived?: ReadonlySet<string>;
  metrics: Metrics;
  /** Name of this very process; part of `/healthz` and `/readyz`. */
  instance?: string;
}

/** How {@link startHttpBase} listens. */
export interface HttpBaseOptions extends BaseOptions {
  /** @default "127.0.0.1" */
  host?: string;
  /** 0: a free one. */
  port: number;
  /** Answers everything else. @default 404 */
  extra?: {
    fetch: FetchHandler;
    direct?: () => Direct | undefined;
    upgrade?: () => Upgrade | undefined;
  };
  connections?: ListenOptions["connections"];
}

const BASE_PATHS = ["/healthz", "/readyz", "/metrics"];

/**
 * The three routes, for tests and for mounting.
 *
 * @param loop lag of the process's event loop, in seconds
 * @returns an app that answers 404 to everything else
 */
export function createBaseApp(
  { ready, outlived, metrics, instance }: BaseOptions,
  loop: Pick<EventLoopWatch, "lagSeconds">,
): Hono {
  const app = new Hono();
  const named = instance === undefined ? {} : { instance };
  app.get(
    "/healthz",
    (context) => context.json({ status: "ok", eventLoopLagSeconds: loop.lagSeconds(), ...named }),
  );
  app.get("/readyz", async (context) => {
    const dependencies = await ready();
    const away = Object.keys(dependencies).filter((name) => dependencies[name] !== true);
    const isUseful = away.every((name) => outlived?.has(name));
    const states = Object.entries(dependencies).map(([name, state]) => [name, state === true ? "ok" : state]);
    const status = away.length === 0 ? "ready" : isUseful ? "degraded" : "not ready";
    const body = { status, dependencies: Object.fromEntries(states), ...named };
    return context.json(body, isUseful ? 200 : 503);
  });
  app.get("/metrics", async () => {
    metrics.eventLoopLag.set(loop.lagSeconds());
    const { text, contentType } = await metrics.expose();
    return new Response(text, { headers: { "content-type": contentType } });
  });
  app.notFound((context) =>
    context.json({
      type: "about:blank",
      title: "Not found",
      status: 404,
      detail: "/healthz, /readyz, /metrics",
    }, 404)
  );
  return app;
}

/**
 * Starts answering.
 *
 * @param options port, readiness, metrics, log, and a service's own application
 * @returns the server, listening
 * @throws {Error} if the port is taken
 */
export async function startHttpBase(options: HttpBaseOptions): Promise<HttpServer> {
  const { host = "127.0.0.1", port, extra, connections = {} } = options;
  const loop = watchEventLoop();
  const base = createBaseApp(options, loop);
  const fetch: FetchHandler = (request) => {
    const ours = !extra || BASE_PATHS.includes(new URL(request.url).pathname);
    return ours ? base.fetch(request) : extra.fetch(request);
  };
  try {
    const { direct, upgrade } = extra ?? {};
    const others = { ...(direct ? { direct } : {}), ...(upgrade ? { upgrade } : {}) };
    const server = await listen({ host, port, fetch, connections, ...others });
    return {
      port: server.port,
      close: async (graceMs) => {
        loop.stop();
        await server.close(graceMs);
      },
    };
  } catch (error) {
    loop.stop();
    throw error;
  }
}
