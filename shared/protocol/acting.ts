/**
 * What one asks of a policy, and what it answers: the same on every way in.
 * @module
 */
import { z } from "zod";
import { checkLearnerName } from "./names.ts";
import { type WayOfActing, wayOfActingSchema } from "./ways_of_acting.ts";

/** Rows of one request, at most. */
export const MAX_OBSERVATIONS = 4096;

/** Body of a request to act: rows of numbers, one row an observation. */
export const actRequestSchema = z.object({
  task: z.int().min(1),
  observations: z.array(z.array(z.number())).min(1).max(MAX_OBSERVATIONS),
  seed: z.int().min(0).max(0xffff_ffff).default(0),
  version: z.int().min(1).optional(),
  acting: wayOfActingSchema.optional(),
});
/** See {@link actRequestSchema}. `version`: the serving one if left out; `acting`: as the version serves the task. */
export type ActRequest = z.infer<typeof actRequestSchema>;

/** The id of a request in a message; comes back with its answer. */
export const actIdSchema = z.union([z.string().max(64), z.int()]);
/** The id of a request that comes as a message; comes back with its answer. Checked by {@link actIdSchema}. */
export type ActId = z.infer<typeof actIdSchema>;

/** How far held-out rows are from their mean, at the levels of the measure `unusual`; tasks up to version 0.5 lack it. */
export const distancesSchema = z.array(z.number().min(0));

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

/** Where gateways are asked over NATS to act, whatever the learner. */
export const ACT_SUBJECTS = "act.*";
/** The queue group of the gateways: each request is one gateway's. */
export const ACT_QUEUE = "gateways";

/**
 * Where gateways are asked over NATS to act for a learner.
 *
 * @param learner its name
 * @returns such as `act.mine`
 * @throws {RangeError} if it is no learner's name
 */
export function actSubject(learner: string): string {
  checkLearnerName(learner);
  return ACT_SUBJECTS.replace("*", learner);
}

/**
 * The learner whose policy is asked under this subject; undefined where it is no learner's name.
 *
 * @param subject any subject of NATS
 * @returns its name
 */
export function learnerOfActSubject(subject: string): string | undefined {
  const learner = subject.slice(ACT_SUBJECTS.length - 1);
  try {
    return actSubject(learner) === subject ? learner : undefined;
  } catch {
    return undefined;
  }
}
