/**
 * Shapes of what happens now: progress of jobs, their losses, and what policies are asked.
 * @module
 */
import { HASH, JOB_KINDS } from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

const count = z.int().min(0);
const moment = z.iso.datetime();

/** How far a job is. */
export const jobProgressSchema = z.object({
  step: count,
  steps: count,
  loss: z.number().nullable().openapi({ description: "A moving value of the training loss" }),
  ratePerSecond: z.number().nullable().openapi({ description: "Steps a second" }),
  etaSeconds: z.number().nullable().openapi({ description: "Until the last step, at this rate" }),
  worker: z.string().nullable().openapi({ description: "Who does it" }),
  at: moment.openapi({ description: "When it was heard" }),
}).openapi("JobProgress");

/** Losses of one job. */
export const curvesSchema = z.object({
  job: z.string().regex(HASH),
  kind: z.enum(JOB_KINDS),
  source: z.enum(["artifact", "progress"]).openapi({
    description:
      "`artifact`: the job is done, and these are its curves. `progress`: what this process of the gateway has received of it, " +
      "at most 2,000 points",
  }),
  artifact: z.string().regex(HASH).nullable(),
  curves: z.array(z.object({
    name: z.string(),
    steps: z.array(z.number()),
    values: z.array(z.number().nullable()),
  })),
}).openapi("Curves");

/** Losses of all trainings of a learner that are done. */
export const lossesSchema = z.object({
  losses: z.array(z.object({
    task: z.int().min(1).openapi({ description: "The task that was learnt" }),
    kind: z.enum(JOB_KINDS),
    job: z.string().regex(HASH),
    name: z.string(),
    steps: z.array(z.number()),
    values: z.array(z.number().nullable()),
  })),
}).openapi("Losses");

/** Requests to a learner's policies. */
export const trafficSchema = z.object({
  since: moment.openapi({ description: "Since when this process of the gateway has counted" }),
  tasks: z.array(z.object({
    task: z.int().min(1),
    minutes: z.array(z.object({
      at: moment.openapi({ description: "Beginning of the minute; those without a question are left out" }),
      requests: count,
      observations: count,
      unusual: count.openapi({ description: "Beyond 99.9 % of the task's held-out rows" }),
    })).max(60),
  })),
}).openapi("Traffic");

/** How far a job is. Checked by {@link jobProgressSchema}. */
export type JobProgress = z.infer<typeof jobProgressSchema>;
/** Losses of one job. Checked by {@link curvesSchema}. */
export type Curves = z.infer<typeof curvesSchema>;
/** Losses of a version's trainings, job by job. Checked by {@link lossesSchema}. */
export type Losses = z.infer<typeof lossesSchema>;
/** Requests to a learner's policies. Checked by {@link trafficSchema}. */
export type Traffic = z.infer<typeof trafficSchema>;
