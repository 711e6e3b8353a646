/**
 * Learns on a folder until nothing is left to do, and shows progress.
 * @module
 */
import { type CoordinatorOptions, runCoordinator } from "@cugro/coordinator";
import { currentGraph, describeTrainingRows, learnerExists } from "@cugro/learners";
import type { EmbeddedBus } from "@cugro/bus";
import { type Store, StoreFull } from "@cugro/store";
import process from "node:process";
import type { LearnEnd } from "../learners/learners.ts";
import type { ProgressDisplay } from "../progress/display.ts";
import { createProblemNotes } from "../progress/problem_notes.ts";
import { createJobNews, labelOf } from "../progress/job_news.ts";
import { describeLogLine, isForPeople, parseLogLine } from "../progress/log_lines.ts";
import { logOfRun, openRunLog, type RunLog } from "../following/run_log.ts";
import { createPythonNotes } from "./choose_python.ts";
import { isFull, type RoomWatch, watchRoom } from "./full_disk.ts";
import { openSession, type Session } from "./run_session.ts";

/** The store to learn in, and the settings. */
export interface LearningOptions {
  /** Opened for writing. */
  store: Store;
  /** The store's folder, for the workers. */
  folder: string;
  workers: number;
  bus: EmbeddedBus;
  display: ProgressDisplay;
  /** How long a full store is waited for. */
  waitForRoomMs: number;
}

/** Workers that serve several learners at a time. */
export interface Learning {
  /** Until the learner has nothing left to do, or Ctrl-C. */
  learn(learner: string): Promise<LearnEnd>;
  /** Every learner of the store, whatever is handed over to it, until Ctrl-C. */
  learnOn(): Promise<void>;
  close(): Promise<void>;
}

/** Decisions that other commands write into the folder send no news to this process. */
const LOOK_MS = 2_000;

type OnChange = NonNullable<CoordinatorOptions["onChange"]>;

/** Starts workers on a folder, which learn until they are closed; work that two learners share is done once. */
export async function openLearning(options: LearningOptions): Promise<Learning> {
  const { store, folder, workers, bus, display, waitForRoomMs: waitMs } = options;
  const room = watchRoom({ note: display.note, onGivenUp: (error) => session.fail(error), waitMs });
  const log = openRunLog(logOfRun(folder));
  const onOutput = (text: string) => notifyOfOutput(text, { display, room, log });
  const session = openSession({ folder, workers, onOutput, bus });
  const { watch, unwatch } = await watchJobs(session, display);
  const unsubscribe = await bus.subscribe(
    "events",
    (event) => {
      log.event(event);
      if (event.type === "cugro.job.finished") room.room();
    },
  );
  const noteProblems = createProblemNotes(store, display);
  const notePython = createPythonNotes(display.note);
  const onChange: OnChange = (change) => {
    watch(change);
    void noteProblems(change.facts);
    void notePython(change.facts);
  };
  session.signal.addEventListener(
    "abort",
    () =>
      workers > 0 && !session.failure() && display.note("stopping: every running job writes a checkpoint"),
  );
  return {
    learn: (learner) => learnOne(learner, { session, store, room, onChange }),
    learnOn: () => learnAll({ session, store, room, onChange }),
    async close() {
      unsubscribe();
      unwatch();
      room.close();
      display.close();
      await session.close();
      log.close();
    },
  };
}

interface Planning {
  session: Session;
  store: Store;
  room: RoomWatch;
  onChange: OnChange;
}

function planningOf({ session, store, room, onChange }: Planning): CoordinatorOptions {
  return {
    ...{ store, bus: session.bus, signal: session.signal, intervalMs: LOOK_MS, onChange },
    onError(_learner, error) {
      if (!(error instanceof StoreFull)) throw error;
      room.full(error.message);
    },
  };
}

async function learnAll(planning: Planning): Promise<void> {
  await runCoordinator(planningOf(planning));
  const failure = planning.session.failure();
  if (failure) throw failure;
}

async function learnOne(learner: string, planning: Planning): Promise<LearnEnd> {
  const { session, store } = planning;
  await runCoordinator({ ...planningOf(planning), learners: [learner], until: "idle" });
  const failure = session.failure();
  if (failure) throw failure;
  if (session.signal.aborted) return "interrupted";
  return await learnerExists(store, learner) ? "idle" : "deleted";
}

interface Listeners {
  display: ProgressDisplay;
  room: RoomWatch;
  log: RunLog;
}

/** Output of workers: all of it goes into the log, important lines to the terminal; a full store is reported once, not for each write. */
function notifyOfOutput(text: string, { display, room, log }: Listeners): void {
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    log.line(line);
    const logged = parseLogLine(line);
    if (logged && isFull(logged.error)) room.full(logged.error);
    // With an explicit log level the output is for programs.
    else if (!logged || process.env.CUGRO_LOG !== undefined) display.note(line.trimEnd());
    else if (isForPeople(logged)) display.note(describeLogLine(logged));
  }
}

/** Follows the news of the bus; `watch` gives it the labels of running jobs. */
async function watchJobs(
  { bus }: Session,
  display: ProgressDisplay,
): Promise<{ watch: OnChange; unwatch: () => void }> {
  const labels = new Map<string, string>();
  const news = createJobNews(display, labels);
  const noted = new Set<string>();
  const followed = [
    await bus.subscribe("progress", news.progress),
    await bus.subscribe("events", news.event),
  ];
  const learners = new Set<string>();
  const watch: OnChange = ({ facts, plan, stopped }) => {
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
    if (read && !noted.has(read)) display.note(read);
    if (read) noted.add(read);
  };
  return { watch, unwatch: () => followed.forEach((leave) => leave()) };
}
