/**
 * What jobs that are done took, in sums. Pure.
 * @module
 */
import { limitOfSteps } from "@cugro/algorithm/knobs";
import type { Job, JobKind, KindWork, ResultFact } from "@cugro/protocol";
import { countSteps, type TrainingSteps } from "./step_counts.ts";

/** The same for one task. `task`: null for jobs that read and measured a file. */
export interface TaskWork extends KindWork {
  task: number | null;
}

/** A job that is done; the job itself is wanted of trainings alone. */
export interface DoneJob {
  result: ResultFact;
  job: Job | undefined;
}

/**
 * Sums over jobs, kind by kind, in the order in which kinds come.
 *
 * @param done jobs with their results
 * @returns of each kind how many, and what they took
 */
export function sumWork(done: Iterable<DoneJob>): KindWork[] {
  const sums = new Map<JobKind, KindWork>();
  for (const { result, job } of done) {
    const { kind, seconds } = result;
    const sum = sums.get(kind) ?? { kind, jobs: 0, seconds: 0, coreSeconds: 0 };
    sum.jobs += 1;
    sum.seconds += seconds;
    sum.coreSeconds += seconds * threadsOf(result);
    const steps = job && countSteps(job, result);
    if (steps && steps.done !== null) sum.steps = { asked: steps.asked, done: steps.done };
    sums.set(kind, sum);
  }
  return [...sums.values()];
}

/**
 * The threads that a job computed with. Results of workers without a tensor library name none.
 *
 * @param result of the job
 * @returns at least 1
 */
export function threadsOf({ profile }: ResultFact): number {
  return typeof profile.threads === "number" && profile.threads >= 1 ? profile.threads : 1;
}

/**
 * Sums of several versions as one of each task and kind.
 *
 * @param work in the order in which it was done
 * @returns in that order; of steps the last
 */
export function mergeWork(work: Iterable<TaskWork>): TaskWork[] {
  const merged = new Map<string, TaskWork>();
  for (const { task, kind, jobs, seconds, coreSeconds, steps } of work) {
    const mark = `${task} ${kind}`;
    const sum = merged.get(mark) ?? { task, kind, jobs: 0, seconds: 0, coreSeconds: 0 };
    sum.jobs += jobs;
    sum.seconds += seconds;
    sum.coreSeconds += coreSeconds;
    if (steps) sum.steps = steps;
    merged.set(mark, sum);
  }
  return [...merged.values()];
}

/**
 * Seconds of work by kind.
 *
 * @param work of all tasks
 * @returns nothing for kinds without
 */
export function secondsPerKind(work: Iterable<KindWork>): Partial<Record<JobKind, number>> {
  const seconds: Partial<Record<JobKind, number>> = {};
  for (const { kind, seconds: more } of work) seconds[kind] = (seconds[kind] ?? 0) + more;
  return seconds;
}

/**
 * The steps of every task's last training of each kind.
 *
 * @param work of all tasks
 * @returns by task; `cutBy`: the knob that ended a training early
 */
export function stepsOfWork(work: Iterable<TaskWork>): TrainingSteps[] {
  return [...work].flatMap(({ task, kind, steps }) => {
    if (task === null || !steps) return [];
    const cutBy = steps.done < steps.asked ? limitOfSteps(kind) ?? null : null;
    return [{ task, kind, ...steps, cutBy }];
  }).sort((a, b) => a.task - b.task);
}
