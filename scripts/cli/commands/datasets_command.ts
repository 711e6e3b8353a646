/**
 * `cugro datasets inspect|validate|stats|convert|export`: inspects files without learning from them, and writes them, or
 * learners' data, in other formats.
 * @module
 */
import { datasetHash, type DatasetRows, type FileReport, printable, summarise } from "@cugro/datasets";
import { countOf } from "@cugro/learners";
import type { Command } from "commander";
import { registerConvert } from "./convert_command.ts";
import { registerDatasetExport } from "./numbers/export_data.ts";
import { judge, type Judgement, printNotices, report, withExamples } from "./judged_file.ts";
import { MOST_PATH, printJson } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";
import { refuseUnreadable } from "./readable.ts";
import { type ReadFlags, withReadOptions } from "./read_options.ts";
import { registerStats } from "./stats_command.ts";

interface DatasetOptions extends ReadFlags {
  json?: boolean;
}

const FILES = "files, or folders of LeRobot and Minari";

/** Adds the commands. */
export function registerDatasets(program: Command): void {
  const datasets = program.command("datasets");
  withExamples(
    withReadOptions(
      datasets.command("inspect")
        .description("sizes, episodes, returns and ranges of files")
        .argument("<files...>", FILES)
        .option("--json", "print a JSON array, one object for each file"),
    ).action(inspect),
    "cugro datasets inspect task1.hdf5",
    "cugro datasets inspect robot.csv --map observations=x,y,angle --map actions=force",
  );
  withExamples(
    withReadOptions(
      datasets.command("validate")
        .description(
          "check files: each refused one is listed with its first fault, and the exit code is 1; implausible data is reported",
        )
        .argument("<files...>", FILES)
        .option("--json", "print a JSON array, one object for each file"),
    ).action(validate),
    "cugro datasets validate task1.hdf5 lerobot/pusht",
    "cugro datasets validate --strict --json task*.hdf5",
  );
  registerStats(datasets);
  registerConvert(datasets);
  registerDatasetExport(datasets);
}

async function validate(paths: string[], { json, ...options }: DatasetOptions): Promise<void> {
  await refuseUnreadable(paths, { readOnce: true });
  const reports: FileReport[] = [];
  for (const path of paths) {
    await judge(path, options, (judgement) => {
      reports.push(report(judgement));
      if (!json) printVerdict(judgement);
    });
  }
  if (json) printJson(reports);
}

function printVerdict(judgement: Judgement): void {
  if ("error" in judgement) return console.error(judgement.error.message);
  const { path, judged: { dataset: { size, stateDim, actionDim }, notices } } = judgement;
  const but = notices.length > 0 ? `, with ${notices.length} notice${notices.length > 1 ? "s" : ""}` : "";
  const what = `${countOf(size)} transitions [${stateDim}] [${actionDim}]`;
  console.log(`${printable(path, MOST_PATH)}: good${but}, ${what}`);
  printNotices(notices);
}

async function inspect(paths: string[], { json, ...options }: DatasetOptions): Promise<void> {
  await refuseUnreadable(paths, { readOnce: true });
  const found: unknown[] = [];
  for (const path of paths) {
    await judge(path, options, (judgement) => {
      if ("error" in judgement) {
        found.push(report(judgement));
        if (!json) console.error(judgement.error.message);
        return;
      }
      const { dataset, notices } = judgement.judged;
      const { stateRange, actionRange } = summarise(dataset);
      const more = { hash: datasetHash(dataset), stateRange, actionRange, metadata: dataset.metadata };
      found.push({ ...report(judgement), ...more });
      if (!json) printInspection(path, dataset, more);
      if (!json) printNotices(notices);
    });
  }
  if (json) printJson(found);
}

function printInspection(
  path: string,
  dataset: DatasetRows,
  { hash, stateRange, actionRange }: { hash: string; stateRange: number[][]; actionRange: number[][] },
): void {
  const summary = summarise(dataset);
  const { discreteActions } = dataset.metadata;
  const actions = discreteActions === undefined
    ? `actions of ${summary.actionDim} numbers`
    : `${discreteActions} discrete actions`;
  console.log(`${printable(path, MOST_PATH)}\n  hash ${hash}`);
  console.log(`  ${countOf(summary.size)} transitions, states of ${summary.stateDim} numbers, ${actions}`);
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
