/**
 * `deno task experiment swap`: which network of a version a fall comes from, and in which rows it has moved. Networks of
 * two versions are exchanged and act from common starts; both versions are asked in states that are held out of an old
 * task's data, in those that replayed it, and in those that the older version visits. Nothing is trained, the store is only read.
 * @module
 */
import { type WayOfActing, WAYS_OF_ACTING } from "@cugro/algorithm/arrays";
import type { LabelledTask } from "@cugro/learners";
import type { Store } from "@cugro/store";
import { codeVersion } from "@cugro/telemetry";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { score, UsageError } from "../../cli/commands/print_output.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { openForReading } from "../../cli/learners/stores_of_flags.ts";
import { blame } from "./blame.ts";
import { measureMovement, type Movement } from "./movement.ts";
import { heldOutStates, openPair, replayStates, someStates, type VersionPair } from "./open_versions.ts";
import { commonWays, runSwapped, type SwapRow } from "./swapped_episodes.ts";
import { isSimulated } from "./task_episodes.ts";

/** Flags. */
export interface SwapOptions {
  learner: string;
  versions: string;
  tasks?: string;
  acting?: string;
  episodes: number;
  states: number;
  out: string;
  name: string;
}

/** What the command writes. */
export interface SwapResult {
  learner: string;
  versions: readonly [number, number];
  rows: SwapRow[];
  movements: Movement[];
  /** One sentence for each task and way of acting. */
  findings: string[];
}

/**
 * Runs the episodes, measures the movement, prints both, writes JSON.
 *
 * @param path of a store
 * @param options of the command
 * @throws {UsageError}
 */
export async function swap(path: string, options: SwapOptions): Promise<void> {
  const versions = parseVersions(options.versions);
  const store = await openForReading(path);
  const pair = await openPair(store, options.learner, versions);
  const tasks = tasksOf(pair, options.tasks);
  const ways = waysOf(pair, options.acting);
  const result = {
    made: { code: codeVersion },
    learner: options.learner,
    ...await compareVersions(store, pair, { ...options, tasks, ways }),
  };
  print(result);
  await mkdir(options.out, { recursive: true });
  const file = join(options.out, `${options.name}.json`);
  await writeFile(file, JSON.stringify(result, null, 1) + "\n");
  console.error(`results: ${file}`);
}

/** Both comparisons of two versions, task by task. */
export async function compareVersions(
  store: Store,
  pair: VersionPair,
  { tasks, ways, episodes, states }: {
    tasks: readonly LabelledTask[];
    ways: readonly WayOfActing[];
    episodes: number;
    states: number;
  },
): Promise<Omit<SwapResult, "learner">> {
  const rows: SwapRow[] = [], movements: Movement[] = [], findings: string[] = [];
  for (const task of tasks) {
    const found = await swapTask(pair, task, ways, episodes);
    rows.push(...found.rows);
    findings.push(...found.findings);
    const visited = someStates(found.visited, task.stateDim, states);
    movements.push(...await movementsOf(store, pair, task, visited, states));
  }
  const versions = [pair.older.fact.version, pair.newer.fact.version] as const;
  return { versions, rows, movements, findings };
}

async function swapTask(
  pair: VersionPair,
  task: LabelledTask,
  ways: readonly WayOfActing[],
  episodes: number,
): Promise<{ rows: SwapRow[]; findings: string[]; visited: Float32Array }> {
  const rows: SwapRow[] = [], findings: string[] = [];
  let visited: Float32Array = new Float32Array(0);
  if (!isSimulated(task)) {
    console.error(
      `task ${task.task} has no simulator in this process: only how far it has moved is measured`,
    );
    return { rows, findings, visited };
  }
  for (const way of ways) {
    console.error(`task ${task.task}: episodes by the ${way}`);
    const found = await runSwapped(pair, task, way, episodes);
    rows.push(...found.rows);
    findings.push(blame(found.rows));
    if (way === ways[0]) visited = found.visited;
  }
  return { rows, findings, visited };
}

async function movementsOf(
  store: Store,
  pair: VersionPair,
  task: LabelledTask,
  visited: Float32Array,
  count: number,
): Promise<Movement[]> {
  console.error(`task ${task.task}: how far both versions are apart`);
  const sets: [Movement["states"], Float32Array | undefined][] = [
    ["held out", await heldOutStates(store, pair, task, count)],
    ["replay", await replayStates(store, pair, task.task, count)],
    ["visited", visited],
  ];
  const movements: Movement[] = [];
  for (const [which, states] of sets) {
    if (!states || states.length === 0) console.error(`task ${task.task}: there are no ${which} states`);
    else movements.push(await measureMovement(pair, task.task, which, states));
  }
  return movements;
}

/** @throws {UsageError} where it is not two versions */
function parseVersions(text: string): [number, number] {
  const versions = text.split(",").map(Number);
  const [first, second] = versions;
  const isFine = versions.length === 2 && first !== second &&
    versions.every((one) => Number.isInteger(one) && one > 0);
  if (isFine) return [first!, second!];
  throw new UsageError(`--versions must be two versions with a comma, e.g. 4,5: current value is ${text}`);
}

/** The tasks that both versions know, or those asked for. @throws {UsageError} */
function tasksOf({ older, newer }: VersionPair, text: string | undefined): LabelledTask[] {
  const common = newer.tasks.filter(({ task }) => older.fact.tasks.includes(task));
  if (text === undefined) return common;
  return text.split(",").map((one) => {
    const found = common.find(({ task }) => task === Number(one));
    if (found) return found;
    const known = common.map(({ task }) => task).join(", ");
    throw new UsageError(
      `--tasks must be of those that both versions know, ${known}: current value is ${one}`,
    );
  });
}

/** @throws {UsageError} where a version has no network for a way that is asked for */
function waysOf(pair: VersionPair, text: string | undefined): WayOfActing[] {
  const common = commonWays(pair);
  if (text === undefined) return common;
  return text.split(",").map((one) => {
    const found = common.find((way) => way === one);
    if (found) return found;
    const why = (WAYS_OF_ACTING as readonly string[]).includes(one)
      ? "a version has no such network"
      : `there is no ${one}`;
    throw new UsageError(`--acting must be of ${common.join(", ")}: ${why}`);
  });
}

function print(result: SwapResult): void {
  printScores(result.rows);
  console.log();
  printMovements(result.movements);
  console.log();
  for (const finding of result.findings) console.log(finding);
}

function printScores(rows: SwapResult["rows"]): void {
  printTable(
    [
      "task",
      "acts by",
      "generator of version",
      "critic of version",
      "score",
      "drop",
      "90 % interval",
      "episodes",
    ],
    rows.map(({ task, acting, generator, critic, score: mean, drop, interval, episodes }) => [
      ...[task, acting, generator, critic ?? "–", score(mean), score(drop)],
      ...[interval ? interval.map(score).join(" to ") : "–", episodes],
    ]),
  );
}

function printMovements(movements: SwapResult["movements"]): void {
  const figure = (value: number | null, digits = 3) => value === null ? "–" : value.toFixed(digits);
  printTable(
    [
      "task",
      "states",
      "rows",
      "mean action moved",
      "spread",
      "towards the new task, %",
      "values moved",
      "rank agreement",
    ],
    movements.map(({ task, states, count, meanAction, spread, towardsNewTask, values, rankAgreement }) => [
      ...[task, states, count, figure(meanAction), figure(spread)],
      ...[
        figure(towardsNewTask === null ? null : 100 * towardsNewTask, 1),
        figure(values),
        figure(rankAgreement),
      ],
    ]),
  );
}
