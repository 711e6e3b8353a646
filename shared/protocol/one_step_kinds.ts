/**
 * The kinds of jobs by which networks are learnt that act in one step: labels, which workers share, and trainings that
 * read nothing else of a task.
 * @module
 */
import { z } from "zod";
import type { JobSpec } from "./job_spec.ts";
import { wayOfActingSchema } from "./ways_of_acting.ts";

/**
 * How an evaluation acts: by the first of `ways` that passes. `compare`: of a new task, over this many episodes beside the
 * sampler's; `floor`: of an old task, the mean score that a way must reach.
 */
export const actingSchema = z.strictObject({
  ways: z.array(wayOfActingSchema).min(1),
  compare: z.int().min(1).exactOptional(),
  floor: z.number().exactOptional(),
});

const task = z.int().min(1);
const count = z.int().min(0);
const uint32 = z.int().min(0).max(0xffff_ffff);
const nothing = z.strictObject({});

/**
 * Of the labels of one task. Their states are those of `states`, or rows that are drawn from `dataset`: `rows` of those that
 * trainings read. Two jobs of one task have other seeds, and so draw other rows.
 */
const labelling = {
  service: "behavior-generation",
  revision: 2,
  config: z.strictObject({
    task,
    draw: z.strictObject({
      rows: z.int().min(1),
      heldOutSeed: uint32,
      trainingRows: z.int().min(1).exactOptional(),
    }).exactOptional(),
  }),
  identity: nothing,
  datasets: ["dataset"],
  outputs: ["labels"],
} as const;

/** Of a training on the labels of task k. Old tasks have states in `replay`, for which the parent answers, or labels too. `joint`: all tasks alike, from fresh weights. */
const training = {
  service: "behavior-generation",
  revision: 2,
  config: z.strictObject({
    ...{ task, oldTasks: count, heldOutSeed: uint32, replayRows: count },
    joint: z.literal(true).exactOptional(),
  }),
  identity: nothing,
  inputs: { labels: "perShard", normaliser: "perTask", parent: "optional", replay: "perShard" },
  datasets: ["replay"],
  outputs: ["weights", "curves"],
} as const;

/** Rows of `JOB_SPECS`. */
export const ONE_STEP_SPECS = {
  "proposer.label": {
    ...labelling,
    inputs: { behaviorGenerator: "one", normaliser: "one", states: "optional", dataset: "optional" },
    makers: { behaviorGenerator: "behavior.train", states: "actions.label" },
  },
  "proposer.train": {
    ...training,
    makers: { labels: "proposer.label", parent: "proposer.train", replay: "actions.label" },
  },
  /** Candidates are the proposer's where there is one, else the sampler's. */
  "actor.label": {
    ...labelling,
    inputs: {
      behaviorGenerator: "one",
      critic: "one",
      normaliser: "one",
      proposer: "optional",
      states: "optional",
      dataset: "optional",
    },
    makers: {
      behaviorGenerator: "behavior.train",
      critic: "critic.train",
      proposer: "proposer.train",
      states: "actions.label",
    },
  },
  "actor.train": {
    ...training,
    makers: { labels: "actor.label", parent: "actor.train", replay: "actions.label" },
  },
} as const satisfies Record<string, JobSpec>;
