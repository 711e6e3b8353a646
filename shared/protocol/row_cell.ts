/**
 * One cell of the results matrix, as a version's fact holds it.
 * @module
 */
import { z } from "zod";
import type { JsonObject } from "./canonical.ts";
import { anchorsSchema, simulatorNotes } from "./environment.ts";
import { HASH } from "./names.ts";
import { wayOfActingSchema } from "./ways_of_acting.ts";

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
/** The estimated value of a version in a task, from data. Checked by {@link cellEstimateSchema}. */
export type CellEstimate = z.infer<typeof cellEstimateSchema>;

/**
 * The score of a way of acting in a task. `score`: mean of `episodes`; `difference`: to the sampler in the same episodes, and
 * `low`, its lower 90 % bound; without a simulator `agreement`: how far actions are from the sampler's, as a share of the
 * range, and `valueDifference`: what the critic says of both, in spreads of the task's returns.
 */
export const wayScoreSchema = z.object({
  acting: wayOfActingSchema,
  passed: z.boolean(),
  reason: z.string().exactOptional(),
  episodes: z.int().min(0).exactOptional(),
  score: z.number().exactOptional(),
  difference: z.number().exactOptional(),
  low: z.number().exactOptional(),
  agreement: z.number().exactOptional(),
  valueDifference: z.number().exactOptional(),
});
/** The score of a way of acting in a task. Checked by {@link wayScoreSchema}. */
export type WayScore = z.infer<typeof wayScoreSchema>;

/** Scores of the task just learnt after a `share` of the trainings' steps; `scores`: an episode each, by `job`. */
export const snapshotScoreSchema = z.object({
  share: z.number(),
  job: hash,
  scores: z.array(z.number()),
  meanScore: z.number(),
});
/** A score of a part of a training. Checked by {@link snapshotScoreSchema}. */
export type SnapshotScore = z.infer<typeof snapshotScoreSchema>;

/**
 * One cell of the results matrix. `scores`: an episode each, normalised, or 100 times its `success` (0 to 1) where the
 * simulator tells that; `low`, `high`: their 90 % interval. `valueEstimate`: mean value, by the critic, of the policy's own
 * actions (discounted return in the task's units of reward), which needs no simulator; null for facts of version 0.2.
 * `label`: the task's newest when this was measured, and the `anchors` then; absent where it had none. `estimate`: by the
 * anchors of the decision; absent where there was none. `acting`: how it was acted, and so the version serves the task;
 * absent where the version can only sample. `ways`: what was tried, in order. `snapshots`: of the task just learnt, scores after
 * a share of the trainings, where the knob `snapshots` asks for them.
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
  acting: wayOfActingSchema.exactOptional(),
  ways: z.array(wayScoreSchema).exactOptional(),
  snapshots: z.array(snapshotScoreSchema).exactOptional(),
  ...simulatorNotes,
});
/** One cell of the results matrix. Checked by {@link rowCellSchema}. */
export type RowCell = z.infer<typeof rowCellSchema>;
