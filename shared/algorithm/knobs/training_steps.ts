/**
 * How many steps a training takes: which knobs of each kind say so.
 * @module
 */
import type { Hyperparameters, KnobName } from "./hyperparameters.ts";
import type { KnobKind } from "./knob.ts";

type Numeric = { [K in KnobName]: Hyperparameters[K] extends number ? K : never }[KnobName];

/** Steps of the first task, steps added per old task, and the most there may be. */
const STEP_KNOBS: {
  readonly [K in KnobKind]?: readonly [base: Numeric, perOldTask: Numeric, most: Numeric];
} = {
  "states.train": ["stateSteps", "generatorStepsPerOldTask", "maxGeneratorSteps"],
  "behavior.train": ["behaviorSteps", "generatorStepsPerOldTask", "maxGeneratorSteps"],
  "critic.train": ["criticSteps", "criticStepsPerOldTask", "maxCriticSteps"],
  "proposer.train": ["proposerSteps", "distilStepsPerOldTask", "maxDistilSteps"],
  "actor.train": ["actorSteps", "distilStepsPerOldTask", "maxDistilSteps"],
};

/**
 * Steps that the knobs of a kind ask for, before the most there may be cuts them.
 *
 * @param values of a job's configuration, which says whether all tasks are learnt alike (`joint`), and whether it ends early (`until`).
 * @param oldTasks of the learner, when the training runs.
 * @returns undefined where the kind is no training, or a value is not among them.
 */
export function askedSteps(
  kind: KnobKind,
  values: Readonly<Record<string, unknown>>,
  oldTasks: number,
): number | undefined {
  const [base, perOldTask] = STEP_KNOBS[kind]?.map((name) => values[name]) ?? [];
  if (typeof base !== "number" || typeof perOldTask !== "number") return undefined;
  const asked = (values.joint === true ? jointSteps : stepsFor)(base, perOldTask, Infinity, oldTasks);
  return typeof values.until === "number" ? stepsUntil(asked, values.until) : asked;
}

/**
 * Steps of a training: `base`, more for every old task, never above `max`.
 *
 * @param base steps of a first task
 * @param perOldTask more steps for each
 * @param max the most steps
 * @param oldTasks their number
 * @returns steps
 */
export function stepsFor(base: number, perOldTask: number, max: number, oldTasks: number): number {
  return Math.min(base + perOldTask * oldTasks, max);
}

/**
 * Steps of a training on all tasks alike: those of all trainings that a learner's tasks would have taken one after the other.
 *
 * @param base steps of a first task
 * @param perOldTask more steps for each
 * @param max the most steps of one training
 * @param oldTasks their number
 * @returns steps
 */
export function jointSteps(base: number, perOldTask: number, max: number, oldTasks: number): number {
  let steps = 0;
  for (let old = 0; old <= oldTasks; old++) steps += stepsFor(base, perOldTask, max, old);
  return steps;
}

/**
 * Steps of a training that ends after a share of them, at least one.
 *
 * @param steps of the whole training
 * @param share of them, 0 to 1
 * @returns steps, at least one
 */
export function stepsUntil(steps: number, share: number): number {
  return Math.max(1, Math.round(share * steps));
}

/**
 * The knob that cuts the steps of a kind.
 *
 * @param kind of a training job
 * @returns the knob's name, or undefined where none cuts
 */
export function limitOfSteps(kind: KnobKind): KnobName | undefined {
  return STEP_KNOBS[kind]?.[2];
}
