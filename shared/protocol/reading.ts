/**
 * How a dataset file is to be read where it does not say so itself, and what is said of one that is legal and implausible.
 * @module
 */
import { z } from "zod";

/**
 * `reward`: where rewards come from if the file has none: `success` (1 where the step succeeded), `-1-per-step`, a field's
 * name, or `distance:FIELD` (the negative norm of that field). `environments`: whose rows alternate. `strict`: notices are errors.
 */
export const readingSchema = z.strictObject({
  reward: z.string().min(1).max(200).exactOptional(),
  environments: z.int().min(1).max(4096).exactOptional(),
  strict: z.boolean().exactOptional(),
});
/** See {@link readingSchema}. */
export type Reading = z.infer<typeof readingSchema>;

/** One implausible thing in a dataset. `row` is 0-based, in the file; `advice`: what would put it right. */
export const noticeSchema = z.object({
  code: z.string(),
  field: z.string().exactOptional(),
  row: z.int().min(0).exactOptional(),
  message: z.string(),
  advice: z.string(),
});
/** See {@link noticeSchema}. */
export type NoticeFact = z.infer<typeof noticeSchema>;

/** What differs from reading a file as it is; undefined where nothing does. */
export function readingOf(
  { reward, environments, strict }: { [Name in keyof Reading]?: Reading[Name] | undefined },
): Reading | undefined {
  const reading: Reading = {
    ...(reward === undefined ? {} : { reward }),
    ...(environments === undefined || environments === 1 ? {} : { environments }),
    ...(strict ? { strict } : {}),
  };
  return Object.keys(reading).length > 0 ? reading : undefined;
}
