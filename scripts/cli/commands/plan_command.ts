/**
 * `cugro plan`: the job graph, before anything runs.
 * @module
 */
import { resolveHyperparameters } from "@cugro/algorithm/arrays";
import { describeKeptData, type KnobValue } from "@cugro/algorithm/knobs";
import {
  currentGraph,
  describeTrainingRows,
  describeWaiting,
  type Graph,
  knobsOfTask,
  learnerExists,
  loadFacts,
  nameOfData,
  openArrivals,
  planRemeasuring,
  previewGraph,
} from "@cugro/learners";
import type { Command } from "commander";
import { openForReading } from "../learners/stores_of_flags.ts";
import { onlyOnStore, STORE_FLAG } from "../learners/learners_of_flags.ts";
import { printJson, wholeNumber } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";
import { parsePreset, parseSettings, repeatable } from "./knob_options.ts";

interface PlanOptions {
  learner?: string;
  store: string;
  tasks: number;
  preset: string;
  set: string[];
  json?: boolean;
}

/** Adds the command. */
export function registerPlan(program: Command): void {
  const command = program.command("plan")
    .option("--learner <name>", "show this learner's next jobs")
    .option(...STORE_FLAG)
    .option("--tasks <n>", "without --learner: tasks in a row", wholeNumber("--tasks", 1), 2)
    .option("--preset <name>", "without --learner: preset", "default")
    .addOption(repeatable("--set <knob=value>", "without --learner: change a knob; may be repeated"))
    .option("--json", "print one JSON document")
    .action(show);
  onlyOnStore(
    command,
    "see the jobs of the task being learnt with cugro status --url, or plan on its store with --store",
  );
}

async function show(options: PlanOptions): Promise<void> {
  const graphs = options.learner === undefined
    ? preview(options)
    : await next(options.learner, options.store);
  if (options.json) return printJson(graphs);
  for (const graph of graphs) printGraph(graph);
}

function preview({ preset, set, tasks }: PlanOptions): Graph[] {
  const knobs = resolveHyperparameters(parsePreset(preset), parseSettings(set));
  printKeptData(knobs.replay);
  if (knobs.estimate !== "noSimulator") return previewGraph({ knobs, tasks });
  console.error(
    "tasks that nothing simulates have estimates as well (estimate: noSimulator); these are not shown",
  );
  return previewGraph({ knobs: { ...knobs, estimate: "never" }, tasks });
}

async function next(learner: string, folder: string): Promise<Graph[]> {
  const store = await openForReading(folder);
  if (!await learnerExists(store, learner)) {
    throw new RangeError(`There is no learner "${learner}" in ${folder}`);
  }
  const facts = await loadFacts(store, learner);
  const graph = currentGraph(facts);
  for (const line of describeWaiting(facts)) console.error(line);
  const waiting = openArrivals(facts).length;
  if (waiting > 0) {
    console.error(`Waiting for import: ${waiting}; which jobs follow depends on the files`);
  }
  const again = planRemeasuring(facts).submit;
  for (const { label, id } of again) console.error(`After a label: ${label} (job ${id.slice(0, 12)})`);
  if (waiting + again.length === 0 && !graph) console.error("Nothing to do: every task is decided");
  if (graph) printKeptData(knobsOfTask(facts, graph.task).replay);
  return graph ? [graph] : [];
}

function printKeptData(replay: KnobValue): void {
  const kept = describeKeptData(replay);
  if (kept) console.error(kept);
}

function printGraph({ task, revision, parent, rows, jobs }: Graph): void {
  console.log(
    `\n${nameOfData({ task, revision })}, ${
      parent === null ? "from scratch" : `on version ${parent}`
    }: ${jobs.length} jobs`,
  );
  const read = rows && describeTrainingRows({ task, ...rows });
  if (read) console.log(read);
  const places = new Map(jobs.map(({ id }, index) => [id, index + 1]));
  printTable(
    ["", "job", "needs", "id"],
    jobs.map(({ id, label, job }, index) => {
      const needs = Object.values(job.inputs).flatMap((ref) => "job" in ref ? places.get(ref.job) ?? [] : []);
      return [index + 1, label, [...new Set(needs)].join(" "), id.slice(0, 12)];
    }),
  );
}
