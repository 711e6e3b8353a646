/**
 * One cell of the results matrix, as a version's fact holds it.
 * @module
 */
import { z } from "zod";
import type { JsonObject } from "./canonical.ts";
import { anchorsSchema, simulatorNotes } from "./environment.ts";
import { HASH } from "./names.ts";

const hash = z.string().regex(HASH);
const place = z.int().min(1);
const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());
/** A figure of several networks, with the interval in which one more of them would lie 9 times out of 10. */
const estimated = z.object({ mean: z.number(), low: z.number(), high: z.number() });

/**
 * What a version is worth in a task, estimated from data by `job`: normalised `score`; of an old task the `drop` in points
 * since it was learnt (above 0: worse), which is null for the task just learnt. Blind to states that the data never reached.
 */
export const cellEstimateSchema = z.object({ job: hash, score: estimated, drop: estimated.nullable() });
/** See {@link cellEstimateSchema}. */
export type CellEstimate = z.infer<typeof cellEstimateSchema>;

/**
 * One cell of the results matrix. `scores`: an episode each, normalised, or 100 times its `success` (0 to 1) where the
 * simulator tells that; `low`, `high`: their 90 % interval. `valueEstimate`: mean value, by the critic, of the policy's own
 * actions (discounted return in the task's units of reward), which needs no simulator; null for facts of version 0.2.
 * `label`: the task's newest when this was measured, and the `anchors` then; absent where it had none. `estimate`: by the
 * anchors of the decision; absent where there was none.
 */
export const rowCellSchema = z.object({
  ...{ task: place, job: hash, returns: z.array(z.number()), scores: z.array(z.number()) },
  success: z.array(z.number().min(0).max(1)).exactOptional(),
  meanScore: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  fidelity: json.nullable(),
  valueEstimate: z.number().nullable().default(null),
  label: place.exactOptional(),
  anchors: anchorsSchema.exactOptional(),
  estimate: cellEstimateSchema.exactOptional(),
  ...simulatorNotes,
});
/** See {@link rowCellSchema}. */
export type RowCell = z.infer<typeof rowCellSchema>;
