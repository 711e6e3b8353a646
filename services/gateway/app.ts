/**
 * The gateway as an application: a request in, a response out; nothing here listens.
 *
 * Every request: id, log line, headers -> token (401) -> rate (429) -> scope, learner, body (`secured`) -> handler.
 * @module
 */
import { OpenAPIHono, type OpenAPIHonoOptions } from "@hono/zod-openapi";
import { createCache, createReader, type FactCache, type LearnerReader } from "@cugro/learners";
import type { Bus } from "@cugro/bus";
import { createLog, type Log, type Metrics } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import type { Store } from "@cugro/store";
import type { ErrorHandler, MiddlewareHandler } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Authenticator } from "./auth.ts";
import { type Gateway, type GatewayEnv, refusePacked, refuseTooOften, type RouteDeps } from "./gateway.ts";
import { DEFAULT_LIMITS, type Limits, type RateLimiter, rateOf } from "./limits.ts";
import { Problem, problemOf, problemResponse } from "./problem_details.ts";
import { noLiveFigures } from "./live/mod.ts";
import { problemsOnDemand } from "./problems/watch_problems.ts";
import { bodyProblem } from "./request_body.ts";
import { refuseUnknownQueries } from "./query_names.ts";
import { createReportLinks, type ReportLinks } from "./report_links.ts";
import { aroundRequests, createInFlight, type InFlight } from "./around_requests.ts";
import { type ActDeps, registerAct } from "./routes/act_routes.ts";
import { registerAsyncapi } from "./routes/asyncapi_routes.ts";
import { type BundleDeps, registerBundles } from "./routes/bundle_routes.ts";
import { registerCurves } from "./routes/curve_routes.ts";
import { registerDashboard } from "./routes/dashboard_routes.ts";
import { registerDeliveries } from "./routes/delivery_routes.ts";
import { registerEvaluations } from "./routes/evaluation_routes.ts";
import { type EventDeps, registerEvents } from "./routes/event_routes.ts";
import { registerHistory } from "./routes/history_routes.ts";
import { registerJobs } from "./routes/job_routes.ts";
import { registerLabels } from "./routes/label_routes.ts";
import { registerLearners } from "./routes/learner_routes.ts";
import { registerMemory } from "./routes/memory/memory_routes.ts";
import { registerNotifications } from "./routes/notification_routes.ts";
import { registerOpenapi } from "./routes/openapi_routes.ts";
import { registerPolicies } from "./routes/policy_routes.ts";
import { registerProblems } from "./routes/problem_routes.ts";
import { registerReport } from "./routes/report_routes.ts";
import { registerResults } from "./routes/result_routes.ts";
import { registerTasks } from "./routes/task_routes.ts";
import { registerToken } from "./routes/token_routes.ts";
import { registerTraffic } from "./routes/traffic_routes.ts";
import { registerUploads } from "./routes/upload_routes.ts";
import { registerValidation } from "./routes/validation_routes.ts";
import { registerVersions } from "./routes/version_routes.ts";
import type { WebhookDeps } from "./routes/webhook_access.ts";
import { registerWebhooks } from "./routes/webhook_routes.ts";

/** Dependencies and settings of the gateway. */
export interface GatewayOptions {
  store: Store;
  bus: Bus;
  auth: Authenticator;
  /** Bearer secret of S3 notifications; without it they are all refused. */
  notificationSecret?: string;
  /** Answers `act`; without it there is no such route. */
  acting?: ActDeps["acting"];
  /** Pages of these may act over a WebSocket, beside those of the gateway's own host. @default none */
  origins?: readonly string[];
  /** Makes and reads links to reports. @default with a key of this process */
  links?: ReportLinks;
  /** Who makes bundles of versions. @default a thread of this process */
  bundler?: BundleDeps["bundler"];
  /** Streams of events; without it there are none. */
  feed?: EventDeps["feed"];
  /** Current problems. @default looked up on request, without watching bus and store */
  problems?: RouteDeps["problems"];
  /** Who delivers to webhooks, and where these may go; without it there are none. */
  webhooks?: Pick<WebhookDeps, "deliverer" | "addresses">;
  limits?: Partial<Limits>;
  /** Live figures. @default none */
  live?: RouteDeps["live"];
  /** Put-once facts that were read before. */
  cache?: FactCache;
  /** Reads where learners stand. @default one of its own */
  learners?: LearnerReader;
  metrics?: Metrics;
  log?: Log;
  /** How often each token has asked lately, where others count as well. @default what `limits` says */
  rate?: RateLimiter;
  /** Counts requests that are under way, so that a shutdown can wait for them. */
  inFlight?: InFlight;
}

/**
 * The application.
 *
 * @param options store and bus; acting and webhooks only where they are given
 * @returns an application of Hono with all routes
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { store, bus, auth, metrics = createMetrics("gateway"), log = createLog() } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { notificationSecret, cache = createCache(), inFlight = createInFlight(), origins = [] } = options;
  const { learners = createReader({ store, cache }), rate = rateOf(limits) } = options;
  const { problems = problemsOnDemand({ store, cache, learners }) } = options;
  const { live = noLiveFigures() } = options;
  const deps: RouteDeps = {
    ...{ store, bus, auth, limits, log, cache, learners, problems, live, notificationSecret },
  };
  const app: Gateway = new OpenAPIHono<GatewayEnv>({ defaultHook: refuseInvalid });
  app.use(...aroundRequests({ log, metrics, inFlight }));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (context, methods) => methodProblem(context.get("requestId"), methods),
    }),
  );
  app.use("/v1/*", authenticate(deps, rate), refusePacked, refuseUnknownQueries(app));
  for (const register of ALWAYS) register(app, deps);
  registerReport(app, { ...deps, rate, links: options.links ?? createReportLinks({ auth }) });
  registerBundles(app, { ...deps, bundler: options.bundler });
  if (options.acting) registerAct(app, { ...deps, metrics, acting: options.acting, origins });
  if (options.feed) registerEvents(app, { ...deps, feed: options.feed });
  if (options.webhooks) {
    registerWebhooks(app, { ...deps, ...options.webhooks });
    registerDeliveries(app, { ...deps, ...options.webhooks });
  }
  registerOpenapi(app);
  registerAsyncapi(app);
  registerDashboard(app);
  app.notFound((context) =>
    problemResponse(
      new Problem(404, "There is nothing at this path; /docs shows what there is"),
      context.get("requestId"),
    )
  );
  app.onError(answerError);
  return app;
}

/** Routes that every gateway has, in the order in which `/docs` shows them. */
const ALWAYS = [
  ...[registerLearners, registerUploads, registerTasks, registerLabels, registerValidation, registerJobs],
  ...[
    registerCurves,
    registerVersions,
    registerEvaluations,
    registerPolicies,
    registerMemory,
    registerResults,
    registerHistory,
  ],
  ...[registerTraffic, registerToken, registerProblems, registerNotifications],
];

/** Faults found by a route's schemas, field by field. */
const refuseInvalid: NonNullable<OpenAPIHonoOptions<GatewayEnv>["defaultHook"]> = (result) => {
  if (result.success) return;
  const place = result.target === "param" ? "path" : result.target === "json" ? "body" : result.target;
  throw bodyProblem(place, result.error.issues);
};

const answerError: ErrorHandler<GatewayEnv> = (error, context) =>
  problemResponse(problemOf(error, context.req.raw.signal), context.get("requestId"));

function methodProblem(requestId: string, methods: string[]): Response {
  const allow = methods.join(", ");
  return problemResponse(new Problem(405, `Allowed here: ${allow}`, { headers: { allow } }), requestId);
}

/** Who asks, and not too often. Notifications have a secret of their own. */
function authenticate({ auth }: RouteDeps, rate: RateLimiter): MiddlewareHandler<GatewayEnv> {
  return async (context, next) => {
    if (context.req.path.startsWith("/v1/notifications/")) return await next();
    const token = await auth.authenticate(context.req.header("authorization"));
    if (!token) {
      throw new Problem(401, "This needs a known token: Authorization: Bearer <token>", {
        headers: { "www-authenticate": 'Bearer realm="cugro"' },
      });
    }
    context.set("token", token);
    refuseTooOften(rate, token);
    await next();
  };
}
