/**
 * Shapes of scores from outside: episodes that somebody else has run with a version.
 * @module
 */
import { evaluationFactSchema, MOST_EPISODES, MOST_RETURN } from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

// Made here: schemas of the protocol cannot be described for the API.
/** Words that results repeat, on terminals too: nothing in them may change what is around them. */
const words = (most: number) =>
  z.string().min(1).max(most).refine((text) => !/\p{C}/u.test(text), "must be letters that can be shown");
const episodes = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(MOST_EPISODES);

/** Who has measured a cell of the results matrix. */
export const measuredBySchema = z.object(
  evaluationFactSchema.pick({ n: true, evaluator: true, by: true, at: true }).shape,
).openapi({ description: "Who has run its episodes outside; absent where they were run here" });

/** Body of an evaluation. */
export const newEvaluationSchema = z.strictObject({
  task: z.int().min(1),
  returns: episodes(z.number().min(-MOST_RETURN).max(MOST_RETURN)).optional().openapi({
    description: "Undiscounted sum of rewards, an episode each; may be left out where there is `success`",
  }),
  success: episodes(z.number().min(0).max(1)).optional().openapi({
    description: "Of each episode, 0 to 1: scores are 100 times this then",
  }),
  seeds: episodes(z.int().min(0)).optional().openapi({
    description:
      "Of the start states, each once. Versions are compared episode by episode where they started alike",
  }),
  evaluator: words(200).openapi({
    description: "What has measured it: robot or simulator, and its version",
    example: "lab arm 3, firmware 2.1",
  }),
  reason: words(1000).optional().openapi({ description: "For the record" }),
}).refine((body) => body.returns !== undefined || body.success !== undefined, {
  message: "must be there, or success",
  path: ["returns"],
}).openapi("NewEvaluation");

/** An evaluation that was handed in. */
export const evaluationSchema = z.object(evaluationFactSchema.omit({ schema: true }).shape).openapi(
  "Evaluation",
);

/** Episodes to hand in. Checked by {@link newEvaluationSchema}. */
export type NewEvaluation = z.input<typeof newEvaluationSchema>;
/** Episodes that were handed in. Checked by {@link evaluationSchema}. */
export type Evaluation = z.infer<typeof evaluationSchema>;
