/**
 * What one asks of a policy, and what it answers: the same on every way in.
 * @module
 */
import { z } from "zod";

/** Rows of one request, at most. */
export const MAX_OBSERVATIONS = 4096;

/** Body of a request to act: rows of numbers, one row an observation. */
export const actRequestSchema = z.object({
  task: z.int().min(1),
  observations: z.array(z.array(z.number())).min(1).max(MAX_OBSERVATIONS),
  seed: z.int().min(0).max(0xffff_ffff).default(0),
  version: z.int().min(1).optional(),
});
/** See {@link actRequestSchema}. `version`: the serving one if left out. */
export type ActRequest = z.infer<typeof actRequestSchema>;

/** Actions `[n][A]` in raw units, one row an observation (of a discrete action its number alone), and the version that chose them. */
export interface ActAnswer {
  version: number;
  actions: number[][];
}
