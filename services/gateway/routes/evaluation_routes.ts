/**
 * Scores from outside: episodes that somebody else has run with a version, handed in and listed.
 * @module
 */
import { EvaluationError, handInEvaluation } from "@cugro/learners";
import type { EvaluationFact } from "@cugro/protocol";
import {
  type Evaluation,
  evaluationSchema,
  learnerName,
  type NewEvaluation,
  newEvaluationSchema,
  pathNumber,
} from "@cugro/client/schemas";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured, wake } from "../gateway.ts";
import { judged, Problem } from "../problem_details.ts";
import { findVersion } from "./version_routes.ts";

const tags = ["versions"];
const path = "/v1/learners/{name}/versions/{version}/evaluations";
const params = z.object({ name: learnerName, version: pathNumber });

const ABOUT =
  "For tasks that have no simulator here: act with the version (`version` of `act`, or its bundle), and hand in the " +
  "returns. Scores follow from the returns by the task's anchors, or are 100 times the success. The newest evaluation of a " +
  "task counts in results, measures and report, and for the gate of later versions. The same once more is not taken twice.";

/** Adds the routes. */
export function registerEvaluations(app: Gateway, deps: RouteDeps): void {
  registerHandingIn(app, deps);
  registerList(app, deps);
}

function registerHandingIn(app: Gateway, deps: RouteDeps): void {
  const handIn = createRoute({
    operationId: "evaluateVersion",
    ...secured(deps, "submit"),
    ...{ method: "post", path, tags, summary: "Hand in episodes that were run elsewhere" },
    description: ABOUT,
    request: {
      params,
      body: { required: true, content: { "application/json": { schema: newEvaluationSchema } } },
    },
    responses: {
      200: json(evaluationSchema, "It had been handed in before"),
      201: json(evaluationSchema, "Handed in"),
      ...PROBLEMS,
    },
  });
  app.openapi(handIn, async (context) => {
    const { name, version } = context.req.valid("param");
    const by = context.get("token").name;
    const { evaluation, added } = await takeEvaluation(
      deps,
      { name, version, by },
      context.req.valid("json"),
    );
    return context.json(evaluation, added ? 201 : 200);
  });
}

/**
 * Takes an evaluation in, however it came, and has the coordinator look.
 *
 * @returns it, and whether it is new
 * @throws {Problem} 404 without such a version, 422 where it cannot count
 */
export async function takeEvaluation(
  deps: Pick<RouteDeps, "store" | "learners" | "bus">,
  about: { name: string; version: number; by: string },
  { returns, success, seeds, reason, ...body }: NewEvaluation,
): Promise<{ evaluation: Evaluation; added: boolean }> {
  findVersion(await deps.learners.overview(about.name), about.version);
  const measured = {
    returns: returns ?? success!,
    ...success === undefined ? {} : { success },
    ...seeds === undefined ? {} : { seeds },
    ...reason === undefined ? {} : { reason },
  };
  const given = { store: deps.store, ...about, ...body, ...measured };
  const { evaluation, added } = await refusingEvaluations(() => judged(() => handInEvaluation(given)));
  if (added) wake(deps, about.name);
  return { evaluation: viewOf(evaluation), added };
}

function registerList(app: Gateway, deps: RouteDeps): void {
  const { learners } = deps;
  const list = createRoute({
    operationId: "versionEvaluations",
    ...secured(deps, "read"),
    ...{ method: "get", path, tags, summary: "Episodes that were run elsewhere" },
    request: { params },
    responses: {
      200: json(z.object({ evaluations: z.array(evaluationSchema) }), "Oldest first"),
      ...PROBLEMS,
    },
  });
  app.openapi(list, async (context) => {
    const { name, version } = context.req.valid("param");
    const [facts, status] = await Promise.all([learners.facts(name), learners.overview(name)]);
    findVersion(status, version);
    const evaluations = (facts.evaluations ?? []).filter((one) => one.version === version).map(viewOf);
    return context.json({ evaluations }, 200);
  });
}

function viewOf({ schema: _, ...evaluation }: EvaluationFact): Evaluation {
  return evaluation;
}

/** What cannot count is a fault of the request, and says of which field. */
async function refusingEvaluations<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { cause } = error as Error;
    if (!(cause instanceof EvaluationError)) throw error;
    const { message: detail, field } = cause;
    throw new Problem(422, detail, { errors: [{ field: `body.${field}`, detail }], cause });
  }
}
