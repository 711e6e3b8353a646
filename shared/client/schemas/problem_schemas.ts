/**
 * Shapes of what is wrong.
 * @module
 */
import { PROBLEM_ID, standingProblemSchema as problem } from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

/** A problem that needs a person; errors of requests are separate ({@link problemSchema}). */
export const standingProblemSchema = problem.extend({
  id: z.string().openapi({ description: "Follows from the cause: the same cause has the same id" }),
  since: z.iso.datetime().nullable().openapi({
    description: "When this occurrence began; null: nobody knows",
  }),
  message: z.string().openapi({ description: "What is wrong" }),
  advice: z.string().openapi({ description: "What to do about it; may be empty" }),
}).openapi("StandingProblem");

/** Which problems. */
export const problemsQuery = z.object({
  all: z.enum(["true", "false"]).default("false").openapi({
    description: "Also those that were acknowledged",
  }),
});
/** Id of a problem, as in paths. */
export const problemIdParams = z.object({
  id: z.string().regex(PROBLEM_ID, "must be 24 hexadecimal digits"),
});
/** A problem, as the API shows it. */
export type StandingProblem = z.infer<typeof standingProblemSchema>;
