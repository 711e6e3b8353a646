/**
 * Which jobs this software may do: those of its own revisions, whose fields and inputs are those of their kind.
 * @module
 */
import { knobsOfKind } from "@cugro/algorithm/knobs";
import {
  type Job,
  jobFactSchema,
  jobId as idOf,
  type ParsedJob,
  parseFact,
  parseJob,
  REVISIONS,
} from "@cugro/protocol";
import type { Delivery } from "@cugro/bus";
import type { Found } from "@cugro/store";
import { PermanentError } from "./job_errors.ts";
import type { JobOutcome, Log } from "@cugro/telemetry";

/**
 * The job of a message.
 *
 * @param jobId the id that the job must have
 * @returns the job as its fact describes it
 * @throws {PermanentError} if its fact is damaged
 * @throws {PermanentError} if it is another job's
 */
export function readJob({ key, bytes }: Found, jobId: string): Job {
  let job: Job;
  try {
    job = parseFact(jobFactSchema, bytes, key).job;
  } catch (error) {
    throw new PermanentError(String(error), { cause: error });
  }
  if (idOf(job) !== jobId) throw new PermanentError(`${key} is damaged: it describes another job`);
  return job;
}

/**
 * The job with the types of its kind.
 *
 * @param job as its fact describes it
 * @returns its config, inputs and outputs by the table of kinds
 * @throws {PermanentError} naming what does not fit, or is read by nobody
 */
export function typeJob(job: Job): ParsedJob {
  try {
    const knobs: readonly string[] = knobsOfKind[job.kind];
    return parseJob(job, (name) => knobs.includes(name));
  } catch (error) {
    throw new PermanentError((error as Error).message, { cause: error });
  }
}

/**
 * Takes a job of other software off the queue if it is older, and gives it back if it is newer, as while services are
 * replaced one after the other.
 *
 * @param job whose revision is not this software's
 * @returns `given_back`
 */
export async function leaveToOthers(
  { log, ackWaitMs }: { log: Log; ackWaitMs: number },
  delivery: Delivery,
  job: Job,
): Promise<JobOutcome> {
  const known = REVISIONS[job.kind];
  const about = { revision: job.revision, known };
  if (job.revision > known) {
    log.warn("the job is for newer software than this, and given back", about);
    await delivery.nak(ackWaitMs / 2);
  } else {
    log.warn("the job is of older software, and dropped: a planner of this one submits its own", about);
    await delivery.term();
  }
  return "given_back";
}
