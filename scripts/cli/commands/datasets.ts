/**
 * `cugro datasets inspect|validate`: looks at files without learning from them.
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type JudgedFile, judgeFile } from "@cugro/dataset-import";
import {
  DatasetError,
  datasetHash,
  type FileReport,
  type Notice,
  packFolder,
  type ReadOptions,
  reportOf,
  reportOfError,
  summarise,
} from "@cugro/datasets";
import type { Command } from "commander";
import { describeNotice, printJson, printTable } from "./output.ts";
import { withReadOptions } from "./read_options.ts";

interface DatasetOptions extends ReadOptions {
  json?: boolean;
}

/** Adds the commands. */
export function registerDatasets(program: Command): void {
  const datasets = program.command("datasets").description("look at dataset files");
  withReadOptions(
    datasets.command("inspect")
      .description("sizes, episodes, returns and ranges of files")
      .argument("<files...>")
      .option("--json", "print a JSON array, one object a file"),
  ).action(inspect);
  withReadOptions(
    datasets.command("validate")
      .description(
        "check files: a refused one is named with its first fault, and the exit code is 1; what is implausible is said",
      )
      .argument("<files...>")
      .option("--json", "print a JSON array, one object a file"),
  ).action(validate);
}

type Judgement = { path: string; judged: JudgedFile } | { path: string; error: DatasetError };

/** All files are judged, also after a refused one. */
async function judge(path: string, options: ReadOptions): Promise<Judgement> {
  try {
    const packed = await packFolder(path);
    const bytes = packed?.body ?? new Uint8Array(await readFile(path));
    return { path, judged: await judgeFile(bytes, packed?.fileName ?? basename(path), options) };
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    Deno.exitCode = 1;
    return { path, error };
  }
}

function report(judgement: Judgement): FileReport {
  const { path } = judgement;
  return "error" in judgement ? reportOfError(path, judgement.error) : reportOf(path, judgement.judged);
}

function printNotices(notices: readonly Notice[]): void {
  for (const notice of notices) console.log(`  ${describeNotice(notice)}`);
}

async function validate(paths: string[], { json, ...options }: DatasetOptions): Promise<void> {
  const reports: FileReport[] = [];
  for (const path of paths) {
    const judgement = await judge(path, options);
    reports.push(report(judgement));
    if (json) continue;
    if ("error" in judgement) console.error(judgement.error.message);
    else {
      const { dataset: { size, stateDim, actionDim }, notices } = judgement.judged;
      const but = notices.length > 0 ? `, with ${notices.length} notice${notices.length > 1 ? "s" : ""}` : "";
      console.log(`${path}: good${but}, ${size} transitions [${stateDim}] [${actionDim}]`);
      printNotices(notices);
    }
  }
  if (json) printJson(reports);
}

async function inspect(paths: string[], { json, ...options }: DatasetOptions): Promise<void> {
  const found = [];
  for (const path of paths) {
    const judgement = await judge(path, options);
    if ("error" in judgement) {
      found.push(report(judgement));
      if (!json) console.error(judgement.error.message);
      continue;
    }
    const { dataset, notices } = judgement.judged;
    const { stateRange, actionRange } = summarise(dataset);
    const more = { hash: datasetHash(dataset), stateRange, actionRange, metadata: dataset.metadata };
    found.push({ ...report(judgement), ...more });
    if (!json) printInspection(path, judgement.judged, more);
    if (!json) printNotices(notices);
  }
  if (json) printJson(found);
}

function printInspection(
  path: string,
  { dataset }: JudgedFile,
  { hash, stateRange, actionRange }: { hash: string; stateRange: number[][]; actionRange: number[][] },
): void {
  const summary = summarise(dataset);
  const { discreteActions } = dataset.metadata;
  const actions = discreteActions === undefined
    ? `actions of ${summary.actionDim} numbers`
    : `${discreteActions} discrete actions`;
  console.log(`${path}\n  hash ${hash}`);
  console.log(`  ${summary.size} transitions, states of ${summary.stateDim} numbers, ${actions}`);
  console.log(
    `  ${summary.episodes} episodes (${summary.terminalEpisodes} ended by themselves), length ${
      spread(summary.episodeLength)
    }, return ${spread(summary.episodeReturn)}`,
  );
  console.log(`  ${JSON.stringify(dataset.metadata)}`);
  const row = (kind: string) => ([min, max]: number[], index: number) => [
    `${kind} ${index}`,
    min!.toFixed(4),
    max!.toFixed(4),
  ];
  printTable(["dimension", "min", "max"], [
    ...stateRange.map(row("state")),
    ...actionRange.map(row("action")),
  ]);
}

function spread({ min, mean, max }: { min: number; mean: number; max: number }): string {
  return `${min.toFixed(1)} … ${max.toFixed(1)} (mean ${mean.toFixed(1)})`;
}
