/**
 * One learner, acting by every rule of `selection`: what averaging costs where the data goes two ways. Nothing is trained.
 * @module
 */
import { codeVersion } from "@cugro/telemetry";
import { type Measured, type PolicyInput, scoreInterval, successInterval } from "@cugro/algorithm";
import type { LabelledTask } from "@cugro/learners";
import { document } from "@cugro/report";
import { type PolicyParts, readPolicy, samplerInput } from "@cugro/serving";
import { openCompute } from "@cugro/tensors";
import * as Plot from "@observablehq/plot";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { score } from "../../cli/commands/print_output.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { openForReading } from "../../cli/learners/stores_of_flags.ts";
import { runTask } from "../swap/task_episodes.ts";

interface SelectionsOptions {
  learner: string;
  episodes: number;
  out: string;
  name: string;
}

type Selection = PolicyParts["input"]["hyperparameters"]["selection"];
const SELECTIONS: readonly Selection[] = ["soft", "top", "mode", "one"];

/** What one rule came to in one task: a score, or 100 times the rate of success where the simulator tells it. */
interface SelectionRow {
  selection: Selection;
  task: number;
  goal: number[];
  successes: number | null;
  meanReturn: number;
  score: number;
  interval: readonly [number, number] | null;
  episodes: number;
}

/**
 * Runs the episodes, prints the table, writes JSON and picture.
 *
 * @param path of a store
 * @param options of the command
 */
export async function selections(path: string, options: SelectionsOptions): Promise<void> {
  const store = await openForReading(path);
  const { compile } = await openCompute();
  const { input, tasks, version } = await readPolicy(store, options.learner, { acting: "sampler" });
  const rows: SelectionRow[] = [];
  for (const selection of SELECTIONS) {
    const hyperparameters = { ...input.hyperparameters, selection };
    const policy = { ...samplerInput(input), hyperparameters, compile };
    for (const task of tasks) rows.push(await rowOf(policy, task, selection, options.episodes));
  }
  print(rows);
  await mkdir(options.out, { recursive: true });
  const { learner, episodes, out, name } = options;
  await writeFile(
    join(out, `${name}.json`),
    JSON.stringify({ made: { code: codeVersion }, learner, version, episodesEach: episodes, rows }, null, 1) +
      "\n",
  );
  await writeFile(join(out, `${name}.svg`), drawSelections(rows));
}

/** The same starts and the same candidates for every rule. */
async function rowOf(
  policy: PolicyInput,
  labelled: LabelledTask,
  selection: Selection,
  episodes: number,
): Promise<SelectionRow> {
  const { task, environment, anchors } = labelled;
  const { returns, successes } = await runTask(policy, labelled, "sampler", episodes, "selections");
  const { mean, low, high }: Measured = successes
    ? successInterval(successes.map(Number))
    : scoreInterval(returns, anchors, 0);
  return {
    ...{ selection, task, goal: environment && "goal" in environment ? [...environment.goal] : [] },
    successes: successes ? successes.filter(Boolean).length : null,
    meanReturn: returns.reduce((sum, value) => sum + value, 0) / episodes,
    score: mean,
    interval: low === null || high === null ? null : [low, high],
    episodes,
  };
}

function print(rows: readonly SelectionRow[]): void {
  printTable(
    ["selection", "task", "score", "90 % interval", "succeeded", "mean return"],
    rows.map(({ selection, task, score: mean, interval, successes, episodes, meanReturn }) => [
      selection,
      task,
      score(mean),
      interval?.map(score).join(" to ") ?? "-",
      successes === null ? "-" : `${successes} of ${episodes}`,
      meanReturn.toFixed(2),
    ]),
  );
}

/**
 * Draws a dot with its interval for each rule and task.
 *
 * @returns the text of an SVG file
 */
function drawSelections(rows: readonly SelectionRow[]): string {
  const points = rows.map((row) => ({ ...row, low: row.interval?.[0], high: row.interval?.[1] }));
  const plot = Plot.plot({
    document,
    ...{ width: 720, height: 300, marginLeft: 60, marginBottom: 44 },
    style: { background: "white", fontSize: "12px" },
    fx: { label: "task" },
    x: { label: null, domain: SELECTIONS },
    y: { label: "score", labelAnchor: "center", labelArrow: "none", grid: true, zero: true, nice: true },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      Plot.ruleX(points, { fx: "task", x: "selection", y1: "low", y2: "high", stroke: "#2f6db5" }),
      Plot.dot(points, { fx: "task", x: "selection", y: "score", fill: "#2f6db5", r: 4 }),
    ],
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${plot.outerHTML}\n`;
}
