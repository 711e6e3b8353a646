/**
 * One learner, live: what is known of it, and how far its jobs are.
 * @module
 */
import { batch, signal } from "@preact/signals";
import type { Arrival, History, JobSummary, Learner, Traffic } from "@cugro/client";
import { createProgressMemory, type ProgressMemory } from "../../live/progress_memory.ts";
import { jobsBehind } from "../figures/job_groups.ts";
import { createRefresher } from "./refresh.ts";
import { client, sentenceOf } from "./page_session.ts";
import { openStream } from "./stream.ts";

/**
 * What is known of a learner. `jobs`: those of the task that is being learnt, or else was last, and of files that are being read; `made`:
 * those that lead to the version that is being made, or else was made last; undefined until they are known.
 */
export interface KnownLearner {
  learner: Learner;
  waiting: readonly Arrival[];
  jobs: readonly JobSummary[];
  made: readonly JobSummary[] | undefined;
  history: History;
  traffic: Traffic;
}

/** The learner that is shown; undefined until it is loaded. */
export const known = signal<KnownLearner | undefined>(undefined);
/** Why it cannot be shown. */
export const fault = signal<string | undefined>(undefined);
/** Counts the news of progress, at most one a frame: figures of running jobs follow it. */
export const beat = signal(0);

let memory: ProgressMemory = createProgressMemory();
/** Progress and losses of running jobs; read {@link beat} to follow it. */
export const live = (): ProgressMemory => memory;

/** Keeps one learner up to date until closed. */
export function openLearner(name: string): () => void {
  memory = createProgressMemory();
  const seeded = new Set<string>();
  let isClosed = false;
  batch(() => {
    known.value = undefined;
    fault.value = undefined;
  });
  const show = (found: KnownLearner) =>
    isClosed || batch(() => {
      known.value = found;
      fault.value = undefined;
    });
  const refresher = createRefresher(async () => {
    try {
      const { jobs } = await readWhole(name, known.value, show);
      await Promise.all(jobs.map((job) => seed(name, job, seeded)));
    } catch (error) {
      if (!isClosed) fault.value = sentenceOf(error);
    }
  });
  const close = openStream(name, {
    onOpen: refresher.news,
    onFault: (sentence) => void (fault.value = sentence),
    onNews(news) {
      if (news.type === "traffic") return void readTraffic(name);
      if (news.type !== "progress") return refresher.news();
      // A job that the page does not know yet: read again.
      if (!memory.last(news.progress.jobId)) refresher.news();
      memory.note(news.progress);
      beatSoon();
    },
  });
  return () => {
    isClosed = true;
    close();
    refresher.close();
  };
}

/** At first the learner is shown without waiting for its jobs; later, both arrive together. */
async function readWhole(
  name: string,
  before: KnownLearner | undefined,
  show: (found: KnownLearner) => void,
): Promise<KnownLearner> {
  const first = await readLearner(name, before?.history);
  if (!before) show(first);
  const whole = { ...first, ...await readJobs(first) };
  show(whole);
  return whole;
}

async function readLearner(name: string, before: History | undefined): Promise<KnownLearner> {
  const { learners, tasks, history, traffic } = client.value;
  const [learner, { waiting }, all, asked] = await Promise.all([
    ...[learners.show(name), tasks.list(name), history(name, before), traffic(name)] as const,
  ]);
  return { learner, waiting, history: all, traffic: asked, jobs: [], made: undefined };
}

/** The jobs of the task that is looked at first. */
async function readJobs(
  { learner, waiting, history }: KnownLearner,
): Promise<Pick<KnownLearner, "jobs" | "made">> {
  const { jobs } = client.value;
  const { pending, newestJobs, versions } = history;
  const task = pending?.task ?? versions.task.at(-1);
  const isReading = learner.jobs.ready > 0 && waiting.length > 0;
  const [own, ready] = await Promise.all([
    task === undefined ? [] : jobs.list(learner.name, { task }),
    isReading ? jobs.list(learner.name, { state: "ready" }) : [],
  ]);
  const ends = pending?.cells.map(({ job }) => job) ?? newestJobs;
  const imports = ready.filter((job) => job.task === null);
  return { jobs: [...imports, ...own], made: jobsBehind(own, ends) };
}

/** Only the requests to its policies: they change often where the policies are in use. */
async function readTraffic(name: string): Promise<void> {
  const traffic = await client.value.traffic(name).catch(sentenceOf);
  const { value } = known;
  if (typeof traffic !== "string" && value?.learner.name === name) known.value = { ...value, traffic };
}

/** Loads a job's progress from before the page was opened, once a job. */
async function seed(name: string, { id, kind, state, progress }: JobSummary, seeded: Set<string>) {
  if (!progress || state === "done" || seeded.has(id)) return;
  seeded.add(id);
  const { curves: [loss] } = await client.value.jobs.curves(name, id);
  const { step, steps, ratePerSecond, worker } = progress;
  const of = { jobId: id, kind, learner: name, steps };
  const optional = {
    ...ratePerSecond === null ? {} : { ratePerSecond },
    ...worker === null ? {} : { worker },
  };
  const last = memory.last(id) ?? { ...of, ...optional, step };
  const received = memory.losses(id);
  const before = (loss?.steps ?? []).map((step, index) => [step, loss!.values[index] ?? null] as const)
    .filter(([step]) => received.steps.length === 0 || step < received.steps[0]!);
  const since = received.steps.map((step, index) => [step, received.values[index]!] as const);
  for (const [step, loss] of [...before, ...since]) if (loss !== null) memory.note({ ...of, step, loss });
  memory.note(last);
  beatSoon();
}

let isBeating = false;
function beatSoon(): void {
  if (isBeating) return;
  isBeating = true;
  requestAnimationFrame(() => {
    isBeating = false;
    beat.value++;
  });
}
