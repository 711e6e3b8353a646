/**
 * Learns until nothing is left to do, and shows how far it is.
 * @module
 */
import { type CoordinatorOptions, runCoordinator } from "@cugro/coordinator";
import { currentGraph } from "@cugro/learners";
import type { Store } from "@cugro/store";
import type { LearnEnd } from "../learners/learners.ts";
import type { ProgressDisplay } from "../progress/display.ts";
import { createProblemNotes } from "../progress/problem_notes.ts";
import { createJobNews, labelOf } from "../progress/job_news.ts";
import { openSession, type Session } from "./session.ts";

/** What to learn, and where. */
export interface LearnOptions {
  /** Opened for writing. */
  store: Store;
  /** The store's folder, for the workers. */
  folder: string;
  learner: string;
  workers: number;
  display: ProgressDisplay;
}

type OnChange = NonNullable<CoordinatorOptions["onChange"]>;

/** Runs coordinator and workers on a folder until the learner has nothing left to do, or Ctrl-C. */
export async function learn(options: LearnOptions): Promise<LearnEnd> {
  const { store, folder, learner, workers, display } = options;
  const onOutput = (text: string) => display.note(text.trimEnd());
  const session = openSession({ folder, workers, onOutput });
  try {
    const watch = await watchJobs(session, display);
    const noteProblems = createProblemNotes(store, display);
    await runCoordinator({
      store,
      bus: session.bus,
      learners: [learner],
      until: "idle",
      signal: session.signal,
      onChange(change) {
        watch(change);
        void noteProblems(change.facts);
      },
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
  const news = createJobNews(display, labels);
  await bus.subscribe("progress", news.progress);
  await bus.subscribe("events", news.event);
  return ({ facts, plan }) => {
    for (const { id, label } of plan.submit) labels.set(id, label);
    for (const job of currentGraph(facts)?.jobs ?? []) labels.set(job.id, labelOf(job));
  };
}
