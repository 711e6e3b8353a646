/**
 * `cugro watch`: what happens to learners, line by line, until Ctrl-C, a version, or a time.
 * @module
 */
import { createWakeup, pause } from "@cugro/async";
import { GatewayError } from "@cugro/client";
import type { ProgressMessage } from "@cugro/protocol";
import type { Command } from "commander";
import process from "node:process";
import { onLearners, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { Learners, WholeStatus } from "../learners/learners.ts";
import { UsageError, wholeNumber } from "../commands/print_output.ts";
import { type Happening, happeningsBetween } from "./happenings.ts";

/** The longest time between two looks without news, and the shortest with news (ms). */
const LOOK_MS = 2_000;
const GAP_MS = 500;
/** Progress of a job is printed this often at most (ms). */
const PROGRESS_MS = 15_000;

/** Adds the command. */
export function registerWatch(program: Command): void {
  const command = program.command("watch")
    .option("--learner <name>", "only this learner")
    .option(...STORE_FLAG)
    .option("--json", "print one JSON object a line")
    .option(
      "--until-version <n>",
      "end once this version is decided: with 0 if it is published or promoted, otherwise with 1",
      wholeNumber("--until-version", 1),
    )
    .option(
      "--timeout <seconds>",
      "end after this time; with 1 if --until-version waits for more",
      secondsIn,
    );
  onLearners(command, watch);
}

function secondsIn(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0) return value;
  throw new UsageError(`--timeout must be a number of seconds: current value is ${text}`);
}

interface WatchOptions {
  learner?: string;
  json?: boolean;
  untilVersion?: number;
  timeout?: number;
}

async function watch(learners: Learners, options: WatchOptions): Promise<void> {
  const { learner, untilVersion, timeout, json = false } = options;
  if (untilVersion !== undefined && learner === undefined) {
    throw new UsageError("--until-version needs a learner: name it with --learner");
  }
  const [typed, over] = [new AbortController(), new AbortController()];
  const onSignal = () => typed.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  const signals = [typed.signal, over.signal];
  if (timeout !== undefined) signals.push(AbortSignal.timeout(timeout * 1000));
  const signal = AbortSignal.any(signals);
  try {
    const state = await follow(learners, { learner, untilVersion, signal, print: printerOf(json) });
    if (state !== undefined) Deno.exitCode = ["published", "promoted"].includes(state) ? 0 : 1;
    else if (untilVersion !== undefined) {
      if (typed.signal.aborted) Deno.exitCode = 130;
      else throw new UsageError(`Version ${untilVersion} of "${learner}" was not decided in ${timeout} s`);
    }
  } finally {
    over.abort();
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
  }
}

/** Prints a line: for a person with the time, for a program with the data. */
function printerOf(json: boolean): (happening: Happening) => void {
  return ({ type, learner, text, data }) => {
    const now = new Date();
    if (json) console.log(JSON.stringify({ time: now.toISOString(), type, learner, text, data }));
    else console.log(`${now.toTimeString().slice(0, 8)} ${learner}: ${text}`);
  };
}

interface Following {
  learner: string | undefined;
  untilVersion: number | undefined;
  signal: AbortSignal;
  print: (happening: Happening) => void;
}

/**
 * Looks until the signal, or until the version is decided.
 *
 * @returns the state of that version; undefined: the signal came first
 */
async function follow(learners: Learners, following: Following): Promise<string | undefined> {
  const { learner, untilVersion, signal, print } = following;
  const known = new Map<string, WholeStatus>();
  const news = createWakeup();
  const onProgress = createProgressLines(known, print);
  const listening = learners.news(learner, { signal, onNews: news.wake, onProgress });
  // An error shows at the next look.
  listening.catch(() => {});
  let isFirst = true;
  while (!signal.aborted) {
    for (const status of await lookPatiently(learners, following, isFirst)) {
      const { name } = status.learner;
      const before = known.get(name);
      if (before || !isFirst) happeningsBetween(before, status).forEach(print);
      else console.error(`${name}: ${standing(status)}`);
      known.set(name, status);
      const reached = status.versions.find(({ version }) => version === untilVersion);
      if (reached) return reached.state;
      if (status.deleted && learner !== undefined) throw new Error(`The learner "${learner}" was deleted`);
    }
    isFirst = false;
    await pause(GAP_MS, signal);
    await news.wait({ milliseconds: LOOK_MS - GAP_MS, signal });
  }
  return undefined;
}

/** Waits for a gateway or store that is unreachable, if it was reached before. */
async function lookPatiently(
  learners: Learners,
  { learner, signal }: Following,
  isFirst: boolean,
): Promise<WholeStatus[]> {
  let isAway = false;
  while (!signal.aborted) {
    try {
      const names = learner === undefined ? await learners.list() : [learner];
      return await Promise.all(names.map(learners.look));
    } catch (error) {
      const refused = error instanceof GatewayError && error.status < 500;
      if (isFirst || refused || error instanceof RangeError) throw error;
      if (!isAway) console.error(`${(error as Error).message}: trying again until it answers`);
      isAway = true;
      await pause(LOOK_MS, signal);
    }
  }
  return [];
}

/** The state of a learner when watching begins. */
function standing({ tasks, head, jobs }: WholeStatus): string {
  const open = jobs.filter(({ state }) => state !== "done").length;
  const serving = head === null ? "no version serves" : `version ${head} serves`;
  return `${tasks.length} ${tasks.length === 1 ? "task" : "tasks"}, ${serving}, ${open} jobs not done`;
}

/** Progress of jobs, rate-limited for each. */
function createProgressLines(
  known: ReadonlyMap<string, WholeStatus>,
  print: (happening: Happening) => void,
): (progress: ProgressMessage) => void {
  const last = new Map<string, number>();
  return (progress) => {
    const { jobId, learner, kind, step, steps, loss } = progress;
    const now = performance.now();
    if (now - (last.get(jobId) ?? -PROGRESS_MS) < PROGRESS_MS) return;
    last.set(jobId, now);
    const label = known.get(learner)?.jobs.find(({ id }) => id === jobId)?.label ?? kind;
    const count = `step ${step.toLocaleString("en-US")} of ${steps.toLocaleString("en-US")}`;
    const text = `${label}: ${count}${loss === undefined ? "" : `, loss ${loss.toPrecision(3)}`}`;
    print({ type: "cugro.job.progress", learner, text, data: { ...progress } });
  };
}
