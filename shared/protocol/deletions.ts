/**
 * Facts of deleted learners.
 * @module
 */
import { z } from "zod";

const schema = z.literal(1);

/** The learner is gone. */
export const deletedFactSchema = z.object({ schema, name: z.string(), reason: z.string() });
/** The learner is gone. Checked by {@link deletedFactSchema}. */
export type DeletedFact = z.infer<typeof deletedFactSchema>;

/** How the n-th deletion of a learner ended. */
export const deletionEndFactSchema = z.object({
  schema,
  n: z.int().min(1),
  outcome: z.enum(["restored", "swept"]),
});
/** How the n-th deletion of a learner ended. Checked by {@link deletionEndFactSchema}. */
export type DeletionEndFact = z.infer<typeof deletionEndFactSchema>;
