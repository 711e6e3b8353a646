/**
 * Learns until nothing is left to do, and shows how far it is.
 * @module
 */
import { type CoordinatorOptions, runCoordinator } from "@cugro/coordinator";
import { currentGraph, describeTrainingRows, learnerExists } from "@cugro/learners";
import { type Store, StoreFull } from "@cugro/store";
import process from "node:process";
import type { LearnEnd } from "../learners/learners.ts";
import type { ProgressDisplay } from "../progress/display.ts";
import { createProblemNotes } from "../progress/problem_notes.ts";
import { createJobNews, labelOf } from "../progress/job_news.ts";
import { describeLogLine, parseLogLine } from "../progress/log_lines.ts";
import { createPythonNotes } from "./python.ts";
import { isFull, type RoomWatch, watchRoom } from "./full_disk.ts";
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
  /** How long a full store is waited for. */
  waitForRoomMs: number;
}

/** Nobody tells this process of a decision that another command has written into the folder. */
const LOOK_MS = 2_000;

type OnChange = NonNullable<CoordinatorOptions["onChange"]>;

/** Runs coordinator and workers on a folder until the learner has nothing left to do, or Ctrl-C. */
export async function learn(options: LearnOptions): Promise<LearnEnd> {
  const { store, folder, learner, workers, display, waitForRoomMs: waitMs } = options;
  const room = watchRoom({ say: display.note, onGivenUp: (error) => session.fail(error), waitMs });
  const onOutput = (text: string) => tell(text, display, room);
  const session = openSession({ folder, workers, onOutput });
  try {
    const watch = await watchJobs(session, display);
    await session.bus.subscribe("events", ({ type }) => type === "cugro.job.finished" && room.room());
    const noteProblems = createProblemNotes(store, display);
    const notePython = createPythonNotes(display.note);
    await runCoordinator({
      store,
      bus: session.bus,
      learners: [learner],
      until: "idle",
      intervalMs: LOOK_MS,
      signal: session.signal,
      onChange(change) {
        watch(change);
        void noteProblems(change.facts);
        void notePython(change.facts);
      },
      onError(_learner, error) {
        if (!(error instanceof StoreFull)) throw error;
        room.full(error.message);
      },
    });
    const failure = session.failure();
    if (failure) throw failure;
    if (session.signal.aborted) display.note("stopping: every running job writes a checkpoint");
  } finally {
    room.close();
    display.close();
    await session.close();
  }
  if (session.signal.aborted) return "interrupted";
  return await learnerExists(store, learner) ? "idle" : "deleted";
}

/** What workers write, for a person: of a full store only what there is to wait for. */
function tell(text: string, display: ProgressDisplay, room: RoomWatch): void {
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const logged = parseLogLine(line);
    if (logged && isFull(logged.error)) room.full(logged.error);
    // Who asks for a level of the log reads it with programs.
    else {display.note(
        logged && process.env.CUGRO_LOG === undefined ? describeLogLine(logged) : line.trimEnd(),
      );}
  }
}

/** Follows the news of the bus; the returned function tells it what the running jobs are called. */
async function watchJobs({ bus }: Session, display: ProgressDisplay): Promise<OnChange> {
  const labels = new Map<string, string>();
  const news = createJobNews(display, labels);
  const told = new Set<string>();
  await bus.subscribe("progress", news.progress);
  await bus.subscribe("events", news.event);
  return ({ facts, plan, stopped }) => {
    news.needed(plan.submit.map(({ id }) => id));
    news.stopped(stopped);
    for (const { id, label } of plan.submit) labels.set(id, label);
    const graph = currentGraph(facts);
    for (const job of graph?.jobs ?? []) labels.set(job.id, labelOf(job));
    const read = graph?.rows && describeTrainingRows({ task: graph.task, ...graph.rows });
    if (read && !told.has(read)) display.note(read);
    if (read) told.add(read);
  };
}
