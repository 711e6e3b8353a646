/**
 * Scores from outside: episodes that somebody else has run with a version, in a simulator or on a robot of theirs.
 * @module
 */
import { z } from "zod";

const place = z.int().min(1);

/** Episodes of one evaluation, at most. */
export const MOST_EPISODES = 1_000;
/** Evaluations of one version that are taken, at most. */
export const MOST_EVALUATIONS = 500;
/** A return of an episode is at most this far from 0: what is computed from returns, squares of scores among it, must stay finite. */
export const MOST_RETURN = 1e30;

const episodes = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(MOST_EPISODES);

/** Measurements, one for each episode. `success`: 0 to 1, scores are 100 times it then; `seeds`: of the start states. */
export const measuredSchema = z.object({
  returns: episodes(z.number()),
  success: episodes(z.number().min(0).max(1)).exactOptional(),
  seeds: episodes(z.int().min(0)).exactOptional(),
});

/**
 * Evaluation `n` of a version from outside, in one task. `evaluator`: what has measured it, in its own words; `by`: the token
 * that handed it in; `reason`: for the record. Of each task the newest counts, and only where there are no episodes of our own.
 */
export const evaluationFactSchema = z.object({
  schema: z.literal(1),
  ...{ version: place, n: place, task: place },
  ...measuredSchema.shape,
  evaluator: z.string().min(1).max(200),
  by: z.string(),
  at: z.iso.datetime(),
  reason: z.string().exactOptional(),
});
/** Scores from outside. Checked by {@link evaluationFactSchema}. */
export type EvaluationFact = z.infer<typeof evaluationFactSchema>;
