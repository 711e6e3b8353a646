/**
 * Labels: a task's metadata beside its rows, corrected after it was accepted. The rows stay what they are.
 * @module
 */
import { z } from "zod";

const place = z.int().min(1);

/** Attributes of a dataset file that a label can put right, and the task's name. */
export const LABEL_NAMES = [
  "family",
  "goal",
  "horizon",
  "return_random",
  "return_final_policy",
  "name",
] as const;
/** One of {@link LABEL_NAMES}: an attribute that a label can put right. */
export type LabelName = typeof LABEL_NAMES[number];

/** Some of what a label can say. `family`, `goal`: null where there is no simulator. */
export const labelValuesSchema = z.object({
  family: z.string().nullable().exactOptional(),
  goal: z.array(z.number()).nullable().exactOptional(),
  horizon: place.exactOptional(),
  return_random: z.number().exactOptional(),
  return_final_policy: z.number().exactOptional(),
  name: z.string().exactOptional(),
});
/** Some of what a label can say. Checked by {@link labelValuesSchema}. */
export type LabelValues = z.infer<typeof labelValuesSchema>;

/**
 * Label `n` of a task. `set`: what it says; `before`: what stood of the same names; `by`: a token's name, or the user who
 * typed. Of each name the newest label that says it counts.
 */
export const labelFactSchema = z.object({
  schema: z.literal(1),
  task: place,
  n: place,
  set: labelValuesSchema,
  before: labelValuesSchema,
  by: z.string(),
  at: z.iso.datetime(),
  reason: z.string(),
});
/** Label `n` of a task. Checked by {@link labelFactSchema}. */
export type LabelFact = z.infer<typeof labelFactSchema>;

/**
 * What has become of a cell of the results matrix since a label: its episodes were run `again`, `wait` to be, `failed`, cannot
 * be run as the weights are `lost` or as the version does not count (`left`), or have no simulator any more (`none`). Other
 * anchors alone: `rescaled`.
 */
export const AFTER_LABEL = ["again", "wait", "failed", "lost", "left", "none", "rescaled"] as const;
/** One of {@link AFTER_LABEL}: what has become of a cell since a label. */
export type AfterLabel = typeof AFTER_LABEL[number];

/** Of a file with the rows of a task: which task, and what the file says of itself that is otherwise there. */
export const sameRowsSchema = z.object({ task: place, file: labelValuesSchema });
/** Of a file with the rows of a task: which task, and what the file says of itself that is otherwise there. Checked by {@link sameRowsSchema}. */
export type SameRows = z.infer<typeof sameRowsSchema>;
