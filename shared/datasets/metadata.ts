/**
 * What a file says of itself.
 * @module
 */
import { gymnasiumOf, gymnasiumSchema, type GymnasiumSpec } from "@cugro/protocol";
import { describeValue, judgeAttribute, type NumberAttribute, textAttribute as text } from "./attributes.ts";
import { DatasetError, type DatasetMetadata } from "./dataset.ts";

const MOST_LETTERS = 2 ** 16;
const META_WORLD_TASK = /^Meta-World\/[a-z]+(-[a-z]+)*-v\d{1,3}$/;

function read<T>(
  attributes: Record<string, unknown>,
  name: NumberAttribute,
  file: string,
): T | undefined {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (value === undefined || value === null) return undefined;
  const judged = judgeAttribute(name, value);
  if ("value" in judged) return judged.value as T;
  throw new DatasetError(
    { file, field: `@${name}`, value: describeValue(value) },
    `the attribute ${judged.rule}`,
  );
}

/**
 * Reads the known attributes; others say nothing. A goal in words is none that can be simulated.
 *
 * @param attributes by name, as the file has them
 * @param file named in errors
 * @returns those that are there, under the names that this software has for them
 * @throws {DatasetError} naming attribute and value
 */
export function readMetadata(attributes: Record<string, unknown>, file: string): DatasetMetadata {
  const own = (name: string) => Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  const goal = typeof own("goal") === "string" ? undefined : read<number[]>(attributes, "goal", file);
  const limits = read<number[]>(attributes, "action_limit", file);
  const found: { [Name in keyof DatasetMetadata]: DatasetMetadata[Name] | undefined } = {
    env: text(own("env")),
    family: text(own("family")),
    goal,
    horizon: read(attributes, "horizon", file),
    returnRandom: read(attributes, "return_random", file),
    returnFinalPolicy: read(attributes, "return_final_policy", file),
    actionLimit: limits?.every((limit) => limit === limits[0]) ? limits[0] : limits,
    discreteActions: read(attributes, "discrete_actions", file),
    reward: text(own("reward_rule")),
    environment: environmentIn(own("environment"), own("env_spec"), file) ??
      (isNone(attributes) ? undefined : metaWorldOf(text(own("env")), own("goal_observable"))),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/**
 * What the file names as its environment: `{"gymnasium": "Hopper-v5", "kwargs": {}}`, or what Gymnasium writes of one
 * itself, as Minari keeps it. Other texts of these names are somebody else's, and say nothing here.
 */
function environmentIn(environment: unknown, spec: unknown, file: string): GymnasiumSpec | undefined {
  const own = parsed(environment);
  if (
    typeof own === "object" && own !== null && "gymnasium" in own && !gymnasiumSchema.safeParse(own).success
  ) {
    throw new DatasetError(
      { file, field: "@environment", value: describeValue(environment) },
      'the attribute must be of the form {"gymnasium": "Hopper-v5", "kwargs": {}}',
    );
  }
  return gymnasiumOf(own) ?? gymnasiumOf(parsed(spec));
}

/** Whether it was told that there is none, in spite of what the file says. */
function isNone(attributes: Record<string, unknown>): boolean {
  return Object.hasOwn(attributes, "environment") && attributes.environment === undefined;
}

/**
 * A task of Meta-World, which is no environment's id there, but has no other name either: with it no `environment` is needed.
 * Whether its states show the goal is told by `goal_observable`, a number or a truth value; they do unless it says no.
 */
function metaWorldOf(env: string | undefined, goalObservable: unknown): GymnasiumSpec | undefined {
  if (env === undefined || !META_WORLD_TASK.test(env)) return undefined;
  const isHidden = goalObservable !== undefined && goalObservable !== null && Number(goalObservable) === 0;
  return { gymnasium: env, ...isHidden ? { kwargs: { partially_observable: true } } : {} };
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string" || value.length > MOST_LETTERS) return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
