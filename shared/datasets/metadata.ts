/**
 * What a file says of itself: one schema, whatever the format.
 * @module
 */
import { gymnasiumOf, gymnasiumSchema, type GymnasiumSpec } from "@cugro/protocol";
import { z } from "zod";
import { DatasetError, type DatasetMetadata } from "./dataset.ts";
import { LIMITS } from "./fields.ts";

const MOST_NUMBERS = 256;
const MOST_LETTERS = 2 ** 16;

/** Numbers of an attribute as formats give them: a number, a list or typed array of them; text is no number. */
function numbersOf(value: unknown): unknown {
  if (typeof value === "bigint") return [Number(value)];
  if (typeof value === "number") return [value];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from((value as Uint8Array).subarray(0, MOST_NUMBERS + 1), Number);
  }
  return Array.isArray(value) ? value.slice(0, MOST_NUMBERS + 1) : value;
}

const list = z.preprocess(numbersOf, z.array(z.number()).min(1).max(MOST_NUMBERS));
/** A number; a list of one is none, whatever the format. */
const single = z.preprocess((value) => typeof value === "bigint" ? Number(value) : value, z.number());
/** NaN stands for "not known" in tables of returns. */
const figure = z.preprocess(
  (value) => Number.isNaN(value) ? undefined : value,
  single.pipe(z.number().min(-LIMITS.returns).max(LIMITS.returns)).optional(),
);

/** Attribute -> what it must be; the words go into the error. */
const SCHEMAS = {
  goal: [list, "must be a list of numbers"],
  horizon: [single.pipe(z.int().min(1).max(1e9)), "must be a whole number from 1"],
  return_random: [figure, `must be a number of at most ${LIMITS.returns}`],
  return_final_policy: [figure, `must be a number of at most ${LIMITS.returns}`],
  action_limit: [
    list.pipe(z.array(z.number().positive().max(LIMITS.actions))),
    `must be a number above 0 and at most ${LIMITS.actions}, or one for each action`,
  ],
  discrete_actions: [single.pipe(z.int().min(2).max(1024)), "must be a whole number from 2 to 1024"],
} as const;

/** A value in few words, whatever it is; deep nesting is not followed. */
export function describeValue(value: unknown, depth = 0): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (ArrayBuffer.isView(value)) return describeValue(numbersOf(value), depth);
  if (Array.isArray(value)) {
    if (depth > 2) return "[…]";
    const shown = value.slice(0, 6).map((item) => describeValue(item, depth + 1)).join(", ");
    return `[${shown}${value.length > 6 ? ", …" : ""}]`.slice(0, 80);
  }
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function read<T>(
  attributes: Record<string, unknown>,
  name: keyof typeof SCHEMAS,
  file: string,
): T | undefined {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (value === undefined || value === null) return undefined;
  const [schema, rule] = SCHEMAS[name];
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as T;
  throw new DatasetError({ file, field: `@${name}`, value: describeValue(value) }, `the attribute ${rule}`);
}

const text = (value: unknown) => typeof value === "string" && value !== "" ? value.slice(0, 200) : undefined;

/**
 * Reads the known attributes; others say nothing. A goal in words is none that can be simulated.
 *
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
    environment: environmentIn(own("environment"), own("env_spec"), file),
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

function parsed(value: unknown): unknown {
  if (typeof value !== "string" || value.length > MOST_LETTERS) return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
