/**
 * What every route of the gateway is given, and what it stands behind: scope, learner, size of the body.
 * @module
 */
import { problemSchema } from "@cugro/client/schemas";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { type FactCache, learnerExists, type LearnerReader } from "@cugro/learners";
import type { Bus } from "@cugro/bus";
import type { Log } from "@cugro/telemetry";
import type { Store } from "@cugro/store";
import { checkLearnerName, incomingPrefix } from "@cugro/protocol";
import type { MiddlewareHandler } from "hono";
import type { Door } from "./acting/act_on_websocket.ts";
import type { Authenticator } from "./auth.ts";
import { type Limits, type RateLimiter, readBody } from "./limits.ts";
import { Problem } from "./problem_details.ts";
import { refuseReserved } from "./request_body.ts";
import type { LiveFigures } from "./live/mod.ts";
import type { ProblemWatch } from "./problems/watch_problems.ts";
import { allows, type Scope, sees, type Token } from "./tokens.ts";

/** Dependencies of routes. */
export interface RouteDeps {
  store: Store;
  bus: Bus;
  /** Put-once facts that were read before; one for the process. */
  cache: FactCache;
  /** Where learners stand; one for the process. */
  learners: LearnerReader;
  /** Current problems. */
  problems: Omit<ProblemWatch, "onChange" | "close">;
  /** Live figures, as this process has seen them. */
  live: LiveFigures;
  limits: Limits;
  log: Log;
  auth: Authenticator;
  /** Bearer secret of S3 notifications; without it they are all refused. */
  notificationSecret: string | undefined;
}

/** Variables that middleware sets for handlers. */
export interface GatewayEnv {
  Variables: {
    requestId: string;
    token: Token;
    /** Where the connection goes on as a WebSocket. */
    entered?: true;
  };
  /** Of requests that would go on as a WebSocket: where they are let in. */
  Bindings: { door?: Door };
}
/** The application that routes are registered with. */
export type Gateway = OpenAPIHono<GatewayEnv>;

/**
 * What a route stands behind; spread into `createRoute`. Checks in this order: scope (403), whether the store answers
 * (503), learner (404 if there is none of that name or the token does not see it), size and speed of the body (413, 408).
 *
 * @param options.bodyBytes @default `limits.jsonBytes`; 0: the handler reads the body itself
 * @param options.exists whether there is such a learner. @default what the store says
 * @param options.outage what is done while the store is known to be away. @default "refuse", at once
 */
export function secured(
  deps: RouteDeps,
  scope: Scope,
  options: {
    bodyBytes?: number;
    exists?: (learner: string) => Promise<boolean>;
    outage?: "refuse" | "wait";
  } = {},
) {
  const { bodyBytes = deps.limits.jsonBytes } = options;
  const { exists = (name) => learnerExists(deps.store, name) } = options;
  const { outage = "refuse" } = options;
  const middleware: MiddlewareHandler<GatewayEnv>[] = [requireScope(scope)];
  if (outage === "refuse") middleware.push(requireStore(deps));
  middleware.push(requireLearner(exists));
  if (bodyBytes > 0) middleware.push(limitBody(deps.limits, bodyBytes));
  return { security: [{ bearer: [scope] }], middleware };
}

function requireScope(scope: Scope): MiddlewareHandler<GatewayEnv> {
  return async (context, next) => {
    const token = context.get("token");
    if (!allows(token, scope)) {
      throw new Problem(
        403,
        `The token "${token.name}" has the scopes ${token.scopes.join(", ")}: this needs ${scope}`,
      );
    }
    await next();
  };
}

function requireStore(deps: RouteDeps): MiddlewareHandler<GatewayEnv> {
  return async (_context, next) => {
    refuseOutage(deps);
    await next();
  };
}

/**
 * While the store is known to be down, requests fail at once instead of waiting for its timeout.
 * @param deps the problems, which know whether the store answers
 * @throws {Problem} 503
 */
export function refuseOutage({ problems }: Pick<RouteDeps, "problems">): void {
  if (problems.storeAnswers()) return;
  throw new Problem(503, "The store does not answer now: try again; /v1/problems says since when", {
    headers: { "retry-after": "5" },
  });
}

/**
 * Takes one more request of a token, unless there were too many.
 * @param rate buckets of all tokens
 * @param token the one that asks
 * @throws {Problem} 429
 */
export function refuseTooOften(rate: RateLimiter, token: Token): void {
  const wait = rate.take(token.name);
  if (wait <= 0) return;
  throw new Problem(429, `The token "${token.name}" asks too often`, {
    headers: { "retry-after": String(Math.ceil(wait)) },
  });
}

function requireLearner(exists: (name: string) => Promise<boolean>): MiddlewareHandler<GatewayEnv> {
  return async (context, next) => {
    const name = context.req.param("name");
    if (name !== undefined && !(maySee(context.get("token"), name) && await exists(name))) {
      throw noLearner(name);
    }
    await next();
  };
}

/** Whether a learner of this name is the token's to see, if there is one. */
function maySee(token: Token, name: string): boolean {
  try {
    checkLearnerName(name);
  } catch {
    return false;
  }
  return sees(token, name);
}

/**
 * The answer for a learner that does not exist, was deleted, or is somebody else's: the same for all three.
 *
 * @param name as it was asked for
 * @returns of status 404
 */
export function noLearner(name: string): Problem {
  return new Problem(404, `There is no learner ${JSON.stringify(name.slice(0, 80))} here`);
}

function limitBody(limits: Limits, maxBytes: number): MiddlewareHandler<GatewayEnv> {
  return async (context, next) => {
    const { raw } = context.req;
    if (raw.body) {
      const body = await readBody(raw, { ...limits, maxBytes });
      refuseReserved(new TextDecoder().decode(body));
      // The stream is used up: what comes next reads these bytes, or finds none.
      const { method, headers, signal } = raw;
      context.req.raw = new Request(raw.url, {
        method,
        headers,
        signal,
        ...(body.length > 0 ? { body } : {}),
      });
    }
    await next();
  };
}

/**
 * Bodies come as they are: nobody here unpacks them.
 *
 * @throws {Problem} 415
 */
export const refusePacked: MiddlewareHandler<GatewayEnv> = async (context, next) => {
  const encoding = context.req.header("content-encoding")?.trim().toLowerCase() ?? "identity";
  const transfer = context.req.header("transfer-encoding")?.trim().toLowerCase() ?? "chunked";
  if (transfer !== "chunked") {
    throw new Problem(
      501,
      `A body may come whole or in chunks: "${transfer.slice(0, 40)}" is not unpacked here`,
    );
  }
  if (encoding !== "identity" && encoding !== "") {
    const detail = `Bodies must come as they are: "${encoding.slice(0, 40)}" is not unpacked here`;
    throw new Problem(415, detail, { headers: { "accept-encoding": "identity" } });
  }
  await next();
};

/** A problem as an answer in a route's description. */
export const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

/** Problems every route may answer with; spread into `responses`. */
export const PROBLEMS = {
  400: problem("The request is malformed; `errors` names the fields"),
  401: problem("No token, or none that is known"),
  403: problem("The token's scopes do not allow this"),
  404: problem("There is no such thing, or this token does not see it"),
  408: problem("The body came too slowly"),
  409: problem("What is known does not allow this now"),
  413: problem("The body is too large"),
  415: problem("The body is of a type this does not read"),
  422: problem("Well-formed, but it cannot be done"),
  429: problem("Too many requests; wait as `Retry-After` says"),
  500: problem("A fault of the gateway"),
  501: problem("A body that is transferred in a way that is not read here, or what is not installed here"),
  503: problem("Store or bus cannot be reached; try again"),
  507: problem("The store is full"),
} as const;

/**
 * A JSON response of this shape, for `responses`.
 *
 * @param schema of the body
 * @param description for a person
 */
export function json<T>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/**
 * An act was done: has the next answer, and the coordinator, look at the learner. A lost hint costs seconds, not facts.
 *
 * @param learner its name
 * @param deps the bus, and the cache of learners
 */
export function wake({ bus, learners }: Pick<RouteDeps, "bus" | "learners">, learner: string): void {
  learners.invalidate(learner);
  bus.hint({ key: incomingPrefix(learner) });
}
