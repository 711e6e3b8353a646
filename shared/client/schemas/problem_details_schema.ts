/**
 * Faults as problem details (RFC 9457).
 * @module
 */
import { z } from "@hono/zod-openapi";

/** A fault of one field of a request; `field` as in `body.overrides.stateSteps`, `query.limit`, `path.version`. */
export const fieldFaultSchema = z.object({ field: z.string(), detail: z.string() });
/** A fault of one field of a request; `field` as in `body.overrides.stateSteps`, `query.limit`, `path.version`. Checked by {@link fieldFaultSchema}. */
export type FieldFault = z.infer<typeof fieldFaultSchema>;

/** Body of every error. `instance` is the request's id: the log line of the request has it too. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(fieldFaultSchema).optional(),
}).openapi("Problem");
/** Body of every error. Checked by {@link problemSchema}. */
export type ProblemDetails = z.infer<typeof problemSchema>;
