/**
 * Shapes of what the gateway takes and gives. Numbers, states and units are those of the facts (`@cugro/protocol`).
 * @module
 */
import { presets } from "@cugro/algorithm/knobs";
import { z } from "@hono/zod-openapi";
import {
  HASH,
  incomingKey,
  JOB_KINDS,
  JOB_STATES,
  MAX_KEY_BYTES,
  noticeSchema,
  TASK_STATES,
} from "@cugro/protocol";
import { taskEnvironmentSchema } from "./environment_schemas.ts";
import { labelSchema } from "./label_schemas.ts";
import { jobProgressSchema } from "./live_schemas.ts";
import { learnerName } from "./paths.ts";
import { standingProblemSchema } from "./problem_schemas.ts";
import { learnerMeasures } from "./version_schemas.ts";

const hash = z.string().regex(HASH).openapi({ description: "64 hexadecimal digits" });
const place = z.int().min(1);
const revision = z.int().min(0).openapi({
  description: "Of the task's dataset; 0: as the task was accepted",
});
const anyObject = z.record(z.string(), z.unknown());
const kind = z.enum(JOB_KINDS);
const taskState = z.enum(TASK_STATES);
const jobState = z.enum(JOB_STATES);
const presetName = z.enum(Object.keys(presets) as [keyof typeof presets, ...(keyof typeof presets)[]]);

const knobValue = z.union([z.string().max(200), z.number(), z.boolean()]);
/** Knob name to value; names and values are judged by the algorithm. */
export const overridesSchema = z.record(z.string().max(64), knobValue);
const reason = z.string().min(1).max(1000).openapi({ description: "For the record" });

/** Body of a new learner. */
export const newLearnerSchema = z.strictObject({
  name: learnerName,
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  preset: presetName.default("default"),
  overrides: overridesSchema.default({}),
}).openapi("NewLearner");
/** Body of a new configuration, for tasks that have not been started. */
export const newConfigSchema = z.strictObject({
  preset: presetName.optional(),
  overrides: overridesSchema,
}).openapi("NewConfig");
/** Body of an act. */
export const reasonSchema = z.strictObject({ reason: reason.optional() }).openapi("Reason");
/** Body of a retry. */
export const retrySchema = z.strictObject({
  reason: reason.optional(),
  overrides: overridesSchema.default({}),
})
  .openapi("Retry");
/** Body that names an object in the store. */
export const objectSchema = z.strictObject({
  object: z.string().min(1).max(MAX_KEY_BYTES).openapi({
    example: incomingKey("team-a-walker", "task1.hdf5"),
  }),
}).openapi("ObjectInStore");

/** A configuration of a learner. */
export const configSchema = z.object({
  revision: place,
  fromTask: place,
  preset: z.string(),
  knobs: anyObject,
}).openapi("Config");

/** A task. */
export const taskSchema = z.object({
  task: place,
  name: z.string(),
  state: taskState,
  revision,
  attempt: place,
  current: z.boolean().openapi({ description: "Being learnt now" }),
  arrival: place,
  datasetHash: hash,
  size: place.openapi({ description: "Transitions" }),
  trainingRows: place.openapi({
    description:
      "How many of them trainings read: all, up to `maxTrainingRows`; a tenth of these is held out",
  }),
  episodes: place,
  bytes: z.int().min(0),
  stateDim: place,
  actionDim: place,
  horizon: place,
  environment: taskEnvironmentSchema.nullable(),
  anchors: z.object({ random: z.number(), good: z.number(), source: z.string() }),
  discreteActions: place.nullable().openapi({ description: "How many there are; null: continuous ones" }),
  notices: z.array(noticeSchema).openapi({ description: "What is legal in its data and implausible" }),
  labels: z.array(labelSchema).openapi({ description: "What was put right since it was accepted" }),
}).openapi("Task");

/** A job. */
export const jobSchema = z.object({
  id: hash,
  kind,
  task: place.nullable(),
  label: z.string(),
  state: jobState,
  needs: z.array(hash).openapi({ description: "Jobs whose outputs it reads" }),
  seconds: z.number().nullable(),
  coreSeconds: z.number().nullable().openapi({
    description: "Seconds times the threads it computed with; null until it is done",
  }),
  progress: jobProgressSchema.nullable().openapi({
    description:
      "The latest progress that this process of the gateway received, while the job is not done; null: none",
  }),
  message: z.string().nullable().openapi({ description: "Why it failed" }),
  steps: z.object({ done: z.int().nullable(), asked: z.int() }).nullable().openapi({
    description: "Of a training: gradient steps done, and those its knobs ask for before a limit cuts them",
  }),
}).openapi("Job");
/** A job with what it reported. */
export const jobDetailSchema = jobSchema.extend({
  startedAtStep: z.int().nullable(),
  metrics: anyObject,
  outputs: z.record(z.string(), z.object({ artifact: hash, bytes: z.int().min(0) })),
}).openapi("JobDetail");

/** A learner: where it stands. */
export const learnerSchema = z.object({
  name: z.string(),
  seed: z.int().min(0),
  created: z.string(),
  config: configSchema,
  head: place.nullable().openapi({ description: "The version that serves" }),
  ...learnerMeasures,
  tasks: z.array(taskSchema),
  rejections: z.array(z.object({ seq: place, key: z.string(), reason: z.string() })),
  jobs: z.object({ waiting: z.int(), ready: z.int(), done: z.int(), failed: z.int() }),
  bytes: z.object({ rawData: z.number(), generators: z.number(), critic: z.number(), shards: z.number() }),
  secondsPerKind: z.partialRecord(kind, z.number()),
  work: z.array(z.object({
    task: place.nullable().openapi({ description: "The task that was being learnt; null: an import" }),
    kind,
    jobs: z.int().min(0).openapi({ description: "Jobs that are done" }),
    seconds: z.number(),
    coreSeconds: z.number().openapi({ description: "Seconds times the threads that each computed with" }),
  })).openapi({ description: "What was worked, by task and kind" }),
  problems: z.array(standingProblemSchema).openapi({
    description: "What needs a person, of the learner and of what all share; nothing acknowledged",
  }),
}).openapi("Learner");

/** `?state=` of jobs. */
export const jobStateSchema = jobState;

/** Types of the shapes above, for clients. */
export type NewLearner = z.input<typeof newLearnerSchema>;
/** A learner: where it stands. Checked by {@link learnerSchema}. */
export type Learner = z.infer<typeof learnerSchema>;
/** A task. Checked by {@link taskSchema}. */
export type Task = z.infer<typeof taskSchema>;
/** A job. Checked by {@link jobSchema}. */
export type JobSummary = z.infer<typeof jobSchema>;
/** A job with what it reported. Checked by {@link jobDetailSchema}. */
export type JobDetail = z.infer<typeof jobDetailSchema>;
/** A configuration of a learner. Checked by {@link configSchema}. */
export type Config = z.infer<typeof configSchema>;
