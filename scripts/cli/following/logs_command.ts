/**
 * `cugro logs`: what a cluster or a run on this machine has logged.
 * @module
 */
import { humanLine, LOG_LEVELS, type LogLevel } from "@cugro/telemetry";
import { type Command, Option } from "commander";
import { existsSync, statSync } from "node:fs";
import process from "node:process";
import { DEFAULT_FOLDER, logOfCluster } from "../../cluster/cluster_log.ts";
import { onlyOnStore } from "../learners/learners_of_flags.ts";
import { DEFAULT_STORE } from "../learners/place.ts";
import { UsageError, wholeNumber } from "../commands/print_output.ts";
import { isWanted, linesOfLog, type Wanted } from "./log_lines_of.ts";
import { logOfRun } from "./run_log.ts";

/** Lines that are shown unless a command says how many. */
const LINES = 200;

/** Adds the command. */
export function registerLogs(program: Command): void {
  const command = program.command("logs")
    .option(
      "--store <folder>",
      `folder of a run, or of a cluster (default: ${DEFAULT_STORE} or ${DEFAULT_FOLDER}, whichever has a log)`,
    )
    .option("--service <name>", "only of a service, or of one process: state-generation, state-generation.2")
    .option("--job <id>", "only about a job; the first letters of its id are enough")
    .option("--learner <name>", "only about a learner")
    .addOption(
      new Option("--level <level>", "only lines of at least this level").choices(LOG_LEVELS.slice(0, 4)),
    )
    .option("--lines <n>", `only the last n lines; 0: all (default: ${LINES})`, wholeNumber("--lines", 0))
    .option("--follow", "follow new lines, until Ctrl-C")
    .option("--json", "print lines of JSON also on a terminal, where they are sentences by default")
    .action(logs);
  onlyOnStore(command, "services behind a gateway keep their logs where they run");
}

interface LogOptions extends Wanted {
  store?: string;
  level?: LogLevel;
  lines?: number;
  follow?: boolean;
  json?: boolean;
}

async function logs(options: LogOptions): Promise<void> {
  const { store, lines: most = LINES, follow = false, json = process.stdout.isTTY !== true } = options;
  const path = logIn(store);
  const print = (line: string) => console.log(json ? line : humanLine(line));
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  try {
    let last: string[] | undefined = [];
    for await (const line of linesOfLog(path, follow ? stop.signal : undefined)) {
      if (line === undefined) {
        last?.forEach(print);
        last = undefined;
      } else if (line.trim() === "" || !isWanted(line, options)) continue;
      else if (last === undefined) print(line);
      else if (last.push(line) > most && most > 0) last.shift();
    }
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
  }
}

/**
 * The log of a folder, be it a run's or a cluster's.
 *
 * @param store as it was typed
 * @throws {UsageError} where there is none
 */
function logIn(store: string | undefined): string {
  if (store !== undefined && store.includes("://")) {
    throw new UsageError(
      `--store must be a folder of this machine: current value is ${store}. With a bucket, each service logs where it runs`,
    );
  }
  const folders = store === undefined ? [DEFAULT_STORE, DEFAULT_FOLDER] : [store];
  const logs = folders.flatMap((folder) => [logOfRun(folder), logOfCluster(folder)])
    .filter((path) => existsSync(path));
  const newest = logs.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (newest !== undefined) return newest;
  throw new UsageError(
    `There is no log in ${
      folders.join(" or ")
    }: cugro run and deno task cluster write one into their folder, which --store names`,
  );
}
