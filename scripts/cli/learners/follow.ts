/**
 * Follows a learner behind a gateway until every task is decided. The cluster learns whether somebody follows or not.
 * @module
 */
import { createWakeup } from "@cugro/async";
import process from "node:process";
import { type GatewayClient, GatewayError } from "@cugro/client";
import { describeTrainingRows } from "@cugro/learners";
import { displayOnStderr } from "../progress/display.ts";
import { createJobNews, type JobNews, labelOf } from "../progress/job_news.ts";
import type { LearnEnd } from "./learners.ts";
import { lookOnNews } from "./looks.ts";

/** Without news the learner is looked at this often. */
const IDLE_MS = 2_000;
/** The shortest time between two looks, however many events come. */
const GAP_MS = 1_000;

/** Shows progress until nothing is undecided, or until Ctrl-C. */
export async function follow(client: GatewayClient, learner: string): Promise<LearnEnd> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  const display = displayOnStderr();
  const labels = new Map<string, string>();
  const news = createWakeup();
  const jobNews = createJobNews(display, labels);
  const watching = watch({ client, learner, jobNews, signal: stop.signal, onNews: news.wake });
  watching.catch(onSignal);
  const look = createLook({ client, learner, labels, jobNews, note: display.note });
  let deleted = false;
  const lookUnlessDeleted = () =>
    look().catch((error) => {
      deleted = error instanceof GatewayError && error.status === 404;
      if (!deleted) throw error;
      return true;
    });
  const pace = { gapMs: GAP_MS, idleMs: IDLE_MS };
  try {
    const isDone = await lookOnNews({ look: lookUnlessDeleted, news, signal: stop.signal, ...pace });
    return deleted ? "deleted" : isDone ? "idle" : "interrupted";
  } finally {
    stop.abort();
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    display.close();
    // A learner that does not exist has no events.
    await watching.catch((error) => {
      if (!deleted) throw error;
    });
  }
}

/** Looks whether every task is decided; also collects labels of jobs, and which are no longer needed. */
function createLook({ client, learner, labels, jobNews, note }: {
  client: GatewayClient;
  learner: string;
  labels: Map<string, string>;
  jobNews: JobNews;
  note: (text: string) => void;
}): () => Promise<boolean> {
  let labelled = "";
  let current: string[] = [];
  const label = async (of: Parameters<typeof client.jobs.list>[1]) => {
    const jobs = await client.jobs.list(learner, of);
    for (const job of jobs) labels.set(job.id, labelOf(job));
    return jobs.map(({ id }) => id);
  };
  return async () => {
    const { tasks, waiting } = await client.tasks.list(learner);
    const task = tasks.find((task) => task.current);
    const mark = `${task?.task}/${task?.attempt}`;
    if (mark !== labelled) {
      // Unfinished jobs of an earlier task are no longer needed: it was cancelled, or has failed.
      jobNews.stopped(current);
      // Short jobs come and go between two looks, so all of a task's jobs are named when it begins.
      current = task ? await label({ task: task.task }) : [];
      jobNews.needed(current);
      const read = task && describeTrainingRows(task);
      if (read) note(read);
    }
    labelled = mark;
    const ready = await label({ state: "ready" });
    const decided = waiting.length === 0 && tasks.every(({ state }) => state !== "undecided");
    // Jobs that a label caused belong to no task being learnt.
    return decided && ready.length === 0 && await isServed(client, learner);
  };
}

/** Whether the newest valid version serves: the head moves a moment after the decision. */
async function isServed(client: GatewayClient, learner: string): Promise<boolean> {
  const valid = (await client.versions.list(learner)).filter(({ state }) =>
    state === "published" || state === "promoted"
  );
  return valid.at(-1)?.serving ?? true;
}

async function watch(
  { client, learner, jobNews, signal, onNews }: {
    client: GatewayClient;
    learner: string;
    jobNews: JobNews;
    signal: AbortSignal;
    onNews: () => void;
  },
): Promise<void> {
  for await (const each of client.events(learner, { signal, progress: true, onOpen: onNews })) {
    if (each.type === "progress") jobNews.progress(each.progress);
    else if ("event" in each) jobNews.event(each.event);
    if (each.type !== "progress" && each.type !== "traffic") onNews();
  }
}
