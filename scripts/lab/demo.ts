/**
 * `deno task demo`: a real robot learns three tasks in a row, with replay and, beside it at the same budget, without.
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { familyInfo, shippedPolicy } from "@cugro/environments";
import { collectFiles } from "../cli/commands/collect.ts";
import { printMatrix } from "../cli/commands/output.ts";
import { metricsLine, type RunResult } from "../cli/commands/result.ts";
import { runChild } from "../cli/embedded/child_run.ts";
import { duration } from "@cugro/report";

const FOLDER = "cugro-demo";
const FAMILY = "swimmer-dir";
const TASKS = 3;
const EPISODES = 200;
/** The default preset, a little shorter; the same for both learners. */
const KNOBS = {
  stateSteps: 1200,
  behaviorSteps: 1400,
  generatorStepsPerOldTask: 100,
  criticSteps: 1400,
  maxCriticSteps: 1400,
  criticBatchSize: 256,
  gate: "observe",
};

/** One of the two learners. */
interface Contender {
  name: string;
  title: string;
  replay: string;
}

const CONTENDERS: readonly Contender[] = [
  { name: "with-replay", title: "with generated replay", replay: "generated" },
  { name: "without-replay", title: "without replay", replay: "none" },
];

async function demo(): Promise<void> {
  const began = performance.now();
  console.log(
    `1. Collecting: a trained swimmer swims in ${TASKS} directions, ${EPISODES} episodes each (a fifth of them random)`,
  );
  const files = await collect();
  console.log(
    `2. Learning ${TASKS} tasks one after the other, twice at the same budget, one worker process each`,
  );
  const results = await Promise.all(CONTENDERS.map((contender) => learn(contender, files)));
  for (const [index, result] of results.entries()) print(CONTENDERS[index]!, result);
  const [kept, lost] = results as [RunResult, RunResult];
  const gap = (kept.averagePerformance ?? 0) - (lost.averagePerformance ?? 0);
  console.log(
    `\nWith replay the policy is ${
      gap.toFixed(1)
    } points better over all tasks, without keeping a row of old data.`,
  );
  console.log(`${duration((performance.now() - began) / 1000)} in all. Next:`);
  console.log(`  look at the report      ${join(FOLDER, "with-replay", "reports", "with-replay.html")}`);
  console.log(
    `  act with the policy     deno task cugro act --store ${FOLDER}/with-replay --learner with-replay --task 1 --observations '[[0,0,0,0,0,0,0,0]]'`,
  );
  console.log(`  your own data           deno task cugro run task1.hdf5 task2.hdf5 --learner mine`);
}

async function collect(): Promise<string[]> {
  const info = familyInfo(FAMILY)!;
  const policy = await shippedPolicy(info.model);
  return await collectFiles({
    family: FAMILY,
    goals: info.goals.slice(0, TASKS),
    policy,
    episodes: EPISODES,
    seed: 1,
    folder: join(FOLDER, "datasets"),
  });
}

/** Runs the same command a person would type; its lines are shown with the contender's name. */
async function learn({ name, replay }: Contender, files: readonly string[]): Promise<RunResult> {
  const settings = Object.entries(KNOBS).flatMap(([knob, value]) => ["--set", `${knob}=${value}`]);
  const flags = ["--learner", name, "--store", join(FOLDER, name), "--replay", replay, "--workers", "1"];
  const show = (line: string) => console.log(`   [${name}] ${line}`);
  return (await runChild(name, [...files, ...flags, ...settings], show)).result;
}

function print({ title }: Contender, result: RunResult): void {
  console.log(`\n${title}: score of each task (column) after each task (row)`);
  printMatrix(result);
  console.log(metricsLine(result));
}

if (import.meta.main) {
  await demo();
  process.exit(0);
}
