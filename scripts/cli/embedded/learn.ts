/**
 * Learns on a folder until nothing is left to do, and shows how far it is.
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

/** Where to learn, and with what. */
export interface LearningOptions {
  /** Opened for writing. */
  store: Store;
  /** The store's folder, for the workers. */
  folder: string;
  workers: number;
  display: ProgressDisplay;
  /** How long a full store is waited for. */
  waitForRoomMs: number;
}

/** Workers that learn whatever learners are asked for, several at a time. */
export interface Learning {
  /** Until the learner has nothing left to do, or Ctrl-C. */
  learn(learner: string): Promise<LearnEnd>;
  close(): Promise<void>;
}

/** Nobody tells this process of a decision that another command has written into the folder. */
const LOOK_MS = 2_000;

type OnChange = NonNullable<CoordinatorOptions["onChange"]>;

/** Starts workers on a folder, which learn until they are closed; work that two learners share is done once. */
export async function openLearning(options: LearningOptions): Promise<Learning> {
  const { store, folder, workers, display, waitForRoomMs: waitMs } = options;
  const room = watchRoom({ say: display.note, onGivenUp: (error) => session.fail(error), waitMs });
  const onOutput = (text: string) => tell(text, display, room);
  const session = openSession({ folder, workers, onOutput });
  const watch = await watchJobs(session, display);
  await session.bus.subscribe("events", ({ type }) => type === "cugro.job.finished" && room.room());
  const noteProblems = createProblemNotes(store, display);
  const notePython = createPythonNotes(display.note);
  const onChange: OnChange = (change) => {
    watch(change);
    void noteProblems(change.facts);
    void notePython(change.facts);
  };
  session.signal.addEventListener(
    "abort",
    () => session.failure() ?? display.note("stopping: every running job writes a checkpoint"),
  );
  return {
    learn: (learner) => learnOne(learner, { session, store, room, onChange }),
    async close() {
      room.close();
      display.close();
      await session.close();
    },
  };
}

async function learnOne(
  learner: string,
  { session, store, room, onChange }: {
    session: Session;
    store: Store;
    room: RoomWatch;
    onChange: OnChange;
  },
): Promise<LearnEnd> {
  await runCoordinator({
    ...{ store, bus: session.bus, learners: [learner], until: "idle", intervalMs: LOOK_MS },
    ...{ signal: session.signal, onChange },
    onError(_learner, error) {
      if (!(error instanceof StoreFull)) throw error;
      room.full(error.message);
    },
  });
  const failure = session.failure();
  if (failure) throw failure;
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
  const learners = new Set<string>();
  return ({ facts, plan, stopped }) => {
    const { name } = facts.learner;
    learners.add(name);
    const named = (label: string) => learners.size > 1 ? `${name}: ${label}` : label;
    news.needed(plan.submit.map(({ id }) => id));
    news.stopped(stopped);
    for (const { id, label } of plan.submit) labels.set(id, named(label));
    const graph = currentGraph(facts);
    for (const job of graph?.jobs ?? []) labels.set(job.id, named(labelOf(job)));
    const rows = graph?.rows && describeTrainingRows({ task: graph.task, ...graph.rows });
    const read = rows && named(rows);
    if (read && !told.has(read)) display.note(read);
    if (read) told.add(read);
  };
}
