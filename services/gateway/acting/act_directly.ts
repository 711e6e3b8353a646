/**
 * The short way of `POST /v1/learners/{name}/act`: what it does for every request is done here once more with less
 * machinery, since a control loop waits for it. It takes only what is going to be acted on: a known token, an open policy, a body in order. All
 * else, every refusal but those of the policy, is left to the routes.
 * @module
 */
import { type ActRequest, actRequestSchema, checkLearnerName } from "@cugro/protocol";
import type { Direct, DirectAnswer, DirectRequest } from "@cugro/process";
import { actBody, actHeaders, type Acting } from "@cugro/serving";
import {
  checkTraceparent,
  inSpan,
  type Log,
  type LogFields,
  type Metrics,
  traceIdOf,
} from "@cugro/telemetry";
import { z } from "zod";
import type { Authenticator } from "../auth.ts";
import type { RateLimiter } from "../limits.ts";
import { problemDocument, problemOf } from "../problem_details.ts";
import { refuseReserved } from "../request_body.ts";
import { type InFlight, requestIdOf, securityHeaders } from "../around_requests.ts";
import { allows, sees, type Token } from "../tokens.ts";

const ROUTE = "/v1/learners/:name/act";
const PATH = /^\/v1\/learners\/([a-z0-9-]{1,80})\/act$/;

/** Its dependencies, the same as the application's. */
export interface DirectActDeps {
  acting: Pick<Acting, "act" | "known">;
  auth: Authenticator;
  rate: RateLimiter;
  inFlight: InFlight;
  metrics: Pick<Metrics, "actRequests" | "httpRequests" | "httpSeconds">;
  log: Log;
}

/** A request that will be acted on. */
interface Accepted {
  learner: string;
  token: Token;
  request: ActRequest;
}

/**
 * Makes the short way; it answers undefined to a request that it leaves to the routes.
 *
 * @param deps token, policies and limits; they are those of the routes
 * @returns answers POST requests to act
 */
export async function createDirectAct(deps: DirectActDeps): Promise<Direct> {
  const always = { ...await securityHeaders(), "cache-control": "no-store" };
  return {
    wants: (method, url) => method === "POST" && PATH.test(url),
    async answer(asked) {
      const leave = deps.inFlight.enter();
      try {
        const accepted = await accept(deps, asked);
        return accepted && await watched(deps, asked, accepted, always);
      } finally {
        leave();
      }
    },
  };
}

/** Undefined where anything is not as usual. */
async function accept(
  { acting, auth, rate }: DirectActDeps,
  asked: DirectRequest,
): Promise<Accepted | undefined> {
  const { headers, url, body } = asked;
  const learner = PATH.exec(url)![1]!;
  if (headers["content-type"] !== "application/json" || headers["content-encoding"] !== undefined) {
    return undefined;
  }
  if (acting.known(learner) === undefined) return undefined;
  const token = await auth.authenticate(headers.authorization);
  if (!token || !allows(token, "read") || !sees(token, checkLearnerName(learner))) return undefined;
  const request = read(body);
  if (!request || rate.take(token.name) > 0) return undefined;
  return { learner, token, request };
}

const schema = z.strictObject(actRequestSchema.shape);
const decoder = new TextDecoder();

function read(body: Uint8Array): ActRequest | undefined {
  try {
    const text = decoder.decode(body);
    refuseReserved(text);
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** As `aroundRequests` does: span, metrics, log line, headers. */
async function watched(
  { acting, metrics, log }: DirectActDeps,
  { headers, signal }: DirectRequest,
  { learner, token, request }: Accepted,
  always: Record<string, string>,
): Promise<DirectAnswer> {
  const started = performance.now();
  const requestId = requestIdOf(headers["x-request-id"]);
  const parent = checkTraceparent(headers.traceparent);
  metrics.actRequests.inc();
  return await inSpan(
    "HTTP POST",
    { kind: "server", ...(parent === undefined ? {} : { parent }) },
    async (span) => {
      const answer = await act(acting, learner, request, signal, requestId);
      const { status } = answer;
      span.set({ "http.request.method": "POST", "http.route": ROUTE, "http.response.status_code": status });
      const seconds = (performance.now() - started) / 1000;
      metrics.httpRequests.inc({ route: ROUTE, method: "POST", status: String(status) });
      metrics.httpSeconds.observe({ route: ROUTE }, seconds);
      report(log, { requestId, status, seconds, token: token.name, learner, parent }, answer.error);
      return {
        status,
        body: answer.body,
        headers: { ...always, ...answer.headers, "x-request-id": requestId },
      };
    },
  );
}

/** One line, its fields in the order in which the routes have them. */
function report(
  log: Log,
  { requestId, status, seconds, token, learner, parent }: {
    requestId: string;
    status: number;
    seconds: number;
    token: string;
    learner: string;
    parent: string | undefined;
  },
  error: unknown,
): void {
  const ms = Math.round(seconds * 1e4) / 10;
  const line: LogFields = { requestId, method: "POST", route: ROUTE, status, ms, token, learner };
  const traceId = traceIdOf(parent);
  if (traceId !== undefined) line.traceId = traceId;
  if (error !== undefined) line.reason = (error as Error).message;
  if (status >= 500) log.error("request failed", { ...line, error });
  else log.info("request", line);
}

async function act(
  acting: Pick<Acting, "act">,
  learner: string,
  request: ActRequest,
  signal: AbortSignal,
  requestId: string,
): Promise<DirectAnswer & { error?: unknown }> {
  try {
    const acted = await acting.act(learner, request, signal);
    const headers = { "content-type": "application/json", ...actHeaders(acted) };
    return { status: 200, headers, body: JSON.stringify(actBody(acted)) };
  } catch (error) {
    const problem = problemOf(error, signal);
    const headers = { "content-type": "application/problem+json", ...problem.more.headers };
    return {
      status: problem.status,
      headers,
      body: JSON.stringify(problemDocument(problem, requestId)),
      error,
    };
  }
}
