/**
 * What learners are given to learn during a run, by whom and when; the same with and without faults.
 * @module
 */
import { MIN_EPISODES } from "@cugro/algorithm";
import { pause, sleep } from "@cugro/async";
import { isIdle, plan } from "@cugro/coordinator";
import {
  addUploaded,
  createCache,
  createLearner,
  currentTask,
  loadFacts,
  openArrivals,
  rollback,
  validVersions,
} from "@cugro/learners";
import type { Bus } from "@cugro/bus";
import { PreconditionFailed, type Store } from "@cugro/store";
import { incomingKey, versionsPrefix } from "@cugro/protocol";
import type { Recorder } from "./run_history.ts";
import { oneOf, randomOf } from "./seeded_random.ts";

/** One learner's part. */
export interface Lesson {
  learner: string;
  seed: number;
  files: { name: string; bytes: Uint8Array }[];
  overrides: Record<string, unknown>;
  /** Goes back one version before the last file, as an operator would. */
  rollback: boolean;
}

/** All of a run. `id`: equal workloads have equal ids. */
export interface Workload {
  id: string;
  lessons: Lesson[];
}

/** How a learner's files come in: as the gateway hands them, or as an S3 client drops them, with hints or without. */
export type WayIn = "handed" | "dropped";
type Hint = "never sent" | "sent twice" | "sent late";
const LATE_MS = 1_000;
const HINTS: readonly Hint[] = ["never sent", "sent twice", "sent late"];

/** Workloads of stub jobs that differ; each needs one undisturbed run. */
export const VARIANTS = 4;

/** Two learners of two or three small files; in every second variant one goes back a version in between. */
export function stubWorkload(seed: number): Workload {
  const variant = seed % VARIANTS;
  const file = (learner: string, k: number) => ({
    name: `task${k}.hdf5`,
    bytes: new TextEncoder().encode(`data ${variant}/${learner}/${k}`),
  });
  const lesson = (learner: string, tasks: number, extra: Partial<Lesson>): Lesson => ({
    learner,
    seed: 100 * variant + tasks,
    files: Array.from({ length: tasks }, (_, i) => file(learner, i + 1)),
    overrides: {
      shardsPerTask: 2,
      ...(variant === 3 ? { gate: "enforce", evaluationEpisodes: MIN_EPISODES } : { gate: "observe" }),
    },
    rollback: false,
    ...extra,
  });
  return {
    id: `stub-${variant}`,
    lessons: [lesson("ann", 3, { rollback: variant % 2 === 1 }), lesson("bob", 2, {})],
  };
}

/** What playing a workload needs. */
export interface Stage {
  store: Store;
  bus: Bus | undefined;
  record: Recorder;
  /** Chooses hints and pauses. */
  seed: number;
  /** One way for all files of a learner: a dropped file may be noticed later than one that is handed in after it. */
  wayIn: (learner: string) => WayIn;
  signal: AbortSignal;
  /** After a loss of the store: some of it was done before, and may be lost or not. */
  again: boolean;
}

/** Creates all learners, then gives each its files and waits until everything is decided. */
export async function play(workload: Workload, stage: Stage): Promise<void> {
  for (const lesson of workload.lessons) {
    await insist(stage, async () => {
      const { learner: name, seed, overrides } = lesson;
      // Asked again after an answer that was lost, it exists already.
      await createLearner({ store: stage.store, name, seed, preset: "smoke", overrides }).catch((error) => {
        if (!(error instanceof RangeError && error.message.endsWith("exists already"))) throw error;
      });
    });
  }
  await Promise.all(
    workload.lessons.map((lesson, i) => teach(lesson, { ...stage, seed: stage.seed * 31 + i })),
  );
}

async function teach(lesson: Lesson, stage: Stage): Promise<void> {
  const random = randomOf(stage.seed);
  const last = lesson.files.length;
  const late: Promise<void>[] = [];
  for (const [index, file] of lesson.files.entries()) {
    if (lesson.rollback && index === last - 1) {
      await untilDecided(lesson, stage, index);
      await goBack(lesson, stage);
      await untilDecided(lesson, stage, index);
    }
    const [way, hint] = [stage.wayIn(lesson.learner), oneOf(random, HINTS)];
    await insist(stage, () => handIn(lesson.learner, file, way, stage));
    if (way === "dropped") late.push(sendHints(incomingKey(lesson.learner, file.name), hint, stage));
    stage.record({
      what: "act",
      learner: lesson.learner,
      act: "drop",
      about: `${file.name} (${way}, ${hint})`,
    });
    await sleep(random() * 1500, stage.signal);
  }
  await untilDecided(lesson, stage, last);
  await Promise.all(late);
}

async function handIn(
  learner: string,
  file: Lesson["files"][number],
  way: WayIn,
  { store, again }: Stage,
): Promise<void> {
  if (way === "handed") await addUploaded({ store, learner, fileName: file.name, body: file.bytes });
  else if (!again || !await hasArrived(store, learner, file.name)) {
    await store.put(incomingKey(learner, file.name), file.bytes);
  }
}

/** Whether a dropped file has become an arrival: then its object may be gone. */
async function hasArrived(store: Store, learner: string, name: string): Promise<boolean> {
  const { arrivals } = await loadFacts(store, learner);
  return arrivals.some(({ key }) => key === incomingKey(learner, name));
}

/** Hints of a dropped file, as a notification of the store would be one. */
async function sendHints(key: string, hint: Hint, { bus, signal }: Stage): Promise<void> {
  if (hint === "sent twice") { for (let n = 0; n < 2; n++) bus?.hint({ key }); }
  if (hint !== "sent late") return;
  await pause(LATE_MS, signal);
  bus?.hint({ key });
}

async function goBack({ learner: name }: Lesson, stage: Stage): Promise<void> {
  const { store, record } = stage;
  let version: number | undefined;
  await insist(stage, async () => {
    const facts = await loadFacts(store, name);
    version = facts.withdrawn.length > 0 ? undefined : validVersions(facts).at(-2)?.version;
  });
  const target = version;
  if (target === undefined) return;
  // Written down first: from now on the head may go back to this version.
  record({ what: "act", learner: name, act: "rollback", about: String(target) });
  // Asked again after an answer that was lost, it changes nothing.
  await insist(stage, () => rollback({ store, name, version: target }));
}

/** Waits until every file so far is decided, and the plan has nothing left to do. */
async function untilDecided({ learner }: Lesson, stage: Stage, tasks: number): Promise<void> {
  const cache = createCache();
  const isDecided = async () => {
    const versions = await stage.store.list(versionsPrefix(learner));
    if (versions.length < tasks) return false;
    const facts = await loadFacts(stage.store, learner, cache);
    return facts.tasks.length >= tasks && openArrivals(facts).length === 0 && !currentTask(facts) &&
      isIdle(plan(facts));
  };
  while (!await isDecided().catch(() => false)) await sleep(250, stage.signal);
}

/** As a client does whose request found no store or no room: the same again, until it gets through. */
async function insist(stage: Stage, request: () => Promise<unknown>): Promise<void> {
  while (true) {
    try {
      return void await request();
    } catch (error) {
      if (error instanceof RangeError || error instanceof PreconditionFailed || stage.signal.aborted) {
        throw error;
      }
      await sleep(200, stage.signal);
    }
  }
}
