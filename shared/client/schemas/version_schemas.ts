/**
 * Shapes of versions, of what they are measured by, and of the results matrix.
 * @module
 */
import { z } from "@hono/zod-openapi";
import {
  AFTER_LABEL,
  HASH,
  snapshotScoreSchema,
  VERSION_STATES,
  wayOfActingSchema,
  wayScoreSchema,
} from "@cugro/protocol";
import { simulatorNotes } from "./environment_schemas.ts";
import { measuredBySchema } from "./evaluation_schemas.ts";

const hash = z.string().regex(HASH).openapi({ description: "64 hexadecimal digits" });
const place = z.int().min(1);
const anyObject = z.record(z.string(), z.unknown());
const versionState = z.enum(VERSION_STATES);
const score = z.number().nullable().openapi({
  description: "Normalised: 0 random, 100 the data's good policy",
});
const valueEstimate = z.number().nullable().openapi({
  description:
    "Mean value, by the critic, of the policy's own actions: discounted return in the task's units of reward",
});

const estimated = z.object({
  mean: z.number(),
  low: z.number().openapi({ description: "90 % interval over the networks that estimate" }),
  high: z.number(),
});
const estimate = z.object({
  job: hash,
  score: estimated.openapi({ description: "Normalised score, estimated" }),
  drop: estimated.nullable().openapi({
    description: "Points lost since the task was learnt, estimated; null for the task just learnt",
  }),
}).openapi({
  description: "Estimated from data, and blind to states that the data never reached: see `estimateNote`",
});

const worstDrop = z.object({
  task: place,
  best: place.openapi({ description: "The version in which the task scored best" }),
  drop: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  episodes: z.int().min(0),
});

/** What the newest version of a chain is measured by; `null` where a figure has no meaning. */
const measures = {
  averagePerformance: score.openapi({ description: "Mean score over its tasks" }),
  backwardTransfer: score.openapi({ description: "Mean change of old tasks since each was learnt" }),
  forgetting: score.openapi({
    description: "How far old tasks are below the best they were in earlier versions, on average",
  }),
  badlyLearnedFirst: z.boolean().openapi({
    description: "Its backward transfer is high since its old tasks were learnt badly at first",
  }),
  worstDrop: worstDrop.nullable().openapi({
    description:
      "The old task that is furthest below its best; 90 % interval over episodes that started alike",
  }),
};

/** A version in short. */
export const versionSummarySchema = z.object({
  version: place,
  task: place,
  revision: z.int().min(0).openapi({ description: "Of the task's dataset; 0: as the task was accepted" }),
  attempt: place,
  state: versionState,
  promotable: z.boolean(),
  serving: z.boolean(),
  parent: place.nullable(),
  tasks: z.array(place),
  decision: z.enum(["published", "parked"]),
  decisionText: z.string().openapi({
    description: "What was decided and what became of it, in words: `published although ... (observe)`",
  }),
  reasons: z.array(z.string()),
  seconds: z.number(),
  measures: z.object({
    ...measures,
    justLearned: score.openapi({ description: "Score on the task that it has just learnt" }),
  }),
  scores: z.array(
    z.object({
      task: place,
      meanScore: score,
      low: score,
      high: score,
      episodes: z.int().min(0).openapi({
        description: "How many the interval is over; from fewer than 5 there is none",
      }),
      valueEstimate,
      estimate: estimate.optional(),
    }),
  ),
}).openapi("VersionSummary");

/** A version in full. */
export const versionSchema = versionSummarySchema.extend({
  stateGenerator: hash,
  behaviorGenerator: hash,
  critic: hash,
  proposer: hash.optional().openapi({
    description: "Where there is a network that draws candidates in one step",
  }),
  actor: hash.optional().openapi({
    description: "Where there is a network that gives an action in one step",
  }),
  jobs: z.array(hash),
  row: z.array(z.object({
    task: place,
    job: hash,
    returns: z.array(z.number()),
    success: z.array(z.number()).optional().openapi({
      description: "Of each episode, 0 to 1, where the simulator tells it; scores are 100 times this then",
    }),
    scores: z.array(z.number()),
    episodes: z.int().min(0),
    after: z.enum(AFTER_LABEL).optional().openapi({ description: "What became of it after a label" }),
    meanScore: score,
    low: score,
    high: score,
    fidelity: anyObject.nullable(),
    valueEstimate,
    estimate: estimate.optional(),
    acting: wayOfActingSchema.optional().openapi({ description: "How the version acts in the task" }),
    ways: z.array(wayScoreSchema).optional().openapi({
      description: "The ways of acting that were tried, in order",
    }),
    snapshots: z.array(snapshotScoreSchema).optional().openapi({
      description:
        "Of the task just learnt, after a share of the trainings' steps, where the knob `snapshots` asks for it",
    }),
    ...simulatorNotes,
    outside: measuredBySchema.optional(),
  })),
}).openapi("Version");

/** What a learner is measured by: its newest version, and all of them. */
export const learnerMeasures = {
  ...measures,
  meanPerformance: score.openapi({ description: "Mean of the average performance of all valid versions" }),
  worstDropEver: worstDrop.extend({ version: place }).nullable().openapi({
    description: "The largest drop of all valid versions",
  }),
};

// Described by hand: tuples are written here as they were before JSON Schema 2020-12.
const interval = z.tuple([z.number(), z.number()]).nullable()
  .openapi({ type: ["array", "null"], items: { type: "number" }, minItems: 2, maxItems: 2 });

const bound = z.object({
  lowest: score.openapi({
    description:
      "The score that may be reached: of an old task its best one less `maxForgetting`, of the new one " +
      "`minNewTaskScore`. A version is parked where the interval of the fall lies beyond it",
  }),
  best: score.openapi({ description: "Best score of the task in earlier versions" }),
  bestVersion: place.nullable(),
});

const pendingRow = z.object({
  ...{ task: place, revision: z.int().min(0), attempt: place, parent: place.nullable() },
  cells: z.array(z.object({
    ...{ task: place, job: hash, done: z.boolean(), meanScore: score, low: score, high: score },
    episodes: z.int().min(0),
    valueEstimate,
  })),
});

/** The results matrix. */
export const resultsSchema = z.object({
  learner: z.string(),
  tasks: z.array(z.object({ task: place, name: z.string() })),
  versions: z.array(place).openapi({
    description: "Number of each row's version: the valid ones, oldest first",
  }),
  resultsMatrix: z.array(z.array(score)),
  valueEstimates: z.array(z.array(valueEstimate)),
  estimates: z.array(z.array(estimate.nullable())).openapi({
    description: "What versions are worth by estimates from data; null where there is none",
  }),
  estimateNote: z.string().nullable().openapi({
    description: "What estimates cannot see and have been worth; null where there is none",
  }),
  remarks: z.array(z.string()).openapi({ description: "What labels have changed, in words" }),
  intervals: z.array(z.array(interval)).openapi({
    description: "90 % interval over episodes of each cell; null with fewer than 5",
  }),
  episodes: z.array(z.array(z.int().nullable())).openapi({ description: "Episodes of each cell" }),
  jobs: z.array(z.array(hash.nullable())).openapi({ description: "The evaluation that each cell is from" }),
  bounds: z.array(z.array(bound.nullable())).openapi({
    description: "What the gate held each cell to; null where there is no cell",
  }),
  pending: pendingRow.nullable().openapi({
    description: "The row of the version that is being made, as far as its evaluations are done",
  }),
  ...learnerMeasures,
}).openapi("Results");

/** How far each replay was from real data. */
export const fidelitySchema = z.object({
  fidelity: z.array(z.object({
    ...{ version: place, task: place },
    generation: z.int().min(0).openapi({
      description: "How often the task's replay had been made from generated samples before",
    }),
    job: hash.openapi({ description: "The evaluation that measured it" }),
    allowed: z.number().openapi({
      description: "How many times the floor the gate allows, `maxReplayDistance`",
    }),
    fidelity: anyObject,
  })),
}).openapi("Fidelity");

/** How far a bundle is. */
export const bundleProgressSchema = z.object({
  before: z.int().min(0).openapi({ description: "Bundles of others that are made first" }),
  model: z.string().nullable().openapi({ description: "The graph that is checked; null before the first" }),
  done: z.int().min(0).openapi({ description: "Inputs on which it was checked" }),
  inputs: z.int().min(0),
}).openapi("BundleProgress");

/** How far a bundle is. Checked by {@link bundleProgressSchema}. */
export type BundleProgress = z.infer<typeof bundleProgressSchema>;
/** A version in short. Checked by {@link versionSummarySchema}. */
export type VersionSummary = z.infer<typeof versionSummarySchema>;
/** A version in full. Checked by {@link versionSchema}. */
export type Version = z.infer<typeof versionSchema>;
/** The results matrix. Checked by {@link resultsSchema}. */
export type Results = z.infer<typeof resultsSchema>;
/** How far each replay was from real data. Checked by {@link fidelitySchema}. */
export type Fidelity = z.infer<typeof fidelitySchema>;
