/**
 * A WebSocket to act over: who may have one. What goes over it is in `acting/`.
 * @module
 */
import { learnerName } from "@cugro/client/schemas";
import { ACT_SOCKET_CLOSE, ACT_SOCKET_PROTOCOL, readActSocketProtocols } from "@cugro/protocol";
import type { Acting } from "@cugro/serving";
import { createRoute, z } from "@hono/zod-openapi";
import type { Authenticator } from "../auth.ts";
import { type Gateway, problem, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { quotasOf } from "../limits.ts";
import { Problem } from "../problem_details.ts";
import { refuseMore } from "../quotas.ts";
import { allows, sees } from "../tokens.ts";

/** What the route needs. */
export type ActSocketDeps = RouteDeps & {
  acting: Pick<Acting, "knows">;
  /** Pages of these may connect, beside those of the gateway's own host. */
  origins: readonly string[];
};

const DESCRIPTION =
  "For control loops: `GET` with `Upgrade: websocket`. A message is one request as `POST` has it, and may have an `id`; " +
  "its answer is that of `POST` with the same `id`, or a problem, and the connection goes on. Answers come in the order of " +
  "requests. What `POST` says in headers stands in the answer: `retryAfter`, `stale` with `headAgeSeconds`. The token comes " +
  `as a header or, where a client cannot set any, as a subprotocol: \`${ACT_SOCKET_PROTOCOL}, bearer.<token>\`. The ` +
  `connection ends with ${ACT_SOCKET_CLOSE.stopping} when the gateway stops (connect again), ` +
  `${ACT_SOCKET_CLOSE.tooLarge} after a message of more than 16 MiB, ${ACT_SOCKET_CLOSE.unauthenticated} or ` +
  `${ACT_SOCKET_CLOSE.forbidden} when the token does not allow it any more, ${ACT_SOCKET_CLOSE.idle} when nothing was ` +
  "asked for ten minutes. Without `Upgrade` the answer is 426 where a connection would be made, else why not.";

/** Adds the route. */
export function registerActSocket(app: Gateway, deps: ActSocketDeps): void {
  const { acting } = deps;
  const route = createRoute({
    operationId: "actOverWebSocket",
    ...secured(deps, "read", { bodyBytes: 0, outage: "wait", exists: (name) => acting.knows(name) }),
    ...{ method: "get", path: "/v1/learners/{name}/act", tags: ["acting"] },
    summary: "A WebSocket to ask for actions over",
    description: DESCRIPTION,
    request: { params: z.object({ name: learnerName }) },
    responses: {
      101: { description: "The connection goes on as a WebSocket" },
      426: problem("A WebSocket may be had, and was not asked for"),
      ...PROBLEMS,
    },
  });
  app.openapi(route, (context) => {
    const { name } = context.req.valid("param");
    const { door } = context.env ?? {};
    if (!door) {
      const headers = { connection: "upgrade", upgrade: "websocket" };
      throw new Problem(426, "GET here needs a WebSocket upgrade; POST acts without one", { headers });
    }
    refuseOrigin(context.req.header("origin"), context.req.header("host"), deps.origins);
    refuseProtocols(context.req.header("sec-websocket-protocol"));
    const token = context.get("token");
    refuseMore("sockets", {
      ...{ has: door.open(token.name), quotas: quotasOf(token, deps.limits), token: token.name },
      ...{ status: 429, retryAfter: 30, what: "WebSockets" },
      advice: "close one, or ask for many observations over one",
    });
    const standing = () => standingOf(deps.auth, context.req.header("authorization"), name);
    door.enter({ learner: name, requestId: context.get("requestId"), token: token.name, standing });
    context.set("entered", true);
    return context.body(null, 204);
  });
}

/** Why a token may not go on acting. */
async function standingOf(auth: Authenticator, authorization: string | undefined, learner: string) {
  const token = await auth.authenticate(authorization);
  if (!token) return { code: ACT_SOCKET_CLOSE.unauthenticated, reason: "the token is not known any more" };
  if (allows(token, "read") && sees(token, learner)) return undefined;
  return { code: ACT_SOCKET_CLOSE.forbidden, reason: "the token does not allow this any more" };
}

/**
 * Other sites' pages do not connect unless they were named. They could not without a token either, as nothing a browser
 * adds by itself lets anybody in; who is no browser has no origin, and could claim any.
 *
 * @throws {Problem} 403
 */
function refuseOrigin(
  origin: string | undefined,
  host: string | undefined,
  origins: readonly string[],
): void {
  if (origin === undefined || origins.includes(origin) || URL.parse(origin)?.host === host) return;
  throw new Problem(
    403,
    `Pages of ${JSON.stringify(origin.slice(0, 200))} may not connect to ${JSON.stringify(host ?? "")}: ` +
      "CUGRO_ACT_ORIGINS of the gateway names those that may",
  );
}

/**
 * A browser ends a connection whose subprotocol was not chosen, and says no reason.
 *
 * @throws {Problem} 400
 */
function refuseProtocols(list: string | undefined): void {
  if (list === undefined || readActSocketProtocols(list).offered) return;
  throw new Problem(400, `Subprotocols are offered, and "${ACT_SOCKET_PROTOCOL}" is not among them`);
}
