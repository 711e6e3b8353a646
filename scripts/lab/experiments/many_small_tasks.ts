/**
 * A long stream of small tasks, and one long training: memory stays flat, and a late task costs what an early one did.
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shippedPolicy } from "@cugro/environments";
import { jobFactSchema, jobKey, jobOfResult, parseFact, PREFIXES, resultFactSchema } from "@cugro/protocol";
import { openStore } from "@cugro/store";
import { collectFiles } from "../../cli/commands/collecting/collect_files.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { runChild } from "../../cli/embedded/child_run.ts";

interface SoakOptions {
  tasks: number;
  steps: number;
  work: string;
  out: string;
}

const EPISODES = 6;
/** A budget that is used up from the fifth task on. */
const STREAM_KNOBS = [
  "replayPairs=1024",
  "replayPairsPerTask=256",
  "stateSteps=300",
  "behaviorSteps=300",
  "maxGeneratorSteps=300",
  "criticSteps=300",
  "maxCriticSteps=300",
  "evaluationEpisodes=1",
];

/**
 * Learns a stream of `tasks` and one task for `steps`, and writes what memory and time did.
 *
 * @param options numbers of tasks and steps, folder and output
 */
export async function soak({ tasks, steps, work, out }: SoakOptions): Promise<void> {
  const folder = join(work, "soak");
  const files = await collectStream(tasks, join(folder, "data"));
  const stream = await run("stream", files, STREAM_KNOBS, folder);
  const knobs = [`stateSteps=${steps}`, `maxGeneratorSteps=${steps}`];
  const long = await run("long", files.slice(0, 1), knobs, folder);
  const secondsPerTask = await costsPerTask(join(folder, "stream"));
  const verdict = {
    lateOverEarly: ratio(secondsPerTask, tasks, 5),
    streamMemory: flatness(stream.memory),
    longTrainingMemory: flatness(long.memory),
  };
  await mkdir(out, { recursive: true });
  const report = { tasks, steps, secondsPerTask, ...verdict };
  await writeFile(join(out, "soak.json"), JSON.stringify(report, null, 1) + "\n");
  printTable(
    ["task", "sample + label + train, s", "bytes made"],
    secondsPerTask.map(({ task, seconds, bytes }) => [task, seconds.toFixed(2), bytes]),
  );
  console.log(JSON.stringify(verdict, null, 1));
}

/** Small datasets of as many different directions as there are tasks. */
async function collectStream(tasks: number, folder: string): Promise<string[]> {
  const goals = Array.from({ length: tasks }, (_, index) => [Math.cos(index * 2.4), Math.sin(index * 2.4)]);
  await mkdir(folder, { recursive: true });
  const policy = await shippedPolicy("swimmer");
  return await collectFiles({ family: "swimmer-dir", goals, policy, episodes: EPISODES, seed: 7, folder });
}

async function run(name: string, files: readonly string[], knobs: readonly string[], folder: string) {
  const settings = knobs.flatMap((knob) => ["--set", knob]);
  return await runChild(name, [
    ...files,
    "--learner",
    name,
    "--store",
    join(folder, name),
    "--preset",
    "smoke",
    "--workers",
    "1",
    ...settings,
  ]);
}

interface Cost {
  task: number;
  seconds: number;
  bytes: number;
}

/** Work of each task, evaluation and import apart. */
async function costsPerTask(folder: string): Promise<Cost[]> {
  const store = await openStore({ store: folder });
  try {
    const costs = new Map<number, Cost>();
    for (const { key } of await store.list(PREFIXES.jobs)) {
      const id = jobOfResult(key);
      if (id === undefined) continue;
      const read = async (name: string) => (await store.get(name))!.bytes;
      const { kind, seconds, outputs } = parseFact(resultFactSchema, await read(key), key);
      const { task } = parseFact(jobFactSchema, await read(jobKey(kind, id)), jobKey(kind, id));
      if (task === null || kind === "policy.evaluate") continue;
      const cost = costs.get(task) ?? { task, seconds: 0, bytes: 0 };
      cost.seconds += seconds;
      cost.bytes += Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);
      costs.set(task, cost);
    }
    return [...costs.values()].sort((a, b) => a.task - b.task);
  } finally {
    await store.close();
  }
}

/** Mean cost of the last three tasks over that of the three around `early`: single tasks are noisy. */
function ratio(costs: readonly Cost[], late: number, early: number): { seconds: number; bytes: number } {
  const mean = (field: "seconds" | "bytes", from: number, to: number) => {
    const chosen = costs.filter(({ task }) => task >= from && task <= to).map((cost) => cost[field]);
    return chosen.reduce((sum, value) => sum + value, 0) / chosen.length;
  };
  const of = (field: "seconds" | "bytes") => mean(field, late - 2, late) / mean(field, early - 1, early + 1);
  return { seconds: of("seconds"), bytes: of("bytes") };
}

/** Median memory in the second quarter of a run against its last quarter, in MB. */
function flatness(memory: readonly [number, number][]): { earlyMB: number; lateMB: number } {
  const median = (from: number, to: number) => {
    const part = memory.slice(Math.floor(memory.length * from), Math.ceil(memory.length * to)).map((
      [, bytes],
    ) => bytes).sort((a, b) => a - b);
    return Math.round((part[Math.floor(part.length / 2)] ?? 0) / 1e6);
  };
  return { earlyMB: median(0.25, 0.5), lateMB: median(0.75, 1) };
}
