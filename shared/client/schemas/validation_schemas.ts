/**
 * The shape of a file's judgement before it is handed over.
 * @module
 */
import { noticeSchema } from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

const count = z.int().min(0);
const range = z.object({ min: z.number(), mean: z.number(), max: z.number() });

/** The document of `cugro datasets validate --json` for a file, and its outcome for the learner. */
export const validationSchema = z.object({
  file: z.string(),
  ok: z.boolean(),
  error: z.object({
    code: z.literal("refused"),
    field: z.string().optional(),
    row: count.optional(),
    message: z.string(),
  }).optional().openapi({ description: "Why it would be refused" }),
  notices: z.array(noticeSchema).openapi({ description: "What is legal and implausible" }),
  size: count.optional().openapi({ description: "Transitions" }),
  episodes: count.optional(),
  terminalEpisodes: count.optional(),
  stateDim: z.int().min(1).optional(),
  actionDim: z.int().min(1).optional(),
  actions: z.union([z.object({ discrete: z.int() }), z.object({ continuous: z.int() })]).optional(),
  episodeLength: range.optional(),
  episodeReturn: range.optional(),
  environment: z.string().nullable().optional().openapi({
    description: "What its episodes would be run in; null: it is learnt without true returns",
  }),
  becomes: z.string().nullable().openapi({
    description:
      "That it is a task's dataset with more rows, in a sentence; null: a new task, or that takes an import to tell",
  }),
}).openapi("Validation");
/** What `cugro datasets validate --json` says of a file, and what the learner would make of it. Checked by {@link validationSchema}. */
export type Validation = z.infer<typeof validationSchema>;
