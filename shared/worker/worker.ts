/**
 * The life of a job message.
 *
 * A worker fetches one message at a time. If the job's `result.json` exists, the work is done already, by whomever: the
 * worker announces it and acks. If the job has been given up, it says so and takes the message off the queue. Otherwise
 * it reads `job.json`, notes that an attempt begins, and calls the handler of the job's kind, which loads its inputs,
 * resumes from `checkpoint` if there is one of the same revision and profile, and works. Between steps the handler yields
 * (`tick`): heartbeats go out, which keep the message from others; every `checkpointSeconds` a checkpoint is written.
 *
 * The end: the outputs are put as artifacts, then `result.json`, once. That is the commit: of two racing workers the
 * first wins and the other adopts its result. Only then checkpoint and notes are removed, the event is announced, the
 * message acked. Dying anywhere before the commit costs the work since the last checkpoint: the next delivery goes on
 * there, and ends in the same bytes under the same names. Artifacts that were put already are not put again; where the
 * next worker has another profile and makes other bytes, garbage collection sweeps them. Dying later costs nothing.
 *
 * Other ends: the worker is asked to stop (checkpoint, nak, not counted). The job is no longer needed (`unneeded.ts`:
 * checkpoint, off the queue, not counted). An input is missing (nak, not counted: it is made again). The store is full or
 * away (nak, not counted). `PermanentError`: given up at once. Anything else thrown is an attempt: nak with growing
 * delay. So is a death, unless it ended a job's first attempt or left a newer checkpoint than the attempt began with
 * (`attempts.ts`); nobody naks then, and the bus gives the job to another. After `maxAttempts` in a row the job is given
 * up. Acks decide nothing: if the bus forgets a message, the planner submits the job again.
 * @module
 */
import { backoffMs } from "@cugro/async";
import { type Job, type JobKind, type JobObjects, type JsonObject, REVISIONS } from "@cugro/protocol";
import { beginAttempt, type BegunRun, endAttempt } from "./attempts.ts";
import { ACK_WAIT_MS, type Bus, type Delivery } from "@cugro/bus";
import { readCheckpoint } from "./checkpoints.ts";
import {
  codeVersion,
  createLog,
  inSpan,
  type JobOutcome,
  type Log,
  type Metrics,
  traceIdOf,
} from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { cleanUp, commit, type JobOutput } from "./commit.ts";
import { abandon, fail, finish, recordWork } from "./job_ends.ts";
import { type JobContext, JobRun, type RunSettings } from "./job_context.ts";
import { Interrupted, PermanentError, Unneeded } from "./job_errors.ts";
import { leaveToOthers, readJob, typeJob } from "./job_revision.ts";
import { dropUnneeded } from "./unneeded.ts";
import { lookAtJob } from "./look_at_job.ts";
import { MissingInputError, type Store, StoreError } from "@cugro/store";

/** Does one kind of work, or all of `K` alike. */
export type JobHandler<K extends JobKind = JobKind> = (context: JobContext<K>) => Promise<JobOutput<K>>;
/** The handlers of a worker, each for jobs of its own kind. */
export type JobHandlers = { [K in JobKind]?: JobHandler<K> };

/** How a worker works. */
export interface WorkerOptions {
  bus: Bus;
  store: Store;
  handlers: JobHandlers;
  /** Served kinds, in order of preference. */
  kinds: readonly JobKind[];
  /** What results depend on besides the job; recorded with them. */
  profile: JsonObject;
  /** Aborted: finish or give back the current job, then return. */
  signal: AbortSignal;
  /** @default 60 */
  checkpointSeconds?: number;
  /** Also after this many steps. @default by time only */
  checkpointSteps?: number;
  /** Of the bus. @default 30 s */
  ackWaitMs?: number;
  /** In a row, before a job is given up. @default 3 */
  maxAttempts?: number;
  /** Before a job is tried again; doubles. In ms. @default 1000 */
  retryDelayMs?: number;
  /** What it is called where progress is shown. @default it is not shown */
  name?: string;
  log?: Log;
  /** Where outcomes, times and losses are recorded. @default nowhere that anybody sees */
  metrics?: Metrics;
}

type Worker = Required<Omit<WorkerOptions, "name">> & Pick<WorkerOptions, "name">;
/** A worker with a job in hand. */
type Living = Worker & { traceparent: string | undefined };

/**
 * Does jobs until told to stop, or until the bus is closed.
 * @param options kinds of jobs and their handlers; `signal` ends the loop, after a checkpoint of the job that runs
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const worker: Worker = {
    checkpointSeconds: 60,
    checkpointSteps: Infinity,
    ackWaitMs: ACK_WAIT_MS,
    maxAttempts: 3,
    retryDelayMs: 1000,
    log: createLog(),
    metrics: createMetrics("worker"),
    ...options,
  };
  while (!worker.signal.aborted) {
    const delivery = await worker.bus.fetch(worker.kinds, worker.signal);
    if (!delivery) return;
    const { kind } = delivery.message;
    worker.metrics.jobs.inc({ kind, outcome: await liveInSpan(worker, delivery) });
  }
}

/** The job as one span of the trace that led to it; what it announces belongs to the same trace. */
function liveInSpan(worker: Worker, delivery: Delivery): Promise<JobOutcome> {
  const { jobId, kind, learner, traceparent } = delivery.message;
  const attributes = {
    "cugro.job.id": jobId,
    "cugro.job.kind": kind,
    "cugro.learner": learner,
    "cugro.job.deliveries": delivery.deliveries,
  };
  return inSpan(
    `job ${kind}`,
    { parent: traceparent ?? "none", attributes, kind: "consumer" },
    async (span) => {
      const trace = traceIdOf(span.traceparent);
      const log = worker.log.with({ jobId, kind, learner, ...(trace === undefined ? {} : { trace }) });
      const outcome = await live({ ...worker, log, traceparent: span.traceparent }, delivery).catch(
        async (error) => {
          if (!(error instanceof StoreError)) throw error;
          log.error("store failed, the job is given back", { error });
          await delivery.nak(worker.ackWaitMs / 2);
          return "given_back" as const;
        },
      );
      span.set({ "cugro.job.outcome": outcome });
      return outcome;
    },
  );
}

async function live(worker: Living, delivery: Delivery): Promise<JobOutcome> {
  const { store, log } = worker;
  const { jobId, kind } = delivery.message;
  const { there, found } = await lookAtJob(store, delivery.message);
  if (there.result !== undefined) {
    log.debug("job is done already");
    await cleanUp(store, kind, jobId);
    await finish(worker, delivery, there.result);
    return "adopted";
  }
  if (there.failures.length > there.retries.length) {
    return await abandon(worker, delivery, there.failures.at(-1)!, "it has been given up before");
  }
  if (there.stopped !== undefined) return await dropUnneeded(worker, delivery, 0);
  if (!found) {
    log.warn("job is not in the store any more");
    await delivery.term();
    return "failed";
  }
  try {
    const job = readJob(found, jobId);
    if (job.revision === REVISIONS[job.kind]) return await attempt(worker, delivery, job, there);
    return await leaveToOthers(worker, delivery, job);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return await fail(worker, delivery, error.message, true);
  }
}

async function attempt(
  worker: Living,
  delivery: Delivery,
  job: Job,
  there: JobObjects,
): Promise<JobOutcome> {
  const { store, log, profile, maxAttempts, metrics } = worker;
  const { jobId } = delivery.message;
  const parsed = typeJob(job);
  const checkpoint = await readCheckpoint(store, there.checkpoint, job, profile, log);
  const note = await beginAttempt(store, there.run, delivery, checkpoint?.step ?? 0);
  if (note.attempts >= maxAttempts) return await fail(worker, delivery, note.message, false);
  const run = new JobRun(job, parsed, jobId, delivery, checkpoint, worker satisfies RunSettings, log);
  metrics.jobAttempts.inc({ kind: job.kind });
  log.info("job started", { deliveries: delivery.deliveries, step: checkpoint?.step ?? 0 });
  try {
    const output = await handle(worker.handlers, run);
    const result = { ...output, startedAtStep: output.startedAtStep ?? checkpoint?.step ?? 0 };
    const record = { ...result, seconds: run.seconds, profile, codeVersion };
    const { first, key } = await commit(store, jobId, job, record);
    // Most jobs are done at once, and leave nothing to remove.
    if (run.hasCheckpoint || note.noted) await cleanUp(store, job.kind, jobId);
    log.info(first ? "job finished" : "job was finished by another worker first", { seconds: run.seconds });
    if (first) recordWork(metrics, job.kind, run.seconds, output);
    await finish(worker, delivery, key);
    return first ? "finished" : "adopted";
  } catch (error) {
    return await settle(worker, delivery, run, note, error);
  } finally {
    run.stop();
  }
}

function handle<K extends JobKind>(handlers: JobHandlers, run: JobRun<K>): Promise<JobOutput<K>> {
  const handler = handlers[run.kind];
  if (!handler) throw new PermanentError(`This worker has no handler for ${run.kind}`);
  return handler(run);
}

/** The attempt failed: what was the cause, and who goes on? */
async function settle(
  worker: Living,
  delivery: Delivery,
  run: JobRun,
  note: BegunRun,
  error: unknown,
): Promise<JobOutcome> {
  const { store, log, maxAttempts, retryDelayMs, ackWaitMs } = worker;
  const { savedStep } = run;
  if (error instanceof PermanentError) throw error;
  const message = describe(error);
  const counts = ![Interrupted, MissingInputError, StoreError].some((blameless) =>
    error instanceof blameless
  );
  const ended = endAttempt(store, delivery.message, note, savedStep, counts ? message : undefined);
  if (error instanceof StoreError) {
    // Writing the attempt's note may fail as well; that does no harm.
    await ended.catch(() => {});
    throw error;
  }
  const attempts = await ended;
  if (error instanceof Unneeded) return await dropUnneeded(worker, delivery, savedStep);
  if (error instanceof Interrupted) {
    log.info("job given back", { step: savedStep });
    await delivery.nak();
    return "interrupted";
  }
  if (error instanceof MissingInputError) {
    log.warn("input is missing, the job is given back", { error });
    await delivery.nak(ackWaitMs / 8);
    return "given_back";
  }
  if (attempts >= maxAttempts) return await fail(worker, delivery, message, false);
  const delayMs = backoffMs(attempts, { firstMs: retryDelayMs });
  log.warn("attempt failed, the job is tried again", { attempts, delayMs, error });
  await delivery.nak(delayMs);
  return "retried";
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
