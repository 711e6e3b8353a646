/**
 * News of jobs, as the bus or a gateway tells it, on a display.
 * @module
 */
import { type CloudEvent, describeNamed, type Problem, type ProgressMessage } from "@cugro/protocol";
import type { ProgressDisplay } from "./display.ts";

/** Takes news; duplicates are shown once. */
export interface JobNews {
  progress(message: ProgressMessage): void;
  event(event: CloudEvent): void;
  /** These jobs are no longer needed, even if messages about them still arrive. */
  stopped(jobIds: Iterable<string>): void;
  /** These are needed, perhaps again. */
  needed(jobIds: Iterable<string>): void;
}

/**
 * News on a display. `labels`: job id to what a person calls the job; may grow meanwhile.
 *
 * @param display of the command
 * @param labels by job id
 * @returns takes messages and events
 */
export function createJobNews(display: ProgressDisplay, labels: ReadonlyMap<string, string>): JobNews {
  const began = new Map<string, number>();
  const reported = new Set<string>();
  const unneeded = new Set<string>();
  return {
    stopped(jobIds) {
      for (const id of jobIds) {
        unneeded.add(id);
        display.dropped(id);
      }
    },
    needed(jobIds) {
      for (const id of jobIds) unneeded.delete(id);
    },
    progress({ jobId, kind, step, steps, loss }) {
      if (unneeded.has(jobId)) return;
      if (!began.has(jobId)) began.set(jobId, performance.now());
      const label = labels.get(jobId) ?? kind;
      display.progress({ jobId, label, step, steps, ...(loss === undefined ? {} : { loss }) });
    },
    event({ id, type, data }) {
      if (reported.has(id)) return;
      reported.add(id);
      const jobId = String(data.jobId ?? "");
      if (type === "cugro.job.finished") {
        const start = began.get(jobId);
        const seconds = start === undefined ? undefined : (performance.now() - start) / 1000;
        display.finished(jobId, labels.get(jobId) ?? String(data.kind), seconds);
      } else if (type === "cugro.job.failed") {
        display.failed(jobId, `${labels.get(jobId) ?? data.kind} failed: ${data.message}`);
      } else if (type === "cugro.problem.raised") display.note(`! ${describeNamed(problemOf(data))}`);
      else if (type === "cugro.problem.resolved") {
        display.note(`over: ${describeNamed({ ...problemOf(data), advice: "" })}`);
      } else if (type === "cugro.task.revised") display.note(String(data.message));
      else display.note(describeEvent(type, data));
    },
  };
}

/**
 * A job's label where jobs of several tasks are shown. `task`: the task being learnt.
 *
 * @param job its label, and the task it is done for
 * @returns such as `train critic (for task 2)`
 */
export function labelOf({ label, task }: { label: string; task: number | null }): string {
  return task === null || label.includes("train") ? label : `${label} (for task ${task})`;
}

/** What an event of a problem carries is the problem, less whether it was acknowledged. */
function problemOf(data: Record<string, unknown>): Pick<Problem, "message" | "advice" | "subject"> {
  // cast: checked where it was sent, by the schema of the gateway or of the bus
  return data as unknown as Problem;
}

function describeEvent(type: string, data: Record<string, unknown>): string {
  const what = type.replace(/^cugro\./, "").replace(".", " ");
  const about = ["version", "task", "name", "reason"].filter((name) => data[name] !== undefined).map((name) =>
    `${name} ${data[name]}`
  );
  const line = `${what} (${about.join(", ")})`;
  if (!Array.isArray(data.reasons) || data.reasons.length === 0) return line;
  const reasons = data.reasons.join("; ");
  return type === "cugro.version.published" ? `${line} although ${reasons} (observe)` : `${line}: ${reasons}`;
}
