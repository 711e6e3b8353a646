/**
 * What one asks of a policy, what it answers, and why it does not.
 * @module
 */
import {
  type Bounds,
  classesOf,
  type Familiar,
  unusualAmong,
  type WayOfActing,
} from "@cugro/algorithm/arrays";
import type { LabelledTask } from "@cugro/learners";
import type { ActAnswer, ActRequest } from "@cugro/protocol";

/** Statistics of a task's states, by which others are unusual or not. */
export interface KnownStates {
  /** Undefined where the sketch is not to be had. */
  familiar: Familiar | undefined;
  bounds: Pick<Bounds, "min" | "max">;
}

/** Facts about a policy before a request. */
export interface PolicyFacts {
  learner: string;
  version: number;
  /** Known tasks. */
  tasks: LabelledTask[];
  stateDim: number;
  actionDim: number;
  /** The ways that the version can act by. */
  ways: readonly WayOfActing[];
  /** Those that it was opened for. */
  opened: readonly WayOfActing[];
  /** How it acts in each task, unless it is asked to act otherwise. */
  actingByTask: ReadonlyMap<number, WayOfActing>;
  /** How many discrete actions there are; undefined where actions are continuous. */
  discreteActions?: number | undefined;
  /** By task. */
  states: ReadonlyMap<number, KnownStates>;
}

/** A field of a request to act that only the policy can judge. */
export type ActField = "task" | "observations" | "acting";

/** Nobody can act so now. `status` is the HTTP status that says the same. */
export class ActError extends Error {
  override name = "ActError";
  readonly retryAfterSeconds: number | undefined;
  readonly field: ActField | undefined;
  constructor(
    /** 404: no such learner or version; 409: no version yet; 422: unknown task or wrong rows; 503: try again. */
    readonly status: 404 | 409 | 422 | 503,
    message: string,
    /** With 503: when. With 422: which field of the request is wrong. */
    more: { retryAfterSeconds?: number; field?: ActField; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.field = more.field;
  }
}

/**
 * Refuses a way of acting that the version has no network for.
 *
 * @param policy its version and its ways of acting
 * @param request the way that is asked for
 * @throws {ActError} 422
 */
export function checkActing(
  { version, ways }: Pick<PolicyFacts, "version" | "ways">,
  { acting }: Pick<ActRequest, "acting">,
): void {
  if (acting === undefined || ways.includes(acting)) return;
  throw new ActError(422, `acting: version ${version} has no ${acting}; it acts by ${ways.join(" or ")}`, {
    field: "acting",
  });
}

/**
 * The observations as `[n, S]`.
 *
 * @param policy its tasks, and the numbers of an observation
 * @param request n observations of a task
 * @returns `[n, S]`, of 32 bits
 * @throws {ActError} 422 for a task that the policy does not know, rows of another size, numbers beyond 32 bits.
 */
export function readObservations(
  { tasks, stateDim }: { tasks: readonly { task: number }[]; stateDim: number },
  { task, observations }: Pick<ActRequest, "task" | "observations">,
): Float32Array {
  if (!tasks.some((known) => known.task === task)) {
    const known = tasks.map((one) => one.task).join(", ");
    throw new ActError(422, `task: ${task} is not known to this version; known tasks are ${known}`, {
      field: "task",
    });
  }
  const states = new Float32Array(observations.length * stateDim);
  let at = 0;
  let wrong = -1;
  for (let row = 0; row < observations.length; row++) {
    const numbers = observations[row]!;
    if (numbers.length !== stateDim) {
      throw new ActError(
        422,
        `observations: each must have ${stateDim} numbers: row ${row} has ${numbers.length}`,
        { field: "observations" },
      );
    }
    for (let column = 0; column < stateDim; column++, at++) {
      states[at] = numbers[column]!;
      if (wrong < 0 && !Number.isFinite(states[at])) wrong = at;
    }
  }
  if (wrong < 0) return states;
  const row = Math.floor(wrong / stateDim), column = wrong % stateDim;
  throw new ActError(
    422,
    `observations: [${row}][${column}] does not fit 32 bits: current value is ${observations[row]![column]}`,
    { field: "observations" },
  );
}

/**
 * The answer to a request, from the rows it was read as and the actions chosen for them, `[n * A]`.
 *
 * @param states `[n, S]`
 * @param actions `[n, A]`
 * @returns actions as rows, and how unusual each state is for the task
 */
export function answerOf(
  facts: PolicyFacts,
  { task, acting = facts.actingByTask.get(task)! }: Pick<ActRequest, "task" | "acting">,
  states: Float32Array,
  actions: Float32Array,
): ActAnswer {
  return {
    ...{ version: facts.version, task, acting, actions: actionRows(actions, facts) },
    ...unusualAmong(facts.states.get(task)!, states),
  };
}

/** `[n * A]` as rows; of a discrete action its number alone. */
function actionRows(
  actions: Float32Array,
  { actionDim, discreteActions }: Pick<PolicyFacts, "actionDim" | "discreteActions">,
): number[][] {
  if (discreteActions !== undefined) return Array.from(classesOf(actions, actionDim), (action) => [action]);
  const rows: number[][] = [];
  for (let at = 0; at < actions.length;) {
    const row: number[] = [];
    for (const end = at + actionDim; at < end; at++) row.push(actions[at]!);
    rows.push(row);
  }
  return rows;
}
