/**
 * Shapes of labels: a task's metadata, corrected.
 * @module
 */
import { z } from "@hono/zod-openapi";
import { HASH, labelFactSchema, labelValuesSchema } from "@cugro/protocol";

const place = z.int().min(1);
const value = z.union([z.string().max(1000), z.number(), z.null(), z.array(z.number()).max(256)]);

/** Body of a label. */
export const newLabelSchema = z.strictObject({
  set: z.record(z.string().max(64), value).openapi({
    description: "Attribute to value, as a dataset's file has them: family, goal, horizon, return_random, " +
      "return_final_policy; or the task's name",
    example: { goal: [2] },
  }),
  reason: z.string().min(1).max(1000).optional().openapi({ description: "For the record" }),
  dryRun: z.boolean().default(false).openapi({ description: "Only say what would be measured again" }),
}).openapi("NewLabel");

/** A label that a task has. */
export const labelSchema = labelFactSchema.omit({ schema: true, task: true }).openapi("Label");

/** The consequences of a label. */
export const relabelledSchema = z.object({
  task: place,
  label: place.nullable().openapi({
    description: "Its number; null: nothing differed, or nothing was written",
  }),
  set: labelValuesSchema,
  before: labelValuesSchema,
  again: z.array(z.object({
    version: place,
    job: z.string().regex(HASH),
    state: z.enum(["open", "done", "lost"]),
  })).openapi({
    description:
      "The task's episodes in each version that knows it; `done`: run so before; `lost`: its weights are gone",
  }),
  said: z.string().openapi({ description: "All of it in sentences" }),
}).openapi("Relabelled");

/** Body of a label. Checked by {@link newLabelSchema}. */
export type NewLabel = z.input<typeof newLabelSchema>;
/** A label that a task has. Checked by {@link labelSchema}. */
export type Label = z.infer<typeof labelSchema>;
/** The consequences of a label. Checked by {@link relabelledSchema}. */
export type Relabelled = z.infer<typeof relabelledSchema>;
