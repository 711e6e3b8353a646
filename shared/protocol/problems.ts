/**
 * Problems: what is wrong and needs a person. One shape for every place that shows them.
 * @module
 */
import { z } from "zod";
import { canonicalJson, type JsonObject, sha256 } from "./canonical.ts";
import type { CloudEvent, EventType } from "./events.ts";
import { JOB_KINDS } from "./job_kinds.ts";
import { problemEventId } from "./keys.ts";

/**
 * Everything that can be wrong. `severity`: an `error` stops something, a `warning` does not. `audience` where a problem
 * is no learner's: `everyone`, or only those who see all learners, since it names what others have.
 */
export const PROBLEMS = {
  "bus.away": { severity: "error", audience: "everyone" },
  "store.away": { severity: "error", audience: "everyone" },
  "store.slow": { severity: "warning", audience: "everyone" },
  "store.full": { severity: "error", audience: "everyone" },
  "kind.unserved": { severity: "error", audience: "everyone" },
  /**
   * An object in `incoming/` whose name cannot be a key; files that look as if they were still being written, and have for
   * long; files for a learner that is not there; one for nobody.
   */
  "file.name": { severity: "warning", audience: "operators" },
  "file.unfinished": { severity: "warning", audience: "operators" },
  "file.learner": { severity: "warning", audience: "operators" },
  "file.place": { severity: "warning", audience: "operators" },
  "file.rejected": { severity: "warning", audience: "operators" },
  "task.failed": { severity: "error", audience: "operators" },
  /** Episodes that a label has run again. */
  "label.failed": { severity: "warning", audience: "operators" },
  "input.lost": { severity: "error", audience: "operators" },
  "version.parked": { severity: "warning", audience: "operators" },
  /** A simulator that is no part of this project is not there, or has died in episodes. */
  "environment.not-run": { severity: "warning", audience: "operators" },
  "environment.died": { severity: "warning", audience: "operators" },
  "version.observed": { severity: "warning", audience: "operators" },
  "performance.low": { severity: "warning", audience: "operators" },
  "gate.blind": { severity: "warning", audience: "operators" },
  /** Many observations are unlike the data of the task that they are sent for. */
  "observations.unusual": { severity: "warning", audience: "operators" },
  "learner.unreadable": { severity: "error", audience: "operators" },
  "webhook.failing": { severity: "warning", audience: "operators" },
} as const satisfies Record<
  string,
  { severity: "error" | "warning"; audience: "everyone" | "operators" }
>;
/** A code of {@link PROBLEMS}: what is wrong. */
export type ProblemCode = keyof typeof PROBLEMS;
/** Every code there is. */
export const PROBLEM_CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

const time = z.iso.datetime();
const place = z.int().min(1);

/** Somebody has seen a problem. `by`: a token's name, or the user who typed. */
export const acknowledgementSchema = z.object({ by: z.string(), at: time, reason: z.string() });
/** Somebody has seen a problem. Checked by {@link acknowledgementSchema}. */
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;

/**
 * One problem. `id` follows from its cause, so the same cause is the same problem wherever it is seen; `since`: when
 * this occurrence of it began, null where nobody knows. `key`: of an object, as it is named in the store.
 */
export const standingProblemSchema = z.object({
  id: z.string(),
  code: z.enum(PROBLEM_CODES),
  severity: z.enum(["error", "warning"]),
  since: time.nullable(),
  subject: z.object({
    learner: z.string().nullable(),
    task: place.exactOptional(),
    version: place.exactOptional(),
    kind: z.enum(JOB_KINDS).exactOptional(),
    key: z.string().exactOptional(),
    webhook: z.string().exactOptional(),
  }),
  message: z.string(),
  advice: z.string(),
  acknowledged: acknowledgementSchema.nullable(),
});
/** One problem. Checked by {@link standingProblemSchema}. */
export type Problem = z.infer<typeof standingProblemSchema>;

/** Acknowledgement `n` of a problem, as a fact; it holds for occurrences that began before it was made. */
export const acknowledgementFactSchema = acknowledgementSchema.extend({
  schema: z.literal(1),
  problem: z.string(),
  n: place,
  since: time.nullable(),
});
/** Acknowledgement `n` of a problem, as a fact; it holds for occurrences that began before it was made. Checked by {@link acknowledgementFactSchema}. */
export type AcknowledgementFact = z.infer<typeof acknowledgementFactSchema>;

/**
 * A problem that nobody has acknowledged.
 *
 * @param cause what it is the same problem for: its id follows from code and cause
 * @param about message, advice, subject, and since when
 * @returns with the severity of its code
 */
export function createProblem(
  code: ProblemCode,
  cause: JsonObject,
  about: Pick<Problem, "since" | "message" | "advice"> & { subject?: Partial<Problem["subject"]> },
): Problem {
  const { since, message, advice, subject } = about;
  const id = sha256(canonicalJson({ code, cause })).slice(0, 24);
  const of = { learner: null, ...subject };
  return {
    id,
    code,
    severity: PROBLEMS[code].severity,
    since,
    subject: of,
    message,
    advice,
    acknowledged: null,
  };
}

/**
 * A problem in one line, the same in every place.
 *
 * @param problem its message and advice
 * @returns one or two sentences
 */
export function describeProblem({ message, advice }: Pick<Problem, "message" | "advice">): string {
  return advice === "" ? message : `${message} ${advice}`;
}

/**
 * The same with the learner's name before it, for lists of several learners.
 *
 * @param problem its message, advice and subject
 * @returns such as `mine: message advice`
 */
export function describeNamed(problem: Pick<Problem, "message" | "advice" | "subject">): string {
  const { subject: { learner } } = problem;
  return `${learner === null ? "" : `${learner}: `}${describeProblem(problem)}`;
}

/** Subject of events that everyone may receive. */
export const EVERYONE = "@everyone";
/** Subject of events for those who see all learners: no name of a learner, and fits the pattern `*` alone. */
export const OPERATORS = "@operators";

/**
 * Whose problem it is: a learner's name, {@link EVERYONE} or {@link OPERATORS}.
 *
 * @param problem its code and subject
 * @returns by the subject, then by the code
 */
export function audienceOf({ code, subject }: Pick<Problem, "code" | "subject">): string {
  if (subject.learner !== null) return subject.learner;
  return PROBLEMS[code].audience === "everyone" ? EVERYONE : OPERATORS;
}

/**
 * Whether a problem is seen by one process, and not read from the store: only that process knows that it is over.
 *
 * @param problem its code
 * @returns by the table of problems
 */
export function isObserved({ code }: Pick<Problem, "code">): boolean {
  return PROBLEMS[code].audience === "everyone" || code === "observations.unusual";
}

/**
 * When this occurrence began, in ms since 1970; 0 where nobody knows.
 *
 * @param problem when it began, in ISO 8601
 * @returns milliseconds
 */
export function beganAt({ since }: Pick<Problem, "since">): number {
  return since === null ? 0 : Date.parse(since);
}

/**
 * The event that a problem has come up or is over. Its id is the same for everyone who sees this occurrence.
 *
 * @param type raised or resolved
 * @param problem whose acknowledgement is left out
 * @returns a CloudEvent
 */
export function problemEvent(
  type: Extract<EventType, "cugro.problem.raised" | "cugro.problem.resolved">,
  problem: Problem,
): CloudEvent {
  const { acknowledged: _, ...data } = problem;
  const end = type === "cugro.problem.raised" ? "raised" : "resolved";
  return {
    specversion: "1.0",
    id: problemEventId(problem.id, beganAt(problem), end),
    source: problem.subject.learner === null ? "/problems" : `/learners/${problem.subject.learner}`,
    type,
    subject: audienceOf(problem),
    datacontenttype: "application/json",
    data,
  };
}
