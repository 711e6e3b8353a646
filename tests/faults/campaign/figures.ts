/**
 * Figures of a run: work that was done again, and how long after a fault the system moved on.
 * @module
 */
import type { Entry } from "./run_history.ts";

/** What a run cost. */
export interface Figures {
  /** Steps that jobs needed, and steps that were done. */
  steps: { needed: number; done: number };
  /** From the end of a fault to the next commit, in ms, by fault. */
  recoveries: { fault: string; ms: number }[];
}

/** The figures of a history. */
export function figuresOf(history: readonly Entry[]): Figures {
  return { steps: countSteps(history), recoveries: recoveries(history) };
}

/** The share of work that was done more than once. */
export function redoneShare(steps: Figures["steps"][]): number {
  const needed = steps.reduce((sum, run) => sum + run.needed, 0);
  const done = steps.reduce((sum, run) => sum + run.done, 0);
  return needed === 0 ? 0 : done / needed - 1;
}

/** The value that a share of all values does not exceed; NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Every run of a job does the steps from where it began to where it was last seen. */
function countSteps(history: readonly Entry[]): Figures["steps"] {
  const began = new Map<string, number>();
  const needed = new Map<string, number>();
  let done = 0;
  for (const entry of history) {
    if (entry.what !== "job") continue;
    const run = `${entry.who}/${entry.pid}/${entry.jobId}`;
    if (entry.state === "started") {
      began.set(run, entry.step);
      continue;
    }
    done += entry.step - (began.get(run) ?? entry.step);
    began.set(run, entry.step);
    needed.set(entry.jobId, Math.max(needed.get(entry.jobId) ?? 0, entry.step));
  }
  return { needed: [...needed.values()].reduce((sum, steps) => sum + steps, 0), done };
}

function recoveries(history: readonly Entry[]): Figures["recoveries"] {
  const found: Figures["recoveries"] = [];
  for (const [index, entry] of history.entries()) {
    const end = endOf(entry);
    if (end === undefined) continue;
    const next = history.slice(index).find((later) => later.at > end.at && isProgress(later));
    if (next) found.push({ fault: end.fault, ms: next.at - end.at });
  }
  return found;
}

function endOf(entry: Entry): { fault: string; at: number } | undefined {
  if (entry.what === "fault" && entry.state === "ends") {
    return { fault: entry.fault.split(" ")[0]!, at: entry.at };
  }
  if (entry.what !== "sabotage") return undefined;
  // A turned clock stays turned: the system must go on at once.
  return { fault: entry.action, at: entry.at + (entry.action === "clock" ? 0 : Math.max(0, entry.ms)) };
}

/** Something of lasting value has come to be: a result, a task, a version. */
function isProgress(entry: Entry): boolean {
  return entry.what === "put" && entry.outcome === "written" &&
    (entry.key.endsWith("/result.json") || /^learners\/[^/]+\/(tasks|versions)\/\d+\.json$/.test(entry.key));
}
