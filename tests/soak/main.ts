/**
 * `deno task test:soak --tasks 50`: a local cluster that learns, acts and is restarted for hours; whether memory, disk,
 * descriptors and streams stay flat.
 * @module
 */
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { wholeNumber } from "../../scripts/cli/commands/print_output.ts";
import { drawSoak } from "./draw_soak.ts";
import { type Judged, judgeSoak, sentencesOf } from "./judge_soak.ts";
import type { Sample } from "./samples.ts";
import { soak, type SoakOptions, type SoakRecord } from "./soak.ts";

const RESULTS = fileURLToPath(new URL("results", import.meta.url));

interface Settings {
  tasks?: number;
  hours?: number;
  together?: boolean;
  store: "bucket" | "folder";
  every: number;
  folder?: string;
  keep?: boolean;
  again?: boolean;
  out: string;
}

/** What is written. */
interface Written {
  date: string;
  settings: Pick<SoakOptions, "tasks" | "hours" | "together" | "store" | "sampleSeconds">;
  record: SoakRecord;
  judged: Judged;
}

const program = new Command("test:soak")
  .description("learn, act and restart for hours; memory, disk, descriptors and streams must stay flat")
  .option("--tasks <n>", "how many tasks are learnt, 50 unless --hours is given", wholeNumber("--tasks", 1))
  .option("--hours <n>", "end after this many hours", Number)
  .option("--together", "one process does the jobs of all services")
  .option("--store <kind>", "bucket or folder", "bucket")
  .option("--every <s>", "seconds between samples", wholeNumber("--every", 1), 15)
  .option("--folder <dir>", "where the cluster works; by default a temporary one, removed if all is flat")
  .option("--keep", "keep that folder")
  .option("--again", "judge and draw what is in --out once more")
  .option("--out <folder>", "where soak.json and soak.svg go", RESULTS);

/** The command. */
async function main(settings: Settings): Promise<boolean> {
  const { tasks, hours, together = false, store, every, keep, out } = settings;
  const limits = { tasks: tasks ?? (hours === undefined ? 50 : Infinity), hours: hours ?? Infinity };
  if (!(limits.hours > 0)) {
    throw new RangeError(`--hours must be a number above 0: current value is ${hours}`);
  }
  if (store !== "bucket" && store !== "folder") {
    throw new RangeError(`--store must be bucket or folder: current value is ${store}`);
  }
  const path = join(out, "soak.json");
  if (settings.again) {
    const { judged: _, ...written } = JSON.parse(await readFile(path, "utf8")) as Written;
    return await write(path, written);
  }
  const folder = settings.folder ?? await mkdtemp(join(tmpdir(), "cugro-soak-"));
  await mkdir(folder, { recursive: true });
  const asked = { ...limits, together, store, sampleSeconds: every };
  const record = await soak({
    ...asked,
    folder,
    report: (sentence) => console.log(`${new Date().toISOString().slice(11, 19)} ${sentence}`),
    onSample: (sample: Sample) => appendFile(join(folder, "samples.jsonl"), `${JSON.stringify(sample)}\n`),
    signal: onSignals(),
  });
  const flat = await write(path, { date: new Date().toISOString(), settings: asked, record });
  if (flat && !keep && settings.folder === undefined) await rm(folder, { recursive: true, force: true });
  else console.log(`cluster and samples: ${folder}`);
  return flat;
}

async function write(path: string, written: Omit<Written, "judged">): Promise<boolean> {
  const judged = judgeSoak(written.record);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `${JSON.stringify({ ...written, judged })}\n`);
  await writeFile(path.replace(/json$/, "svg"), drawSoak(written.record));
  for (const sentence of sentencesOf(judged)) console.log(sentence);
  console.log(judged.faults.length === 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
  return judged.faults.length === 0;
}

/** Aborted by Ctrl-C or SIGTERM: what was learnt until then is judged. */
function onSignals(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      console.error("stopping: what was sampled until now is judged");
      stop.abort();
    });
  }
  return stop.signal;
}

if (import.meta.main) {
  program.parse();
  try {
    process.exitCode = await main(program.opts<Settings>()) ? 0 : 1;
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
