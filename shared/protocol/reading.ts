/**
 * How a dataset file is to be read where it does not say so itself, and the notices about one that is legal and implausible.
 * @module
 */
import { z } from "zod";
import { gymnasiumOf, gymnasiumSchema, type GymnasiumSpec } from "./gymnasium.ts";

/** Arrays that may be made of fields with other names. */
export const MAPPED_ARRAYS = [
  "observations",
  "actions",
  "rewards",
  "next_observations",
  "terminals",
  "timeouts",
  "dones",
  "episode_id",
  "episode_ends",
  "mask",
  "success",
] as const;

/** Array -> the fields or columns that it is made of, side by side. */
export const fieldMapSchema = z.partialRecord(
  z.enum(MAPPED_ARRAYS),
  z.array(z.string().min(1).max(200)).min(1).max(1024),
);
/** Array -> the fields or columns that it is made of, side by side. Checked by {@link fieldMapSchema}. */
export type FieldMap = z.infer<typeof fieldMapSchema>;

/**
 * `reward`: where rewards come from if the file has none: `success` (1 where the step succeeded), `-1-per-step`, a field's
 * name, or `distance:FIELD` (the negative norm of that field). `environments`: whose rows alternate. `map`: fields that have
 * names of their own. `actionLimit`: largest magnitude of an action, or one for each of its numbers. `environment`: what the
 * data was made in, in Gymnasium; `none`: the file's own is not run. `strict`: notices are errors.
 */
export const readingSchema = z.strictObject({
  reward: z.string().min(1).max(200).exactOptional(),
  environments: z.int().min(1).max(4096).exactOptional(),
  map: fieldMapSchema.exactOptional(),
  actionLimit: z.array(z.number().positive().max(1e6)).min(1).max(256).exactOptional(),
  environment: z.union([gymnasiumSchema, z.literal("none")]).exactOptional(),
  strict: z.boolean().exactOptional(),
});
/** How the caller wants a file read: where rewards and fields come from. Checked by {@link readingSchema}. */
export type Reading = z.infer<typeof readingSchema>;

/** One implausible thing in a dataset. `row` is 0-based, in the file; `advice`: what would put it right. */
export const noticeSchema = z.object({
  code: z.string(),
  field: z.string().exactOptional(),
  row: z.int().min(0).exactOptional(),
  message: z.string(),
  advice: z.string(),
});
/** One implausible thing in a dataset. Checked by {@link noticeSchema}. */
export type NoticeFact = z.infer<typeof noticeSchema>;

/**
 * What differs from reading a file as it is; undefined where nothing does.
 *
 * @param options as a person gives them; undefined, and what is the default, says nothing
 * @returns what is recorded of how the file is read
 */
export function readingOf(
  { reward, environments, map, actionLimit, environment, strict }: {
    [Name in keyof Reading]?: Reading[Name] | undefined;
  },
): Reading | undefined {
  const reading: Reading = {
    ...(reward === undefined ? {} : { reward }),
    ...(environments === undefined || environments === 1 ? {} : { environments }),
    ...(map === undefined || Object.keys(map).length === 0 ? {} : { map }),
    ...(actionLimit === undefined ? {} : { actionLimit }),
    ...(environment === undefined ? {} : { environment }),
    ...(strict ? { strict } : {}),
  };
  return Object.keys(reading).length > 0 ? reading : undefined;
}

/**
 * One entry of a map as it is written on a command line or in a query: `observations=x,y`; names with commas as a JSON list,
 * `observations=["x,y"]`.
 *
 * @param text one entry
 * @returns a map with one array
 * @throws {RangeError} saying what it must look like
 */
export function parseFieldMap(text: string): FieldMap {
  const at = text.indexOf("=");
  const fields = at < 0 ? [] : namesIn(text.slice(at + 1));
  const parsed = fieldMapSchema.safeParse({ [text.slice(0, Math.max(at, 0))]: fields });
  if (parsed.success && Object.keys(parsed.data).length === 1) return parsed.data;
  throw new RangeError(
    `a map must be ARRAY=FIELD,FIELD,... with one of ${MAPPED_ARRAYS.join(" ")}: current value is ${
      text.slice(0, 100)
    }`,
  );
}

function namesIn(text: string): unknown {
  if (!text.startsWith("[")) return text.split(",").map((name) => name.trim());
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}

/**
 * One number, or several with commas.
 *
 * @param text such as `2` or `1,1,0.5`
 * @returns one number for all, or one for each number of an action
 * @throws {RangeError} for a number that is not above 0, or above 1e6
 */
export function parseActionLimit(text: string): number[] {
  const limits = text.split(",").map(Number);
  if (text.trim() !== "" && limits.every((limit) => limit > 0 && limit <= 1e6)) return limits;
  throw new RangeError(
    `a limit of actions must be a number above 0, or one for each number of an action with commas: current value is ${text}`,
  );
}

/**
 * An environment of Gymnasium as it is written on a command line or in a query: an id, a JSON object with `gymnasium` and
 * `kwargs`, or `none`.
 *
 * @param kwargs a JSON object, beside an id
 * @param text id, JSON or `none`
 * @returns the environment, or `none`
 * @throws {RangeError} saying what it must look like
 */
export function parseGymnasium(text: string, kwargs?: string): GymnasiumSpec | "none" {
  if (text === "none" && kwargs === undefined) return text;
  const given = kwargs === undefined ? {} : { kwargs: jsonIn(kwargs) };
  const parsed = gymnasiumSchema.safeParse(
    text.startsWith("{") ? jsonIn(text) : { gymnasium: text, ...given },
  );
  const spec = parsed.success ? gymnasiumOf(parsed.data) : undefined;
  if (spec) return spec;
  throw new RangeError(
    "an environment of Gymnasium is named by its id, such as Hopper-v5, and its arguments by a JSON object: current value " +
      `is ${[text, ...kwargs === undefined ? [] : [kwargs]].join(" ").slice(0, 200)}`,
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
