/**
 * `deno task test:faults --seeds N`: the fault campaign. Every seed is a cluster of its own that is damaged while it
 * works, and must come to exactly what it comes to undisturbed.
 * @module
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { wholeNumber } from "../../../scripts/cli/commands/print_output.ts";
import { type CampaignMode, openCampaign } from "./campaign.ts";
import { makeMemoryFolder } from "./memory_folder.ts";
import { describeReport, summarise, summaryTable } from "./campaign_report.ts";
import type { SeedReport } from "./run_seed.ts";

const RESULTS = fileURLToPath(new URL("results", import.meta.url));

interface Settings {
  seeds: number;
  start: number;
  training?: boolean;
  backup?: boolean;
  cluster?: boolean;
  keep?: boolean;
  add?: boolean;
  out: string;
}

const program = new Command("test:faults")
  .description("damage clusters while they learn, and check that nothing is lost, doubled or changed")
  .option("--seeds <n>", "how many runs", wholeNumber("--seeds", 1), 5)
  .option("--start <s>", "the first run's seed", wholeNumber("--start", 0), 0)
  .option("--backup", "in each run the store is backed up at work, lost and restored")
  .option("--training", "real smoke training on small datasets instead of stub jobs")
  .option(
    "--cluster",
    "local clusters: servers killed, stopped and hanging, and a client that acts all the while",
  )
  .option("--keep", "keep what every run wrote, not only what a failed one did")
  .option("--add", "beside what other seeds' runs in the results came to, instead of in their place")
  .option("--out <folder>", "where campaign.json goes", RESULTS);
program.parse();
process.exitCode = await main(program.opts<Settings>());

async function main(
  { seeds, start, training = false, cluster = false, backup = false, keep = false, add = false, out }:
    Settings,
): Promise<number> {
  const mode: CampaignMode = cluster ? "cluster" : training ? "training" : backup ? "backup" : "stub";
  const path = join(out, mode === "stub" ? "campaign.json" : `campaign_${mode}.json`);
  const folder = await makeMemoryFolder();
  const campaign = await openCampaign(mode, folder);
  const earlier = add ? await readRuns(path) : [];
  const reports: SeedReport[] = [];
  const isStopping = onSignals();
  try {
    for (let seed = start; seed < start + seeds && !isStopping(); seed++) {
      const report = await campaign.run(seed, keep);
      reports.push(report);
      console.log(describeReport(report, mode));
      await save(path, mode, [
        ...earlier.filter((run) => reports.every((own) => own.seed !== run.seed)),
        ...reports,
      ]);
    }
  } finally {
    await campaign.close?.();
  }
  console.log(`\n${summaryTable(summarise(reports, mode))}`);
  const sound = reports.every(({ violations }) => violations.length === 0);
  if (sound && !keep) await rm(folder, { recursive: true, force: true });
  else console.log(`\nhistories, logs and stores: ${folder}`);
  return sound ? 0 : 1;
}

/** Whether Ctrl-C or SIGTERM has come: the run under way is finished, so that nothing of it is left behind. */
function onSignals(): () => boolean {
  let stopping = false;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stopping) process.exit(130);
      stopping = true;
      console.error("stopping after this run; once more: at once");
    });
  }
  return () => stopping;
}

async function readRuns(path: string): Promise<SeedReport[]> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? [] : (JSON.parse(text) as { runs: SeedReport[] }).runs;
}

/** After every run, so that one that is broken off has its results. */
async function save(path: string, mode: CampaignMode, runs: SeedReport[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  runs.sort((a, b) => a.seed - b.seed);
  await writeFile(path, `${JSON.stringify({ mode, summary: summarise(runs, mode), runs })}\n`);
}
