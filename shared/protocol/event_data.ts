/**
 * What events say, by type: the `data` of each. Members may be added, so readers ignore unknown ones.
 * @module
 */
import { z } from "zod";
import { type CloudEvent, createEvent, type EventType } from "./events.ts";
import { JOB_KINDS } from "./job_kinds.ts";
import { labelFactSchema } from "./labels.ts";
import { HASH } from "./names.ts";
import { standingProblemSchema } from "./problems.ts";
import { revisionFactSchema } from "./revisions.ts";

const place = z.int().min(1);
const score = z.number().nullable();
const job = { jobId: z.string().regex(HASH), kind: z.enum(JOB_KINDS) };
const aboutTask = { task: place, name: z.string(), size: place };

/**
 * The outcome of a version. `previous`: the version that it continues, which served before it and serves again without it; null
 * for the first. `scores`: of each task, normalised; `meanScore` is null without a simulator, the bounds (90 % interval) from
 * fewer than five episodes, too. Events of versions up to 0.5 lack both.
 */
const result = {
  previous: place.nullable().exactOptional(),
  scores: z.array(z.object({
    ...{ task: place, meanScore: score, low: score, high: score },
    episodes: z.int().min(0),
  })).exactOptional(),
};
const decided = z.object({
  ...{ version: place, task: place, revision: place.exactOptional(), reasons: z.array(z.string()) },
  ...result,
});
const verdict = z.object({ version: place, reason: z.string(), ...result });
const standing = standingProblemSchema.omit({ acknowledged: true });

/** Type of an event -> schema of its `data`. */
export const EVENT_DATA = {
  "cugro.task.accepted": z.object(aboutTask),
  "cugro.task.revised": z.object({
    ...{ ...aboutTask, revision: place, arrival: place },
    ...revisionFactSchema.pick({ known: true, added: true, gone: true }).shape,
    message: z.string(),
  }),
  "cugro.task.failed": z.object({ task: place, attempt: place, job: job.jobId, message: z.string() }),
  "cugro.task.relabelled": z.object({
    ...{ task: place, label: place },
    ...labelFactSchema.pick({ set: true, before: true, by: true, reason: true }).shape,
  }),
  "cugro.arrival.rejected": z.object({ arrival: place, key: z.string(), reason: z.string() }),
  "cugro.version.published": decided,
  "cugro.version.parked": decided,
  "cugro.version.promoted": verdict,
  "cugro.version.withdrawn": verdict,
  "cugro.job.finished": z.object(job),
  "cugro.job.failed": z.object({ ...job, message: z.string() }),
  "cugro.problem.raised": standing,
  "cugro.problem.resolved": standing,
} as const satisfies Record<EventType, z.ZodType>;

/** The `data` of events of a type. */
export type EventData<Type extends EventType> = z.infer<typeof EVENT_DATA[Type]>;

/**
 * The event that a fact gives rise to, with the data that its type has.
 *
 * @param factKey becomes its id: the same fact gives the same event
 * @param learner becomes its source
 * @returns a CloudEvent without a time
 */
export function createFactEvent<Type extends EventType>(
  type: Type,
  factKey: string,
  learner: string,
  data: EventData<Type>,
): CloudEvent {
  return createEvent(type, factKey, learner, data);
}
