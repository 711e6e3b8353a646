/**
 * What attributes of a dataset must be, whatever the format, and also where a person says them later: one schema.
 * @module
 */
import { z } from "zod";
import { LIMITS } from "./fields.ts";

const MOST_NUMBERS = 256;

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

/** An attribute that holds numbers. */
export type NumberAttribute =
  | "goal"
  | "horizon"
  | "return_random"
  | "return_final_policy"
  | "action_limit"
  | "discrete_actions";

/** Attribute -> what it must be; the words go into the error. */
const SCHEMAS: Readonly<Record<NumberAttribute, readonly [z.ZodType, string]>> = {
  goal: [list, "must be a list of numbers"],
  horizon: [single.pipe(z.int().min(1).max(1e9)), "must be a whole number from 1"],
  return_random: [figure, `must be a number of at most ${LIMITS.returns}`],
  return_final_policy: [figure, `must be a number of at most ${LIMITS.returns}`],
  action_limit: [
    list.pipe(z.array(z.number().positive().max(LIMITS.actions))),
    `must be a number above 0 and at most ${LIMITS.actions}, or one for each action`,
  ],
  discrete_actions: [single.pipe(z.int().min(2).max(1024)), "must be a whole number from 2 to 1024"],
};

/**
 * What a value of an attribute stands for, or the rule that it breaks.
 *
 * @param name of the attribute
 * @param value as the file has it
 * @returns the value, undefined where it says nothing; or the rule
 */
export function judgeAttribute(
  name: NumberAttribute,
  value: unknown,
): { value: number | number[] | undefined } | { rule: string } {
  const [schema, rule] = SCHEMAS[name];
  const parsed = schema.safeParse(value);
  // cast: each of the schemas above gives one of these
  return parsed.success ? { value: parsed.data as number | number[] | undefined } : { rule };
}

/** An attribute of text, cut to a length that can be shown; undefined for what is none. */
export const textAttribute = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value.slice(0, 200) : undefined;

/**
 * A value in few words, whatever it is; deep nesting is not followed.
 *
 * @param value any
 * @param depth of nesting so far
 * @returns a few words
 */
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
