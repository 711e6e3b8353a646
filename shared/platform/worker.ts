/**
 * The life of a job message.
 *
 * A worker fetches one message at a time. If the job's `result.json` exists, the work is done already, by whomever:
 * the worker announces it and acks. If the job has been given up, it says so and takes the message off the queue.
 * Otherwise it reads `job.json`, notes that an attempt begins, and calls the handler of the job's kind, which loads
 * its inputs, resumes from `checkpoint` if there is one of the same revision and profile, and works. Between steps
 * the handler yields (`tick`): heartbeats go out, so that the message is not given to somebody else; every
 * `checkpointSeconds` a checkpoint is written.
 *
 * The end: the outputs are put as artifacts, then `result.json`, once. That is the commit: of two racing workers the
 * first wins and the other adopts its result. Only then checkpoint and notes are removed, the event is announced, the
 * message acked. Dying anywhere before the commit costs the work since the last checkpoint; dying after it costs
 * nothing, since the next delivery finds the result.
 *
 * Other ends: the worker is asked to stop (checkpoint, nak, not counted). An input is missing (nak, not counted: it
 * is made again). The store is full or away (nak, not counted). `PermanentError`: given up at once. Anything else
 * thrown, or a process that dies without getting beyond its last checkpoint, is an attempt: nak with growing delay,
 * given up after `maxAttempts` in a row. Acks decide nothing: if the bus forgets a message, the planner submits the
 * job again.
 * @module
 */
import {
  createEvent,
  type Job,
  jobFactSchema,
  jobId as idOf,
  jobKey,
  type JobKind,
  type JsonObject,
  parseFact,
  resultKey,
  REVISIONS,
} from "@cugro/protocol";
import { beginAttempt, endAttempt, giveUp, type Run, standingFailure } from "./attempts.ts";
import { ACK_WAIT_MS, type Bus, type Delivery } from "./bus.ts";
import { readCheckpoint } from "./checkpoints.ts";
import { codeVersion } from "./code_version.ts";
import { cleanUp, commit, type JobOutput } from "./commit.ts";
import { type JobContext, JobRun, type RunSettings } from "./job_context.ts";
import { Interrupted, MissingInputError, PermanentError } from "./job_errors.ts";
import { createLog, type Log } from "./log.ts";
import { type Store, StoreError } from "./store.ts";

/** Does one kind of work. */
export type JobHandler = (context: JobContext) => Promise<JobOutput>;
/** The handlers of a worker. */
export type JobHandlers = Partial<Record<JobKind, JobHandler>>;

/** How a worker works. */
export interface WorkerOptions {
  bus: Bus;
  store: Store;
  handlers: JobHandlers;
  /** Served kinds, in order of preference. */
  kinds: readonly JobKind[];
  /** What results depend on besides the job; recorded with them. */
  profile: JsonObject;
  /** Handed to the handlers as it is. */
  compile?: unknown;
  /** Aborted: finish or give back the job at hand, then return. */
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
  log?: Log;
}

type Worker = Required<WorkerOptions>;

/** Does jobs until told to stop, or until the bus is closed. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const worker: Worker = {
    compile: undefined,
    checkpointSeconds: 60,
    checkpointSteps: Infinity,
    ackWaitMs: ACK_WAIT_MS,
    maxAttempts: 3,
    retryDelayMs: 1000,
    log: createLog(),
    ...options,
  };
  while (!worker.signal.aborted) {
    const delivery = await worker.bus.fetch(worker.kinds, worker.signal);
    if (!delivery) return;
    const { jobId, kind, learner } = delivery.message;
    const log = worker.log.with({ jobId, kind, learner });
    try {
      await live({ ...worker, log }, delivery);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.error("store failed, the job is given back", { error });
      await delivery.nak(worker.ackWaitMs / 2);
    }
  }
}

async function live(worker: Worker, delivery: Delivery): Promise<void> {
  const { store, log } = worker;
  const { jobId } = delivery.message;
  if (await store.head(resultKey(jobId))) {
    log.debug("job is done already");
    await cleanUp(store, jobId);
    return await finish(worker, delivery);
  }
  const failure = await standingFailure(store, jobId);
  if (failure !== undefined) return await abandon(worker, delivery, failure, "it has been given up before");
  const found = await store.get(jobKey(jobId));
  if (!found) {
    log.warn("job is not in the store any more");
    return await delivery.term();
  }
  try {
    await attempt(worker, delivery, readJob(found.bytes, jobId));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    await fail(worker, delivery, error.message, true);
  }
}

async function attempt(worker: Worker, delivery: Delivery, job: Job): Promise<void> {
  const { store, log, profile, maxAttempts } = worker;
  const { jobId } = delivery.message;
  const checkpoint = await readCheckpoint(store, jobId, job, profile, log);
  const note = await beginAttempt(store, jobId, delivery.deliveries, checkpoint?.step ?? 0);
  if (note.attempts >= maxAttempts) return await fail(worker, delivery, note.message, false);
  const handler = worker.handlers[job.kind];
  if (!handler) throw new PermanentError(`This worker has no handler for ${job.kind}`);
  const run = new JobRun(job, jobId, delivery, checkpoint, worker satisfies RunSettings, log);
  log.info("job started", { deliveries: delivery.deliveries, step: checkpoint?.step ?? 0 });
  try {
    const output = await handler(run);
    const result = { ...output, startedAtStep: output.startedAtStep ?? checkpoint?.step ?? 0 };
    const first = await commit(store, jobId, job, { ...result, seconds: run.seconds, profile, codeVersion });
    log.info(first ? "job finished" : "job was finished by another worker first", { seconds: run.seconds });
    await finish(worker, delivery);
  } catch (error) {
    await settle(worker, delivery, run, note, error);
  } finally {
    run.stop();
  }
}

/** The attempt has come to nothing: who is to blame, and who goes on? */
async function settle(
  worker: Worker,
  delivery: Delivery,
  run: JobRun,
  note: Run,
  error: unknown,
): Promise<void> {
  const { store, log, maxAttempts, retryDelayMs, ackWaitMs } = worker;
  const { jobId, savedStep } = run;
  if (error instanceof PermanentError) throw error;
  const message = describe(error);
  const counts = ![Interrupted, MissingInputError, StoreError].some((blameless) =>
    error instanceof blameless
  );
  const ended = endAttempt(store, jobId, note, savedStep, counts ? message : undefined);
  if (error instanceof StoreError) {
    // The note of the attempt may well fail too; it is of no importance then.
    await ended.catch(() => {});
    throw error;
  }
  const attempts = await ended;
  if (error instanceof Interrupted) {
    log.info("job given back", { step: savedStep });
    return await delivery.nak();
  }
  if (error instanceof MissingInputError) {
    log.warn("input is missing, the job is given back", { error });
    return await delivery.nak(ackWaitMs / 8);
  }
  if (attempts >= maxAttempts) return await fail(worker, delivery, message, false);
  const delayMs = retryDelayMs * 2 ** (attempts - 1);
  log.warn("attempt failed, the job is tried again", { attempts, delayMs, error });
  await delivery.nak(delayMs);
}

function readJob(bytes: Uint8Array, jobId: string): Job {
  let job: Job;
  try {
    job = parseFact(jobFactSchema, bytes, jobKey(jobId)).job;
  } catch (error) {
    throw new PermanentError(describe(error), { cause: error });
  }
  if (idOf(job) !== jobId) throw new PermanentError(`${jobKey(jobId)} is damaged: it describes another job`);
  const known = REVISIONS[job.kind];
  if (job.revision === known) return job;
  throw new PermanentError(
    `Cannot do a ${job.kind} job of revision ${job.revision}: this version of the software does revision ${known}`,
  );
}

async function finish({ bus }: Worker, delivery: Delivery): Promise<void> {
  const { jobId, kind, learner } = delivery.message;
  await bus.announce(createEvent("cugro.job.finished", resultKey(jobId), learner, { jobId, kind }));
  await delivery.ack();
}

async function fail(worker: Worker, delivery: Delivery, message: string, permanent: boolean): Promise<void> {
  const key = await giveUp(worker.store, delivery.message.jobId, message, permanent);
  await abandon(worker, delivery, key, message);
}

async function abandon(
  { bus, log }: Worker,
  delivery: Delivery,
  factKey: string,
  message: string,
): Promise<void> {
  const { jobId, kind, learner } = delivery.message;
  log.error("job failed", { message });
  await bus.announce(createEvent("cugro.job.failed", factKey, learner, { jobId, kind, message }));
  await delivery.term();
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
