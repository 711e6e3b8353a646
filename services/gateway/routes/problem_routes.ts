/**
 * What is wrong: listed, acknowledged.
 * @module
 */
import {
  problemIdParams,
  problemsQuery,
  reasonSchema,
  type StandingProblem,
  standingProblemSchema,
} from "@cugro/client/schemas";
import { acknowledgeProblem } from "@cugro/problems";
import { audienceOf, EVERYONE, OPERATORS } from "@cugro/protocol";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { Problem } from "../problem_details.ts";
import { sees, type Token } from "../tokens.ts";

const tags = ["problems"];

/** Adds the routes. */
export function registerProblems(app: Gateway, deps: RouteDeps): void {
  registerList(app, deps);
  registerAcknowledging(app, deps);
}

function registerList(app: Gateway, deps: RouteDeps): void {
  const { problems } = deps;
  const list = createRoute({
    operationId: "listProblems",
    ...secured(deps, "read", { outage: "wait" }),
    ...{
      method: "get",
      path: "/v1/problems",
      tags,
      summary: "Everything that is wrong and the token may see",
    },
    description:
      "Problems of learners whom the token sees, and of what all share (bus, store, kinds of jobs). What lies in the " +
      "bucket under foreign names is shown to tokens for all learners. While the store is away: what it last told.",
    request: { query: problemsQuery },
    responses: {
      200: json(z.object({ problems: z.array(standingProblemSchema) }), "Errors first, then the newest"),
      ...PROBLEMS,
    },
  });
  app.openapi(list, async (context) => {
    const visible = visibleTo(context.get("token"), await problems.list());
    const { all } = context.req.valid("query");
    return context.json({ problems: all === "true" ? visible : unacknowledged(visible) }, 200);
  });
}

function registerAcknowledging(app: Gateway, deps: RouteDeps): void {
  const { store, problems } = deps;
  const acknowledge = createRoute({
    operationId: "acknowledgeProblem",
    ...secured(deps, "submit"),
    ...{ method: "post", path: "/v1/problems/{id}/acknowledge", tags },
    summary: "Say that a problem has been seen: it is not shown until it comes up again",
    description: "Of what all share only a token for all learners can say so.",
    request: {
      params: problemIdParams,
      body: { content: { "application/json": { schema: reasonSchema } }, required: false },
    },
    responses: { 200: json(standingProblemSchema, "The problem, acknowledged"), ...PROBLEMS },
  });
  app.openapi(acknowledge, async (context) => {
    const token = context.get("token");
    const { id } = context.req.valid("param");
    const problem = visibleTo(token, await problems.list()).find((one) => one.id === id);
    if (!problem) throw new Problem(404, `There is no problem ${id} here: it may be over`);
    if (audienceOf(problem) === EVERYONE && !sees(token, OPERATORS)) {
      throw new Problem(
        403,
        `The token "${token.name}" does not see all learners, and this problem is everyone's`,
      );
    }
    const { reason } = context.req.valid("json");
    const done = await acknowledgeProblem({ store, problem, by: token.name, reason });
    problems.wake();
    return context.json(done, 200);
  });
}

/** Those that a token may see. */
export function visibleTo(token: Token, problems: readonly StandingProblem[]): StandingProblem[] {
  return problems.filter((problem) => {
    const audience = audienceOf(problem);
    return audience === EVERYONE || sees(token, audience);
  });
}

/** Those that nobody has acknowledged. */
export function unacknowledged(problems: readonly StandingProblem[]): StandingProblem[] {
  return problems.filter(({ acknowledged }) => acknowledged === null);
}
