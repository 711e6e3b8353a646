/**
 * All versions of a learner in columns: what is drawn of many of them, without the details of each.
 * @module
 */
import { z } from "@hono/zod-openapi";
import { HASH, VERSION_STATES } from "@cugro/protocol";
import { resultsSchema } from "./version_schemas.ts";

const place = z.int().min(1);
const hash = z.string().regex(HASH).openapi({ description: "64 hexadecimal digits" });
const numbers = z.array(z.number().nullable());

/** A number for each version and task. */
const cells = (description: string) => numbers.openapi({ description });

/** All versions in columns. */
export const historySchema = z.object({
  mark: z.string().openapi({
    description: "Another one as soon as anything here is another. It is the answer's `ETag`, too: with " +
      "`If-None-Match` what has not changed is a 304 without a body",
  }),
  learner: z.string(),
  tasks: z.array(z.object({ task: place, name: z.string() })),
  versions: z.object({
    version: z.array(place),
    task: z.array(place).openapi({ description: "What each learnt" }),
    parent: z.array(place.nullable()),
    state: z.array(z.enum(VERSION_STATES)),
    valid: z.array(z.boolean()),
    averagePerformance: numbers,
    allowedDistance: numbers.openapi({
      description:
        "How many times the floor the gate allows a replay to be from real data, `maxReplayDistance`",
    }),
    tasks: z.array(z.array(place)).openapi({ description: "What each knows" }),
  }).openapi({ description: "Oldest first; each column has an entry for each version" }),
  cells: z.object({
    score: cells("Normalised: 0 random, 100 the data's good policy"),
    low: cells("90 % interval over episodes; null with fewer than 5"),
    high: cells("90 % interval over episodes; null with fewer than 5"),
    episodes: cells("How many the interval is over; null where the version has no such cell"),
    value: cells("Mean value by the critic, in the task's units of reward"),
    estimate: cells("Score as estimated from data"),
    lowest: cells("The lowest score that the gate accepts; null for versions that are not valid"),
    best: cells("Best score of the task in earlier versions; null for versions that are not valid"),
    distance: cells(
      "How far the replay that the version learnt from was from real data, in multiples of the floor",
    ),
  }).openapi({
    description:
      "Each a list of versions times tasks numbers, version by version: task j (from 0) of version i is at i * tasks + j. " +
      "Rounded to six digits",
  }),
  pending: resultsSchema.shape.pending,
  newestJobs: z.array(hash).openapi({ description: "Jobs whose results are the newest version" }),
}).openapi("History");

/** All versions in columns. Checked by {@link historySchema}. */
export type History = z.infer<typeof historySchema>;
