/**
 * `deno task test:faults --seeds N`: the fault campaign. Every seed is a cluster of its own that is damaged while it
 * works, and must come to exactly what it comes to undisturbed.
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { wholeNumber } from "../../../scripts/commands/output.ts";
import { type CampaignMode, openCampaign } from "./campaign.ts";
import { describeReport, summarise, type Summary, summaryTable } from "./report.ts";
import type { SeedReport } from "./run_seed.ts";

const RESULTS = fileURLToPath(new URL("results", import.meta.url));

interface Settings {
  seeds: number;
  start: number;
  training?: boolean;
  keep?: boolean;
  out: string;
}

const program = new Command("test:faults")
  .description("damage clusters while they learn, and check that nothing is lost, doubled or changed")
  .option("--seeds <n>", "how many runs", wholeNumber("--seeds", 1), 5)
  .option("--start <s>", "the first run's seed", wholeNumber("--start", 0), 0)
  .option("--training", "real smoke training on small datasets instead of stub jobs")
  .option("--keep", "keep what every run wrote, not only what a failed one did")
  .option("--out <folder>", "where campaign.json goes", RESULTS);
program.parse();
process.exitCode = await main(program.opts<Settings>());

async function main({ seeds, start, training = false, keep = false, out }: Settings): Promise<number> {
  const mode: CampaignMode = training ? "training" : "stub";
  const folder = await mkdtemp(join(tmpdir(), "cugro-faults-"));
  const campaign = await openCampaign(mode, folder);
  const reports: SeedReport[] = [];
  for (let seed = start; seed < start + seeds; seed++) {
    const report = await campaign.run(seed, keep);
    reports.push(report);
    console.log(describeReport(report, mode));
  }
  const summary = summarise(reports, mode);
  console.log(`\n${summaryTable(summary)}`);
  await save(out, mode, summary, reports);
  const sound = reports.every(({ violations }) => violations.length === 0);
  if (sound && !keep) await rm(folder, { recursive: true, force: true });
  else console.log(`\nhistories, logs and stores: ${folder}`);
  return sound ? 0 : 1;
}

async function save(folder: string, mode: CampaignMode, summary: Summary, runs: SeedReport[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, mode === "stub" ? "campaign.json" : "campaign_training.json");
  await writeFile(path, `${JSON.stringify({ mode, summary, runs }, null, 1)}\n`);
}
