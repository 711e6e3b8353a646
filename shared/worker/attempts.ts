/**
 * Counting the attempts at a job. An attempt counts when the handler threw, or when its process died without a
 * checkpoint beyond where the attempt started; an attempt that got further starts the count again. The count lies in
 * the store (`run.json` beside the job), so that it outlives workers; it is not a fact, and gone when the job is done.
 *
 * When a message is delivered for the first time, nobody has died over it: a note of a run is then left by a command
 * that was killed as a whole, and that is not the job's fault. Nor is a first attempt noted when it begins: hardly any
 * job needs a second one, and a note costs a job as much as its result. Should the first worker die, it is not counted.
 * @module
 */
import { encodeFact, failureFactSchema, failureKey, type JobKind, parseFact, runKey } from "@cugro/protocol";
import { z } from "zod";
import { listJob, PreconditionFailed, type Store } from "@cugro/store";

const runSchema = z.object({
  schema: z.literal(1),
  /** Failed attempts in a row. */
  attempts: z.int().min(0),
  /** What was wrong with the last of them. */
  message: z.string(),
  /** Step the attempt in progress started at; null between attempts. */
  runningFrom: z.int().min(0).nullable(),
});
/** The run in progress, as `run.json` has it, and the failed attempts before it. */
export type Run = z.infer<typeof runSchema>;
/** An attempt that has begun. `noted`: whether the store says so. */
export type BegunRun = Run & { noted: boolean };

/** What a message says of its job. */
interface JobNamed {
  jobId: string;
  kind: JobKind;
}

/**
 * Notes that an attempt begins at `step`, unless it is the first; counts the one before if it died without getting further.
 *
 * @param noted the key of the note that is there, if one is.
 * @param step the checkpoint's that it begins at, 0 without one
 * @returns what is noted of this job's attempts, and whether that is in the store
 */
export async function beginAttempt(
  store: Store,
  noted: string | undefined,
  { message, deliveries }: { message: JobNamed; deliveries: number },
  step: number,
): Promise<BegunRun> {
  const found = noted === undefined ? undefined : await store.get(noted);
  const before: Run = (found && readNote(found.bytes, noted!)) ??
    { schema: 1, attempts: 0, message: "", runningFrom: null };
  if (!found && deliveries === 1) return { ...before, runningFrom: step, noted: false };
  const died = before.runningFrom !== null && deliveries > 1;
  const run: Run = { ...before, runningFrom: step };
  if (died && step > (before.runningFrom ?? 0)) run.attempts = 0;
  else if (died) {
    run.attempts++;
    run.message = `The worker process died without getting beyond step ${step}`;
  }
  await store.put(runKey(message.kind, message.jobId), encodeFact(run));
  return { ...run, noted: true };
}

/** A note that cannot be read counts for nothing: it must not keep a job from being done. */
function readNote(bytes: Uint8Array, key: string): Run | undefined {
  try {
    return parseFact(runSchema, bytes, key);
  } catch {
    return undefined;
  }
}

/**
 * Notes that an attempt is over.
 *
 * @param message what the handler threw; undefined if the attempt does not count.
 * @param step of the last checkpoint.
 * @returns failed attempts in a row.
 */
export async function endAttempt(
  store: Store,
  { kind, jobId }: JobNamed,
  run: Run,
  step: number,
  message?: string,
): Promise<number> {
  const before = step > (run.runningFrom ?? 0) ? 0 : run.attempts;
  const attempts = message === undefined ? before : before + 1;
  if (attempts === 0) await store.delete(runKey(kind, jobId));
  else {
    const next: Run = { schema: 1, attempts, message: message ?? run.message, runningFrom: null };
    await store.put(runKey(kind, jobId), encodeFact(next));
  }
  return attempts;
}

/**
 * Gives a job up: the failure is a fact.
 *
 * @param message why, in a sentence
 * @param permanent whether another attempt would fail alike
 * @returns the fact's key
 * @throws {StoreError} where the fact cannot be written
 */
export async function giveUp(
  store: Store,
  { kind, jobId }: JobNamed,
  message: string,
  permanent: boolean,
): Promise<string> {
  const { failures } = await listJob(store, { id: jobId, kind }, false);
  for (let n = 1 + failures.length;; n++) {
    const failed = new Date().toISOString();
    const fact = { schema: 1 as const, jobId, n, message, permanent, failed };
    try {
      const key = failureKey(kind, jobId, n);
      await store.put(key, encodeFact(fact, failureFactSchema), { ifNoneMatch: true });
      await store.delete(runKey(kind, jobId));
      return key;
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
    }
  }
}
