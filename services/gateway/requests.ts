/**
 * Around every request: its id, its log line, its metrics, its span, and the headers that every answer has.
 * @module
 */
import { randomUUID } from "node:crypto";
import { checkTraceparent, inSpan, type Log, type Metrics, traceIdOf } from "@cugro/telemetry";
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { GatewayEnv } from "./gateway.ts";
import { Problem } from "./problem.ts";

/** Requests that have no answer yet. */
export interface InFlight {
  /** One more; call the function when it has been answered. */
  enter(): () => void;
  /** How many there are. */
  count(): number;
}

/** See {@link InFlight}. */
export function createInFlight(): InFlight {
  let count = 0;
  return {
    enter() {
      count++;
      return () => void count--;
    },
    count: () => count,
  };
}

/** See the module. */
export function watchRequests(
  { log, metrics, inFlight }: { log: Log; metrics: Metrics; inFlight: InFlight },
): MiddlewareHandler<GatewayEnv> {
  const watch = watchRequest(log, metrics);
  return async (context, next) => {
    const leave = inFlight.enter();
    try {
      await watch(context, next);
    } finally {
      leave();
    }
  };
}

function watchRequest(log: Log, metrics: Metrics): MiddlewareHandler<GatewayEnv> {
  return async (context, next) => {
    const started = performance.now();
    const given = context.req.header("x-request-id");
    const requestId = given !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
    context.set("requestId", requestId);
    const parent = checkTraceparent(context.req.header("traceparent"));
    const { method } = context.req;
    await inSpan(
      `HTTP ${method}`,
      { kind: "server", ...(parent === undefined ? {} : { parent }) },
      async (span) => {
        await next();
        const route = routeOf(context);
        const { status } = context.res;
        span.set({ "http.request.method": method, "http.route": route, "http.response.status_code": status });
        setHeaders(context, requestId);
        const seconds = (performance.now() - started) / 1000;
        metrics.httpRequests.inc({ route, method, status: String(status) });
        metrics.httpSeconds.observe({ route }, seconds);
        report(log, context, {
          requestId,
          method,
          route,
          status,
          ms: Math.round(seconds * 1e4) / 10,
          parent,
        });
      },
    );
  };
}

function setHeaders({ res, req }: Context, requestId: string): void {
  res.headers.set("x-request-id", requestId);
  res.headers.set("x-content-type-options", "nosniff");
  res.headers.set("referrer-policy", "no-referrer");
  if (!res.headers.has("content-security-policy")) {
    res.headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  }
  if (req.path.startsWith("/v1/") && !res.headers.has("cache-control")) {
    res.headers.set("cache-control", "no-store");
  }
}

/** The path as the API describes it, so that log lines and metrics can be counted by it. */
function routeOf(context: Context): string {
  const handlers = matchedRoutes(context).filter(({ path, method }) =>
    !path.endsWith("*") && method !== "ALL"
  );
  return handlers.at(-1)?.path ?? "none";
}

function report(
  log: Log,
  context: Context<GatewayEnv>,
  about: {
    requestId: string;
    method: string;
    route: string;
    status: number;
    ms: number;
    parent: string | undefined;
  },
): void {
  const { parent, ...fields } = about;
  const token = context.get("token")?.name;
  const learner = context.req.param("name");
  const traceId = traceIdOf(parent);
  const line = {
    ...fields,
    ...(token === undefined ? {} : { token }),
    ...(learner === undefined ? {} : { learner: learner.slice(0, 80) }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(context.error ? { reason: context.error.message } : {}),
  };
  if (about.status >= 500) log.error("request failed", { ...line, error: causeOf(context.error) });
  else if (about.status === 401 || about.status === 403) log.warn("request refused", line);
  else log.info("request", line);
}

/** What went wrong inside, where the answer does not say. */
function causeOf(error: Error | undefined): unknown {
  return error instanceof Problem ? error.cause ?? error : error;
}
