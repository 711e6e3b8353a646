/**
 * Follows a learner behind a gateway until every task is decided. The cluster learns whether somebody follows or not.
 * @module
 */
import { createWakeup } from "@cugro/async";
import process from "node:process";
import type { GatewayClient } from "@cugro/client";
import { displayOnStderr, type ProgressDisplay } from "../progress/display.ts";
import { createJobNews, labelOf } from "../progress/job_news.ts";
import type { LearnEnd } from "./learners.ts";
import { lookOnNews } from "./looks.ts";

/** Without news the learner is looked at this often. */
const IDLE_MS = 2_000;
/** However many events come, looks are so far apart. */
const GAP_MS = 1_000;

/** Shows progress until nothing is undecided, or until Ctrl-C. */
export async function follow(client: GatewayClient, learner: string): Promise<LearnEnd> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  const display = displayOnStderr();
  const labels = new Map<string, string>();
  const news = createWakeup();
  const watching = watch({ client, learner, display, labels, signal: stop.signal, onNews: news.wake });
  watching.catch(onSignal);
  let labelled = "";
  const label = async (of: Parameters<typeof client.jobs.list>[1]) => {
    for (const job of await client.jobs.list(learner, of)) labels.set(job.id, labelOf(job));
  };
  const look = async () => {
    const { tasks, waiting } = await client.tasks.list(learner);
    const current = tasks.find((task) => task.current);
    const mark = `${current?.task}/${current?.attempt}`;
    // Short jobs come and go between two looks, so all of a task's jobs are named when it begins.
    if (current && mark !== labelled) await label({ task: current.task });
    labelled = mark;
    await label({ state: "ready" });
    const decided = waiting.length === 0 && tasks.every(({ state }) => state !== "undecided");
    return decided && await isServed(client, learner);
  };
  try {
    const isDone = await lookOnNews({ look, news, signal: stop.signal, gapMs: GAP_MS, idleMs: IDLE_MS });
    return isDone ? "idle" : "interrupted";
  } finally {
    stop.abort();
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    display.close();
    await watching;
  }
}

/** Whether the newest valid version serves: the head moves a moment after the decision. */
async function isServed(client: GatewayClient, learner: string): Promise<boolean> {
  const valid = (await client.versions.list(learner)).filter(({ state }) =>
    state === "published" || state === "promoted"
  );
  return valid.at(-1)?.serving ?? true;
}

async function watch(
  { client, learner, display, labels, signal, onNews }: {
    client: GatewayClient;
    learner: string;
    display: ProgressDisplay;
    labels: ReadonlyMap<string, string>;
    signal: AbortSignal;
    onNews: () => void;
  },
): Promise<void> {
  const news = createJobNews(display, labels);
  for await (const each of client.events(learner, { signal, progress: true, onOpen: onNews })) {
    if (each.type === "progress") news.progress(each.progress);
    else if (each.type !== "gap") news.event(each.event);
    if (each.type !== "progress") onNews();
  }
}
