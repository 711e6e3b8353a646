/**
 * `cugro run --url`: makes the learner if need be, hands the files over, and follows until every task is decided.
 * The cluster learns whether somebody follows or not.
 * @module
 */
import { createWakeup } from "@cugro/async";
import { access } from "node:fs/promises";
import process from "node:process";
import { type GatewayClient, GatewayError, type Learner } from "@cugro/client";
import { printJson, UsageError } from "../commands/output.ts";
import { printResult, resultOf } from "../commands/result.ts";
import { type Flags, judgeFlags } from "../commands/flags.ts";
import { parsePreset, parseSettings } from "../commands/settings.ts";
import { displayOnStderr, type ProgressDisplay } from "../progress/display.ts";
import { createJobNews, labelOf } from "../progress/job_news.ts";
import { upload } from "./act.ts";
import type { Remote } from "./connect.ts";
import { lookOnNews } from "./looks.ts";
import { remoteStatus } from "./show.ts";

/** Without news the learner is looked at this often. */
const IDLE_MS = 2_000;
/** However many events come, looks are so far apart. */
const GAP_MS = 1_000;

/** See the module. */
export async function run(
  { client, url }: Remote,
  paths: string[],
  options: Flags & { json?: boolean },
): Promise<void> {
  const { learner } = options;
  await Promise.all(paths.map((path) => access(path)));
  await settle(client, url, options, paths.length > 0);
  const history = new Set((await client.learners.show(learner)).rejections.map(({ seq }) => seq));
  for (const { seq } of await upload(client, learner, paths)) history.delete(seq);
  const isDone = await follow(client, learner);
  const result = resultOf(await remoteStatus(client, learner), (arrival) => !history.has(arrival));
  if (isDone) {
    if (!options.json) printResult(result);
    console.error(`report: cugro report --learner ${learner} --url ${url}`);
    if (result.problems.length > 0) Deno.exitCode = 1;
  } else {
    console.error(
      `Not followed any more; the cluster goes on. Again: cugro run --learner ${learner} --url ${url}`,
    );
    Deno.exitCode = 130;
  }
  if (options.json) printJson(result);
}

/** Makes the learner, or checks that the flags fit the one there is. */
async function settle(client: GatewayClient, url: string, options: Flags, hasFiles: boolean): Promise<void> {
  const { learner: name, seed = 0 } = options;
  const present = await find(client, name);
  const overrides = parseSettings(options.set, options.replay);
  if (!present) {
    if (!hasFiles) {
      throw new UsageError(`There is no learner "${name}" at ${url}; name the files of its first tasks`);
    }
    const preset = parsePreset(options.preset ?? "default");
    return void await client.learners.create({ name, seed, preset, overrides });
  }
  const change = judgeFlags({ seed: present.seed, ...present.config }, options);
  if (!change) return;
  const { revision, fromTask } = await client.learners.configure(name, change.settings);
  console.error(`configuration ${revision} holds from task ${fromTask} on:\n${change.list}`);
}

async function find(client: GatewayClient, name: string): Promise<Learner | undefined> {
  try {
    return await client.learners.show(name);
  } catch (error) {
    if (error instanceof GatewayError && error.status === 404) return undefined;
    throw error;
  }
}

/** Shows progress until nothing is undecided. Whether it came to that, or Ctrl-C came first. */
async function follow(client: GatewayClient, learner: string): Promise<boolean> {
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
    return waiting.length === 0 && tasks.every(({ state }) => state !== "undecided");
  };
  try {
    return await lookOnNews({ look, news, signal: stop.signal, gapMs: GAP_MS, idleMs: IDLE_MS });
  } finally {
    stop.abort();
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    display.close();
    await watching;
  }
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
