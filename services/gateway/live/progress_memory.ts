/**
 * How far running jobs are, and their losses so far: what progress messages said since this process started. Lost when it
 * ends; of a job that is done, its artifact `curves` has all.
 * @module
 */
import type { ProgressMessage } from "@cugro/protocol";

/** Points of a job that are kept; of more, every second one goes. */
export const MOST_POINTS = 2_000;
/** Capacity, in jobs; the one that has been silent for longest is dropped. */
const MOST_JOBS = 256;

/** The latest progress of a job. `at`: ms since 1970. */
export interface KeptProgress extends ProgressMessage {
  at: number;
}

/** The latest progress and the losses of running jobs, by job id. */
export interface ProgressMemory {
  note(progress: ProgressMessage): void;
  /** The latest progress of a job; undefined: none. */
  last(jobId: string): KeptProgress | undefined;
  /** Its losses so far, oldest first. */
  losses(jobId: string): { steps: number[]; values: number[] };
}

interface Kept {
  last: KeptProgress;
  steps: number[];
  values: number[];
  /** Points closer than this many steps are not kept. */
  gap: number;
}

/**
 * Nothing is kept yet.
 *
 * @param now ms since 1970
 * @returns the last progress and a thinned curve of losses for each job
 */
export function createProgressMemory(now: () => number = Date.now): ProgressMemory {
  const jobs = new Map<string, Kept>();
  return {
    note(progress) {
      const last = { ...progress, at: now() };
      const kept = jobs.get(progress.jobId) ?? { last, steps: [], values: [], gap: 1 };
      kept.last = last;
      if (progress.loss !== undefined) addPoint(kept, progress.step, progress.loss);
      jobs.delete(progress.jobId);
      jobs.set(progress.jobId, kept);
      if (jobs.size > MOST_JOBS) jobs.delete(jobs.keys().next().value!);
    },
    last: (jobId) => jobs.get(jobId)?.last,
    losses(jobId) {
      const { steps = [], values = [] } = jobs.get(jobId) ?? {};
      return { steps: [...steps], values: [...values] };
    },
  };
}

function addPoint(kept: Kept, step: number, loss: number): void {
  const { steps, values } = kept;
  // A job that went on at a checkpoint takes some steps again.
  while (steps.length > 0 && steps.at(-1)! >= step) {
    steps.pop();
    values.pop();
  }
  if (steps.length > 0 && step - steps.at(-1)! < kept.gap) return;
  steps.push(step);
  values.push(loss);
  if (steps.length < MOST_POINTS) return;
  kept.gap = Math.max(2 * kept.gap, 2 * Math.ceil((step - steps[0]!) / steps.length));
  kept.steps = steps.filter((_, index) => index % 2 === 0);
  kept.values = values.filter((_, index) => index % 2 === 0);
}
