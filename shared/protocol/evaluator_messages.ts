/**
 * What evaluators say over NATS: which evaluations are wanted, and what came of one. Programs in any language, with a
 * simulator or a robot of their own, that measure versions in tasks without a simulator here.
 * @module
 */
import { z } from "zod";
import { checkLearnerName } from "./names.ts";

/** Where gateways are asked which evaluations are wanted. */
export const EVALUATIONS_WANTED = "evaluations.wanted";
/** Where evaluations are handed in, whatever the learner. */
export const HAND_IN_SUBJECTS = "evaluations.hand-in.*";
/** Stands for a token's name in an evaluation that came over NATS: no token has such a name. */
export const BY_NATS = "nats:evaluator";
/** Wanted evaluations of one answer, at most. */
export const MOST_WANTED = 100;

/**
 * Where evaluations of a learner are handed in.
 *
 * @param learner its name
 * @returns the subject on NATS
 * @throws {RangeError} if it is no learner's name
 */
export function handInSubject(learner: string): string {
  checkLearnerName(learner);
  return HAND_IN_SUBJECTS.replace("*", learner);
}

/**
 * The learner that is handed in for.
 *
 * @param subject on NATS
 * @returns its name; undefined where it is none
 */
export function learnerOfHandIn(subject: string): string | undefined {
  const learner = subject.slice(HAND_IN_SUBJECTS.length - 1);
  try {
    return handInSubject(learner) === subject ? learner : undefined;
  } catch {
    return undefined;
  }
}

const patterns = z.array(z.string().min(1).max(200)).min(1).max(100);

/** Environments that an evaluator can run: names or patterns with `*`. Left out: everything. */
export const wantedRequestSchema = z.strictObject({
  environments: patterns.optional(),
  learners: patterns.optional(),
});
/** See {@link wantedRequestSchema}: `environments` are matched against the members `environmentName` of what is wanted. */
export type WantedRequest = z.infer<typeof wantedRequestSchema>;

const place = z.int().min(1);
/** Of Gymnasium, with the arguments and wrappers that the data names. */
const environment = z.looseObject({ gymnasium: z.string() });

/**
 * A version that lacks scores in a task. `environmentName`: the id of the environment of Gymnasium that its data names, else the task's name; `waits`:
 * the version is not let through before, or before `until` (ISO 8601, UTC); `discreteActions`: how many, null for continuous ones; `horizon`: steps of an episode.
 */
export const wantedEvaluationSchema = z.object({
  ...{ learner: z.string(), version: place, task: place },
  ...{ environmentName: z.string(), environment: environment.nullable() },
  ...{ stateDim: place, actionDim: place, discreteActions: place.nullable(), horizon: place },
  ...{ waits: z.boolean(), until: z.iso.datetime().optional() },
});
/** A version that lacks scores in a task. */
export type WantedEvaluation = z.infer<typeof wantedEvaluationSchema>;

/** Wanted evaluations, those that are waited for first; `more`: how many did not go into the answer. */
export const wantedAnswerSchema = z.object({
  wanted: z.array(wantedEvaluationSchema).max(MOST_WANTED),
  more: z.int().min(0),
});
/** The versions that lack scores, as they are answered. */
export type WantedAnswer = z.infer<typeof wantedAnswerSchema>;
