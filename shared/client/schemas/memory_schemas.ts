/**
 * Shapes of a task's memory: statistics of its real rows, pseudo-samples of each generation, rows where they still exist.
 * @module
 */
import { z } from "@hono/zod-openapi";

const place = z.int().min(1);
const count = z.int().min(0);
const matrix = z.array(z.array(z.number()));
const quantiles = matrix.openapi({
  description: "Of each dimension, states then actions, in raw units: at the levels (i + 1/2) / 32",
});

/** Statistics of a task's real rows, and which versions have replayed it. */
export const memorySchema = z.object({
  task: place,
  stateDim: place,
  actionDim: place,
  names: z.array(z.string()).openapi({ description: "What each dimension is, states then actions" }),
  real: z.object({
    rows: count.openapi({ description: "Held-out rows that the sketch was made of" }),
    quantiles,
    mean: z.array(z.number()).openapi({ description: "In units of `halfRange` around `centre`" }),
    covariance: matrix.openapi({ description: "In the same units" }),
    centre: z.array(z.number()),
    halfRange: z.array(z.number()),
  }).nullable().openapi({ description: "The sketch; null where it is lost" }),
  dataset: z.object({
    rows: count,
    episodes: count,
    kept: z.boolean().openapi({ description: "Whether the rows still exist" }),
  }),
  generations: z.array(z.object({
    version: place,
    learnt: place.openapi({ description: "The task that it has learnt" }),
    generation: count.openapi({
      description:
        "How often its generators have been trained on their own samples of the task: 0 just after it was learnt",
    }),
  })).openapi({ description: "The versions that know the task, oldest first" }),
}).openapi("Memory");

/** Rows, real or not, evenly spaced unless an episode is asked for. */
export const memoryRowsSchema = z.object({
  task: place,
  version: place.nullable().openapi({ description: "Whose generators have made them; null: real ones" }),
  rows: count.openapi({ description: "The total number of rows" }),
  quantiles: quantiles.nullable().openapi({
    description: "Of up to 4,096 of them, evenly spaced; null for an episode",
  }),
  states: matrix,
  actions: matrix,
  rewards: z.array(z.number()).nullable().openapi({
    description: "Earned from each of these rows to the next of them; null unless an episode is asked for",
  }),
}).openapi("MemoryRows");

/** A task's memory. Checked by {@link memorySchema}. */
export type Memory = z.infer<typeof memorySchema>;
/** Some of its rows. Checked by {@link memoryRowsSchema}. */
export type MemoryRows = z.infer<typeof memoryRowsSchema>;
