/**
 * `deno task demo`: a real robot learns three tasks in a row, with replay and, beside it at the same budget, without.
 * `--quick`: two tasks with small networks, within a minute.
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import type { PresetName } from "@cugro/algorithm";
import { familyInfo, shippedPolicy } from "@cugro/environments";
import { collectFiles } from "../cli/commands/collecting/collect_files.ts";
import { printMatrix } from "../cli/commands/print_output.ts";
import { writeReport } from "../cli/commands/report_command.ts";
import { metricsLine, resultOf, type RunResult } from "../cli/commands/result.ts";
import type { Learners } from "../cli/learners/learners.ts";
import { openLocal } from "../cli/learners/local.ts";
import { commandLine } from "../cli/learners/place.ts";
import { isOnTerminal, stayUntilCtrlC } from "../cli/page/page_options.ts";
import { duration } from "@cugro/report/words";

const FAMILY = "swimmer-dir";

/** What the robot learns, and how long it takes. */
interface Show {
  folder: string;
  tasks: number;
  episodes: number;
  /** @default the first of the family's own */
  goals?: readonly number[][];
  preset: PresetName;
  knobs: Record<string, string | number>;
}

/** The default preset, a little shorter; the same for both learners. */
const WHOLE: Show = {
  ...{ folder: "cugro-demo", tasks: 3, episodes: 200, preset: "default" },
  knobs: {
    stateSteps: 1200,
    behaviorSteps: 1400,
    generatorStepsPerOldTask: 100,
    criticSteps: 1400,
    criticBatchSize: 256,
    replayPairsPerTask: 20_000,
    gate: "observe",
    // A swimmer's proposer is learnt in seconds; comparing it costs no more than evaluations with it save.
    ...{ distil: "proposer", proposerLabels: 10_000, proposerSteps: 300, actingEpisodes: 20 },
  },
};
/** Small networks, two opposite directions: something to see within a minute. */
const QUICK: Show = {
  ...{ folder: "cugro-demo-quick", tasks: 2, episodes: 20, goals: [[1, 0], [-1, 0]], preset: "smoke" },
  knobs: {
    ...{ denoiserWidth: 128, denoiserBlocks: 2, criticWidth: 64, generatorBatchSize: 128 },
    ...{ stateSteps: 600, behaviorSteps: 900, maxGeneratorSteps: 900, criticSteps: 500, maxCriticSteps: 500 },
    ...{ replayPairs: 6000, replayPairsPerTask: 6000, evaluationEpisodes: 5 },
  },
};

/** Both, for the test that their knobs can be turned so. */
export const SHOWS = [WHOLE, QUICK];

/** One of the two learners. */
interface Contender {
  name: string;
  title: string;
  replay: string;
}

/** The learners that are compared. */
export const CONTENDERS: readonly Contender[] = [
  { name: "with-replay", title: "with generated replay", replay: "generated" },
  { name: "without-replay", title: "without replay", replay: "none" },
];

async function demo(show: Show): Promise<number> {
  const began = performance.now();
  const { folder, tasks, episodes } = show;
  // The store of the demo of earlier versions was a folder for each learner.
  const learners = openLocal(join(folder, "store"));
  try {
    const page = await learners.page();
    console.log(`Look at it while it learns: ${page.addressOf("/learners")}`);
    console.log(
      `1. Collecting: a trained swimmer swims in ${tasks} directions, ${episodes} episodes each (a fifth of them random)`,
    );
    const files = await collect(show);
    console.log(
      `2. Learning ${tasks} tasks one after the other, twice at the same budget, two worker processes`,
    );
    const results = await Promise.all(CONTENDERS.map((contender) => learn(learners, contender, files, show)));
    const shown = results.filter((result) => result !== undefined);
    if (shown.length === results.length) await conclude(learners, shown, began);
    if (shown.length === results.length && isOnTerminal()) await stayUntilCtrlC(learners, WORK, page);
    await page.close();
    return shown.length === results.length ? 0 : 130;
  } finally {
    await learners.close();
  }
}

async function conclude(learners: Learners, results: readonly RunResult[], began: number): Promise<void> {
  for (const [index, result] of results.entries()) print(CONTENDERS[index]!, result);
  const [kept, lost] = results as [RunResult, RunResult];
  const gap = (kept.averagePerformance ?? 0) - (lost.averagePerformance ?? 0);
  console.log(
    `\nWith replay the policy is ${
      gap.toFixed(1)
    } points better over all tasks, without keeping a row of old data.`,
  );
  const report = await writeReport(learners, CONTENDERS[0]!.name);
  const { place } = learners;
  const [first] = CONTENDERS;
  const line = (words: string) => commandLine(place, words);
  console.log(`${duration((performance.now() - began) / 1000)} in all. Next:`);
  console.log(`  look at the report      ${report}`);
  console.log(`  look at the page        ${line("dashboard")}`);
  console.log(
    `  act with the policy     ${
      line(`act --learner ${first!.name} --task 1 --observations '[[0,0,0,0,0,0,0,0]]'`)
    }`,
  );
  console.log(`  your own data           deno task cugro run task1.hdf5 task2.hdf5 --learner mine`);
}

async function collect({ folder, tasks, episodes, goals }: Show): Promise<string[]> {
  const info = familyInfo(FAMILY)!;
  const policy = await shippedPolicy(info.model);
  return await collectFiles({
    family: FAMILY,
    goals: goals ?? info.goals.slice(0, tasks),
    policy,
    episodes,
    seed: 1,
    folder: join(folder, "datasets"),
  });
}

/** Without replay a knob of the replay would be turned in vain, which is refused. */
export function knobsOf({ replay }: Contender, { knobs }: Show): Show["knobs"] {
  const used = Object.entries(knobs).filter(([knob]) => replay !== "none" || !knob.startsWith("replay"));
  return Object.fromEntries(used);
}

/** Does what `cugro run` does; undefined where Ctrl-C came first. */
async function learn(
  learners: Learners,
  contender: Contender,
  files: readonly string[],
  show: Show,
): Promise<RunResult | undefined> {
  const { name, replay } = contender;
  const knobs = Object.entries(knobsOf(contender, show)).map(([knob, value]) => [knob, String(value)]);
  const overrides = { ...Object.fromEntries(knobs), replay };
  if (!await learners.find(name)) {
    await learners.create({ name, seed: 0, preset: show.preset, overrides });
  }
  for (const file of files) await learners.add(name, file);
  const end = await learners.learn(name, WORK);
  return end === "idle" ? resultOf(await learners.status(name), () => true) : undefined;
}

/** Both learners share them. */
const WORK = { workers: 2, waitForRoom: 30 };

function print({ title }: Contender, result: RunResult): void {
  console.log(`\n${title}: score of each task (column) after each task (row)`);
  const { tasks, versions, resultsMatrix, parked } = result;
  const valid = resultsMatrix.map((scores, i) => ({ version: versions[i]!, parked: false, scores }));
  const rows = [...valid, ...parked.map((row) => ({ ...row, parked: true }))];
  printMatrix(tasks, rows.sort((a, b) => a.version - b.version));
  console.log(metricsLine(result));
}

const HELP = `deno task demo [--quick]

Collects data of a swimming robot, learns its tasks one after the other with replay and without, and prints both. A page shows it
meanwhile; its address comes first, and on a terminal the page stays until Ctrl-C.
  --quick   two tasks with small networks: under a minute once set up (the whole demo takes 4 to 7 minutes)`;

if (import.meta.main) {
  const unknown = Deno.args.find((argument) => argument !== "--quick");
  if (unknown !== undefined) {
    console.log(HELP);
    process.exit(unknown === "--help" || unknown === "-h" ? 0 : 1);
  }
  process.exit(await demo(Deno.args.includes("--quick") ? QUICK : WHOLE));
}
