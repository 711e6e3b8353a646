/**
 * Around every request: its id, its log line, its metrics, its span, and the headers that every answer has.
 * @module
 */
import { checkTraceparent, inSpan, type Log, type Metrics, traceIdOf } from "@cugro/telemetry";
import { type Context, Hono, type MiddlewareHandler, type Next } from "hono";
import { requestId } from "hono/request-id";
import { matchedRoutes } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import type { GatewayEnv } from "./gateway.ts";
import { Problem } from "./problem_details.ts";

/** Requests that have no answer yet. */
export interface InFlight {
  /** One more; call the function when it has been answered. */
  enter(): () => void;
  /** How many there are. */
  count(): number;
}

/**
 * Makes a count of requests that have no answer yet, at 0.
 *
 * @returns `enter` gives the function that ends a request
 */
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

const SECURE = {
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  // For the proxy that ends TLS to promise.
  strictTransportSecurity: false,
  // Pages have a policy of their own.
  overwrite: false,
};
/** Of an id that a client gives its request. */
const MOST_LETTERS = 64;

/**
 * The headers that the library sets on every answer.
 *
 * @returns by name
 */
export async function securityHeaders(): Promise<Record<string, string>> {
  const probe = new Hono();
  probe.use(secureHeaders(SECURE));
  probe.get("/", (context) => context.body(null, 204));
  return Object.fromEntries((await probe.request("/")).headers);
}

/**
 * The id of a request: its own, if it has one in order, as the library takes it.
 *
 * @param given the request's header
 * @returns a new one where it has none in order
 */
export function requestIdOf(given: string | undefined): string {
  return given && given.length <= MOST_LETTERS && /^[\w=-]+$/.test(given) ? given : crypto.randomUUID();
}

/**
 * What goes around every request, the outermost first; see the module.
 *
 * @param deps log and metrics
 * @returns middleware
 */
export function aroundRequests(
  deps: { log: Log; metrics: Metrics; inFlight: InFlight },
): MiddlewareHandler<GatewayEnv>[] {
  return [
    requestId({ limitLength: MOST_LETTERS }),
    watchRequests(deps),
    secureHeaders(SECURE),
    setOwnHeaders,
  ];
}

/** Headers that the libraries do not set: the request id, also on problems, and no caching. */
async function setOwnHeaders(context: Context<GatewayEnv>, next: Next): Promise<void> {
  await next();
  const { headers } = context.res;
  headers.set("x-request-id", context.get("requestId"));
  if (context.req.path.startsWith("/v1/") && !headers.has("cache-control")) {
    headers.set("cache-control", "no-store");
  }
}

function watchRequests(
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
    const parent = checkTraceparent(context.req.header("traceparent"));
    const { method } = context.req;
    await inSpan(
      `HTTP ${method}`,
      { kind: "server", ...(parent === undefined ? {} : { parent }) },
      async (span) => {
        await next();
        const route = routeOf(context);
        const status = context.get("entered") ? 101 : context.res.status;
        span.set({ "http.request.method": method, "http.route": route, "http.response.status_code": status });
        const seconds = (performance.now() - started) / 1000;
        metrics.httpRequests.inc({ route, method, status: String(status) });
        metrics.httpSeconds.observe({ route }, seconds);
        report(log, context, {
          requestId: context.get("requestId"),
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

/** The internal error, which the answer leaves out. */
function causeOf(error: Error | undefined): unknown {
  return error instanceof Problem ? error.cause ?? error : error;
}
