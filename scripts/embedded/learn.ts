/**
 * Learns until nothing is left to do, and shows how far it is.
 * @module
 */
import process from "node:process";
import { type CoordinatorOptions, runCoordinator } from "@cugro/coordinator";
import { currentGraph } from "@cugro/learners";
import { createDisplay, type ProgressDisplay } from "../progress/display.ts";
import { openSession, type Session } from "./session.ts";

/** What to learn, and where. */
export interface LearnOptions {
  folder: string;
  learner: string;
  workers: number;
  /** Called once the store is open and before anything is planned: configuration and arrivals are written here. */
  prepare: (session: Session) => Promise<void>;
}

type OnChange = NonNullable<CoordinatorOptions["onChange"]>;

/** How it ended. */
export type LearnEnd = "idle" | "interrupted";

/** Runs coordinator and workers on a folder until the learner has nothing left to do, or Ctrl-C. */
export async function learn({ folder, learner, workers, prepare }: LearnOptions): Promise<LearnEnd> {
  const display = createDisplay({
    write: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    width: () => process.stderr.columns ?? 100,
    now: () => performance.now(),
  });
  const session = await openSession({ folder, workers, onOutput: (text) => display.note(text.trimEnd()) });
  try {
    await prepare(session);
    const watch = await watchJobs(session, display);
    await runCoordinator({
      store: session.store,
      bus: session.bus,
      learners: [learner],
      until: "idle",
      signal: session.signal,
      onChange: watch,
    });
    const failure = session.failure();
    if (failure) throw failure;
    if (session.signal.aborted) display.note("stopping: every running job writes a checkpoint");
  } finally {
    display.close();
    await session.close();
  }
  return session.signal.aborted ? "interrupted" : "idle";
}

/** Follows the news of the bus; the returned function tells it what the running jobs are called. */
async function watchJobs({ bus }: Session, display: ProgressDisplay): Promise<OnChange> {
  const labels = new Map<string, string>();
  const began = new Map<string, number>();
  const told = new Set<string>();
  await bus.subscribe("progress", ({ jobId, kind, step, steps, loss }) => {
    if (!began.has(jobId)) began.set(jobId, performance.now());
    const label = labels.get(jobId) ?? kind;
    display.progress({ jobId, label, step, steps, ...(loss === undefined ? {} : { loss }) });
  });
  await bus.subscribe("events", ({ id, type, data }) => {
    if (told.has(id)) return;
    told.add(id);
    const jobId = String(data.jobId ?? "");
    if (type === "cugro.job.finished") {
      const start = began.get(jobId);
      const seconds = start === undefined ? undefined : (performance.now() - start) / 1000;
      display.finished(jobId, labels.get(jobId) ?? String(data.kind), seconds);
    } else if (type === "cugro.job.failed") {
      display.failed(jobId, `${labels.get(jobId) ?? data.kind} failed: ${data.message}`);
    } else display.note(describeEvent(type, data));
  });
  return ({ facts, plan }) => {
    for (const { id, label } of plan.submit) labels.set(id, label);
    for (const { id, label, task } of currentGraph(facts)?.jobs ?? []) {
      labels.set(id, label.includes("train") ? label : `${label} (for task ${task})`);
    }
  };
}

function describeEvent(type: string, data: Record<string, unknown>): string {
  const what = type.replace(/^cugro\./, "").replace(".", " ");
  const reasons = Array.isArray(data.reasons) && data.reasons.length > 0
    ? `: ${data.reasons.join("; ")}`
    : "";
  const about = ["version", "task", "name", "reason"].filter((name) => data[name] !== undefined).map((name) =>
    `${name} ${data[name]}`
  );
  return `${what} (${about.join(", ")})${reasons}`;
}
