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

/** Ways of acting: see the glossary. */
export const WAYS_OF_ACTING = ["sampler", "proposer", "actor"] as const;
/** One of {@link WAYS_OF_ACTING}. */
export type WayOfActing = typeof WAYS_OF_ACTING[number];

/** Actions, how they were chosen, and how unusual the observations are for the task. */
export interface ActAnswer {
  /** The version that chose them. */
  version: number;
  task: number;
  acting: WayOfActing;
  /** `[n][A]` in raw units, one row an observation; of a discrete action its number alone. */
  actions: number[][];
  /** Percent of the task's held-out rows that are less unusual, `[n]`; null where the task was imported before this was measured. */
  percentiles: number[] | null;
  /** Beyond 99.9 % of the task's held-out rows; where there are no percentiles, beyond the range of its rows. `[n]` */
  outOfDistribution: boolean[];
}
