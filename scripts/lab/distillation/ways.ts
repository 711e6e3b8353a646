/**
 * `deno task experiment ways`: what the networks of learners score by each way of acting: all tasks of the last version,
 * and each task in the version that had just learnt it, from common starts. Nothing is trained, the store is only read.
 * @module
 */
import { dropInterval, mean, type WayOfActing } from "@cugro/algorithm";
import { loadFacts, validVersions } from "@cugro/learners";
import type { VersionFact } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { codeVersion } from "@cugro/telemetry";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { score, UsageError } from "../../cli/commands/print_output.ts";
import { openForReading } from "../../cli/learners/stores_of_flags.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { openVersion } from "../swap/open_versions.ts";
import { runTask } from "../swap/task_episodes.ts";
import { sentencesOf, summariseWays, WAYS_HEAD, waysRows } from "./ways_summary.ts";

interface WaysOptions {
  learner: string[];
  episodes: number;
  work: string;
  out: string;
  name: string;
}

/** One way of acting of one version in one task. */
export interface WayCell {
  learner: string;
  version: number;
  task: number;
  acting: WayOfActing;
  /** The version had just learnt the task. */
  first: boolean;
  /** It is the learner's last. */
  last: boolean;
  score: number;
  /** To the sampler in the same episodes, and its 90 % interval; null for the sampler itself. */
  difference: number | null;
  interval: readonly [number, number] | null;
}

/** What the command writes. */
export interface WaysResult {
  made: { code: string };
  command: string;
  episodesEach: number;
  cells: WayCell[];
}

/**
 * Runs the episodes that were not run before, prints table and sentences, writes JSON.
 *
 * @param path of a store
 * @param options of the command
 * @throws {UsageError}
 */
export async function ways(path: string, options: WaysOptions): Promise<void> {
  const { learner: learners, episodes, work, out, name } = options;
  const store = await openForReading(path);
  await mkdir(work, { recursive: true });
  const cells: WayCell[] = [];
  for (const learner of learners) cells.push(...await cellsOf(store, { learner, episodes, work }));
  const command = `deno task experiment ways STORE ${learners.map((one) => `--learner ${one}`).join(" ")}`;
  const result: WaysResult = { made: { code: codeVersion }, command, episodesEach: episodes, cells };
  const summaries = summariseWays(cells);
  printTable(WAYS_HEAD, waysRows(summaries, score));
  for (const sentence of sentencesOf(cells)) console.log(sentence);
  await mkdir(out, { recursive: true });
  const file = join(out, `${name}.json`);
  await writeFile(file, JSON.stringify(result, null, 1) + "\n");
  console.error(`results: ${file}`);
}

async function cellsOf(
  store: Store,
  { learner, episodes, work }: { learner: string; episodes: number; work: string },
): Promise<WayCell[]> {
  const facts = await loadFacts(store, learner).catch((error) => {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  });
  const versions = validVersions(facts);
  const newest = versions.at(-1);
  if (!newest) throw new UsageError(`"${learner}" has no version yet`);
  const known = new Set<number>();
  const cells: WayCell[] = [];
  for (const version of versions) {
    const news = version.tasks.filter((task) => !known.has(task));
    news.forEach((task) => known.add(task));
    const tasks = version === newest ? version.tasks : news;
    if (tasks.length === 0) continue;
    const file = join(
      work,
      `${learner}-${version.version}-${episodes}${version === newest ? "-last" : ""}.json`,
    );
    const found = await readFile(file, "utf8").then(JSON.parse).catch(() => undefined);
    const rows: WayCell[] = found ?? await scoreVersion(store, { learner, version, tasks, episodes, news });
    if (!found) await writeFile(file, JSON.stringify(rows));
    cells.push(...rows.map((row) => ({ ...row, last: version === newest })));
  }
  return cells;
}

async function scoreVersion(
  store: Store,
  { learner, version: fact, tasks, news, episodes }: {
    learner: string;
    version: VersionFact;
    tasks: readonly number[];
    news: readonly number[];
    episodes: number;
  },
): Promise<Omit<WayCell, "last">[]> {
  const opened = await openVersion(store, learner, fact);
  const cells: Omit<WayCell, "last">[] = [];
  for (const task of opened.tasks.filter((one) => tasks.includes(one.task))) {
    console.error(`${learner}, version ${fact.version}: episodes of task ${task.task}`);
    const about = { learner, version: fact.version, task: task.task, first: news.includes(task.task) };
    const run = async (acting: WayCell["acting"]) =>
      (await runTask(opened.input, task, acting, episodes, "ways")).scores;
    const sampled = await run("sampler");
    cells.push({ ...about, acting: "sampler", score: mean(sampled), difference: null, interval: null });
    for (const acting of ["proposer", "actor"] as const) {
      if (fact[acting] === undefined) continue;
      const scores = await run(acting);
      const interval = dropInterval(scores, sampled);
      const difference = mean(scores) - mean(sampled);
      cells.push({ ...about, acting, score: mean(scores), difference, interval });
    }
  }
  return cells;
}
