/**
 * What stands in paths.
 * @module
 */
import { LEARNER_NAME } from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

/** Name of a learner, as in paths. */
export const learnerName = z.string().regex(LEARNER_NAME).openapi({
  description: "1 to 64 lower-case letters, digits and inner hyphens",
  example: "team-a-walker",
});
/** A number that counts from 1, as in paths. */
export const pathNumber = z.string().regex(/^[1-9][0-9]{0,8}$/, "must be a whole number from 1").transform(
  Number,
)
  .openapi({ type: "integer", minimum: 1, maximum: 999_999_999 });
/** The same, or 0. */
export const pathNumberOrNone = z.string().regex(/^(0|[1-9][0-9]{0,8})$/, "must be a whole number").transform(
  Number,
)
  .openapi({ type: "integer", minimum: 0, maximum: 999_999_999 });
