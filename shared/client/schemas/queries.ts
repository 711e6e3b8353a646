/**
 * Query parameters of lists.
 * @module
 */
import { EVENT_TYPES } from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

/** Types of events, for filters. */
export const eventTypeSchema = z.enum(EVENT_TYPES);

/** `?last=` of lists that are in order: only this many, the newest. */
export const lastQuery = {
  last: z.string().regex(/^[1-9][0-9]{0,4}$/, "must be a whole number from 1 to 99999").transform(Number)
    .optional()
    .openapi({
      ...{ type: "integer", minimum: 1, maximum: 99_999 },
      description: "Only this many, the newest; without it all of them",
    }),
};

/** `?limit=&offset=` of lists. */
export const pageQuery = {
  limit: z.string().regex(/^[1-9][0-9]{0,3}$/, "must be a whole number from 1 to 9999").transform(Number)
    .default(200)
    .openapi({ type: "integer", minimum: 1, maximum: 9999, default: 200 }),
  offset: z.string().regex(/^(0|[1-9][0-9]{0,8})$/, "must be a whole number from 0").transform(Number)
    .default(0)
    .openapi({ type: "integer", minimum: 0, maximum: 999_999_999, default: 0 }),
};
