/**
 * The shape of what the gateway tells of files that have come in.
 * @module
 */
import { HASH } from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

/** A file that has come in. */
export const arrivalSchema = z.object({
  seq: z.int().min(1),
  key: z.string(),
  size: z.int().min(0),
  contentHash: z.string().regex(HASH).nullable(),
  state: z.enum(["waiting", "accepted", "rejected"]),
  task: z.int().min(1).nullable(),
  revision: z.int().min(0).nullable().openapi({
    description: "Of the task: 0 if the file is the one that it was accepted with",
  }),
  reason: z.string().nullable().openapi({ description: "Why it was rejected" }),
  note: z.string().nullable().openapi({ description: "Why it became a revision, and what else it could be" }),
}).openapi("Arrival");
/** A file that has come in. Checked by {@link arrivalSchema}. */
export type Arrival = z.infer<typeof arrivalSchema>;
