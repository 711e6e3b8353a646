/**
 * How a file that is handed over is to be read, and what it is to become, as it stands in the query.
 * @module
 */
import {
  type FieldMap,
  MAPPED_ARRAYS,
  parseActionLimit,
  parseFieldMap,
  parseGymnasium,
} from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

/** How the file is to be read, where it does not say so itself. */
export const READING_QUERY = {
  reward: z.string().min(1).max(200).optional().openapi({
    description:
      "Where rewards come from if the file has none: `success`, `-1-per-step`, the name of a field, or `distance:FIELD`",
  }),
  environments: z.string().regex(
    /^([1-9]\d{0,2}|[1-3]\d{3}|40[0-8]\d|409[0-6])$/,
    "must be a whole number from 1 to 4096",
  ).transform(Number)
    .optional().openapi({
      type: "integer",
      minimum: 1,
      maximum: 4096,
      description: "The rows of this many environments alternate",
    }),
  map: z.union([z.string(), z.array(z.string()).max(MAPPED_ARRAYS.length)]).transform((texts, context) =>
    parsed(context, () => Object.assign({}, ...[texts].flat().map(parseFieldMap)) as FieldMap)
  ).optional().openapi({
    type: "array",
    items: { type: "string" },
    description:
      `Fields that have names of their own, once for each array: \`observations=x,y,angle\`; arrays are ${
        MAPPED_ARRAYS.join(" ")
      }`,
  }),
  actionLimit: z.string().transform((text, context) => parsed(context, () => parseActionLimit(text)))
    .optional()
    .openapi({
      type: "string",
      description:
        "Largest magnitude of an action, where the file does not say it; with commas one for each number",
    }),
  gymnasium: z.string().max(11_000).transform((text, context) => parsed(context, () => parseGymnasium(text)))
    .optional()
    .openapi({
      type: "string",
      description:
        "The environment of Gymnasium that the data was made in: its id, or a JSON object with `gymnasium` and `kwargs`; " +
        "`none`: the one that the file names is not run",
    }),
  strict: flag("Refuse the file if it gives rise to notices"),
};

/** What the file is to become. */
export const AS_NEW_TASK = flag(
  "Make it a task of its own, also if it holds the episodes of a task, or is part of one: otherwise it becomes a revision of " +
    "that task, or is rejected",
);

function flag(description: string) {
  return z.enum(["true", "false"]).transform((text) => text === "true").optional().openapi({
    type: "boolean",
    description,
  });
}

/** What cannot be parsed is a fault of this parameter. */
function parsed<T>(context: z.RefinementCtx, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
    return z.NEVER;
  }
}
