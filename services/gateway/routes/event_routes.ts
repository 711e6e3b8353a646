/**
 * Events and progress as they happen: server-sent events.
 * @module
 */
import { EVENT_TYPES, type EventType, EVERYONE } from "@cugro/protocol";
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { EventFeed } from "../events/event_stream.ts";
import { type Gateway, type GatewayEnv, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { quotasOf } from "../limits.ts";
import { Problem, refusing } from "../problem_details.ts";
import { refuseMore } from "../quotas.ts";
import { learnerName } from "@cugro/client/schemas";
import { sees } from "../tokens.ts";

/** What the routes need. */
export type EventDeps = RouteDeps & {
  feed: Pick<EventFeed, "open" | "clients" | "asked">;
  /** Streams at a time. @default 1000 */
  maxStreams?: number;
};

const typesSchema = z.string().max(1000).transform((text) => text.split(",")).pipe(
  z.array(z.enum(EVENT_TYPES)),
)
  .openapi({ type: "string", description: `Types, separated by commas, of ${EVENT_TYPES.join(", ")}` });
const querySchema = z.object({
  types: typesSchema.optional(),
  progress: z.enum(["true", "false"]).default("true").openapi({
    description: "Whether progress of jobs and traffic are sent",
  }),
  after: z.string().max(200).optional().openapi({ description: "As `Last-Event-ID`, which wins" }),
});
const headerSchema = z.object({
  "last-event-id": z.string().max(200).optional().openapi({
    description:
      "Go on after this event: nothing is missed that the bus still has (7 days; embedded: 1,000 events)",
  }),
});
type Query = z.output<typeof querySchema>;

const DESCRIPTION =
  "CloudEvents, each under its type, with an `id` to go on from; `progress` of running jobs, and `traffic` where policies of a " +
  "learner were asked (at most every 2 s), without one. A comment " +
  "every 15 s. `gap`: events were missed and are gone, so read the state again. Events may come twice, with the same " +
  "id in their data. Those of problems have no `id` of their own and are sent to the clients connected at that time: a new one asks " +
  "`/v1/problems` first. The stream ends after an hour; come again with the last id.";

/** Adds the routes. */
export function registerEvents(app: Gateway, deps: EventDeps): void {
  deps.live.onAsked((learner) => deps.feed.asked(learner));
  const common = {
    tags: ["events"],
    description: DESCRIPTION,
    responses: {
      200: { description: "The stream", content: { "text/event-stream": { schema: z.string() } } },
      ...PROBLEMS,
    },
  };
  const ofLearner = createRoute({
    operationId: "learnerEvents",
    ...secured(deps, "read"),
    ...common,
    ...{ method: "get", path: "/v1/learners/{name}/events", summary: "Events of a learner, live" },
    request: { params: z.object({ name: learnerName }), query: querySchema, headers: headerSchema },
  });
  app.openapi(ofLearner, (context) => {
    const { name } = context.req.valid("param");
    const isSeen = (subject: string) => subject === name || subject === EVERYONE;
    return stream(deps, context, context.req.valid("query"), isSeen);
  });
  const ofAll = createRoute({
    operationId: "events",
    ...secured(deps, "read"),
    ...common,
    ...{ method: "get", path: "/v1/events", summary: "Events of all learners the token sees, live" },
    request: { query: querySchema, headers: headerSchema },
  });
  app.openapi(ofAll, (context) => {
    const token = context.get("token");
    const isSeen = (subject: string) => subject === EVERYONE || sees(token, subject);
    return stream(deps, context, context.req.valid("query"), isSeen);
  });
}

async function stream(
  { feed, limits, maxStreams = 1000 }: EventDeps,
  context: Context<GatewayEnv>,
  query: Query,
  seesSubject: (subject: string) => boolean,
): Promise<Response> {
  if (feed.clients() >= maxStreams) {
    throw new Problem(503, `${maxStreams} streams are open: try again later`, {
      headers: { "retry-after": "30" },
    });
  }
  const token = context.get("token");
  refuseMore("streams", {
    ...{ has: feed.clients(token.name), quotas: quotasOf(token, limits), token: token.name },
    ...{ status: 429, retryAfter: 30, what: "streams of events" },
    advice: "close one, or ask one stream for the events of all learners",
  });
  const after = context.req.header("last-event-id") || query.after;
  const types = query.types && new Set<EventType>(query.types);
  const audience = {
    token: token.name,
    sees: seesSubject,
    types,
    progress: query.progress === "true",
    after,
  };
  const body = await refusing(400, () => feed.open(audience, context.req.raw.signal), "header.last-event-id");
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // Proxies must not hold events back.
      "x-accel-buffering": "no",
    },
  });
}
