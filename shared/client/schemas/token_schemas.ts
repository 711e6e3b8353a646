/**
 * The shape of a token's description of itself.
 * @module
 */
import { z } from "@hono/zod-openapi";

/** A token as its holder sees it. */
export const tokenSchema = z.object({
  name: z.string(),
  scopes: z.array(z.enum(["read", "submit", "admin"])).openapi({
    description: "What it may do, with what its scopes include",
  }),
  learners: z.array(z.string()).openapi({
    description: "Names of learners it sees, with `*` for any characters",
  }),
}).openapi("Token");
/** A link that opens a report. */
export const reportLinkSchema = z.object({
  path: z.string().openapi({
    description: "Of the gateway: behind its address it opens the report in a browser, without a token",
  }),
  expires: z.iso.datetime().openapi({ description: "Its time is over then" }),
}).openapi("ReportLink");
/** A link that opens a report. Checked by {@link reportLinkSchema}. */
export type ReportLinkView = z.infer<typeof reportLinkSchema>;
/** A token as its holder sees it. Checked by {@link tokenSchema}. */
export type TokenView = z.infer<typeof tokenSchema>;
