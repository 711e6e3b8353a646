/**
 * Gradient steps of trainings: those that were done against those that the knobs asked for.
 * @module
 */
import { askedSteps, limitOfSteps } from "@cugro/algorithm/knobs";
import type { Job, JobKind, ResultFact } from "@cugro/protocol";

/** Steps of one training. `done`: null until then. */
export interface StepCount {
  done: number | null;
  asked: number;
}

/** The steps of a task's last training of one kind. `cutBy`: the knob that left fewer than were asked for. */
export interface TrainingSteps extends StepCount {
  task: number;
  kind: JobKind;
  cutBy: string | null;
}

/**
 * The steps of a job; null where it is no training, or made by other software.
 *
 * @param result undefined while it is not done
 * @param job as its fact has it
 * @returns steps asked for, and done; null for `done` while it is not
 */
export function countSteps({ kind, config }: Job, result: ResultFact | undefined): StepCount | null {
  const asked = typeof config.oldTasks === "number" ? askedSteps(kind, config, config.oldTasks) : undefined;
  if (asked === undefined) return null;
  const done = result?.metrics.steps;
  return { asked, done: typeof done === "number" ? done : null };
}

/**
 * The steps of every task's trainings, by task; of several attempts the last that is done.
 *
 * @param jobs of the learner
 * @returns by task; `cutBy`: the knob that ended a training early
 */
export function trainingSteps(
  jobs: readonly { task: number | null; kind: JobKind; steps: StepCount | null }[],
): TrainingSteps[] {
  const last = new Map<string, TrainingSteps>();
  for (const { task, kind, steps } of jobs) {
    if (task === null || steps === null || steps.done === null) continue;
    const cutBy = steps.done < steps.asked ? limitOfSteps(kind) ?? null : null;
    last.set(`${task} ${kind}`, { task, kind, ...steps, cutBy });
  }
  return [...last.values()].sort((a, b) => a.task - b.task);
}
