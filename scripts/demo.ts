/**
 * `deno task demo`: a real robot learns three tasks in a row, with replay and, beside it at the same budget, without.
 * @module
 */
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { familyInfo, shippedPolicy } from "@cugro/environments";
import { collectFiles } from "./commands/collect.ts";
import { printMatrix, score } from "./commands/output.ts";
import type { RunResult } from "./commands/result.ts";
import { duration } from "./report/html.ts";

const CLI = fileURLToPath(new URL("./cugro.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../deno.json", import.meta.url));
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
  const folder = join(FOLDER, "datasets");
  await mkdir(folder, { recursive: true });
  const policy = await shippedPolicy(info.model);
  return await collectFiles({
    family: FAMILY,
    goals: info.goals.slice(0, TASKS),
    policy,
    episodes: EPISODES,
    seed: 1,
    folder,
  });
}

/** Runs the same command a person would type; its lines are shown with the contender's name. */
async function learn({ name, replay }: Contender, files: readonly string[]): Promise<RunResult> {
  const settings = Object.entries(KNOBS).flatMap(([knob, value]) => ["--set", `${knob}=${value}`]);
  const args = [
    "run",
    "-A",
    "--config",
    CONFIG,
    CLI,
    "run",
    ...files,
    "--learner",
    name,
    "--store",
    join(FOLDER, name),
    "--replay",
    replay,
    "--workers",
    "1",
    "--json",
    ...settings,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let json = "";
  child.stdout.on("data", (chunk) => json += chunk);
  let rest = "";
  child.stderr.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) console.log(`   [${name}] ${line}`);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (json === "") throw new Error(`The run ${name} ended with status ${code}; its last line: ${rest}`);
  return JSON.parse(json);
}

function print({ title }: Contender, result: RunResult): void {
  console.log(`\n${title}: score of each task (column) after each task (row)`);
  printMatrix(result);
  console.log(
    `average performance ${score(result.averagePerformance)}   backward transfer ${
      score(result.backwardTransfer)
    }   forgetting ${score(result.forgetting)}`,
  );
}

if (import.meta.main) {
  await demo();
  process.exit(0);
}
