/**
 * `cugro datasets stats`: returns, lengths and coverage of one file, as text, JSON and a picture.
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import {
  datasetHash,
  type DatasetStatistics,
  type Distribution,
  printable,
  statisticsOf,
} from "@cugro/datasets";
import { countOf } from "@cugro/learners";
import { drawDataset } from "@cugro/report";
import type { Command } from "commander";
import { printNotices, readJudged, withExamples } from "./judged_file.ts";
import { MOST_PATH, printJson, UsageError } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";
import { refuseUnreadable } from "./readable.ts";
import { type ReadFlags, withReadOptions } from "./read_options.ts";
import { refuseTaken, writeInPlace } from "./written_file.ts";

interface StatsOptions extends ReadFlags {
  json?: boolean;
  picture?: string;
}

/** Adds the command. */
export function registerStats(datasets: Command): void {
  withExamples(
    withReadOptions(
      datasets.command("stats")
        .description("describe a file: distribution of returns, lengths, states and actions")
        .argument("<file>", "a file, or a folder of LeRobot or Minari")
        .option(
          "--picture <file.svg>",
          "draw a picture: histograms of returns and lengths, and which states are covered",
        )
        .option("--json", "print one JSON document"),
    ).action(stats),
    "cugro datasets stats task1.hdf5 --picture task1.svg",
    "cugro datasets stats robot.parquet --map observations=x,y,angle --json",
  );
}

async function stats(path: string, { json, picture, ...options }: StatsOptions): Promise<void> {
  if (picture !== undefined && !/\.svg$/i.test(picture)) {
    throw new UsageError(
      `--picture draws SVG, which browsers show and Inkscape turns into others: end ${picture} in .svg`,
    );
  }
  await refuseUnreadable([path], { readOnce: true });
  if (picture !== undefined) await refuseTaken(picture, true);
  const { dataset, notices } = await readJudged(path, options);
  const statistics = statisticsOf(dataset);
  if (picture !== undefined) {
    const drawn = drawDataset(dataset, statistics, basename(path));
    const write = (file: FileHandle) => file.writeFile(drawn);
    await writeInPlace({ out: picture, force: true, write, check: () => Promise.resolve() });
  }
  if (json) {
    return printJson({
      file: path,
      hash: datasetHash(dataset),
      ...statistics,
      metadata: dataset.metadata,
      notices,
    });
  }
  print(path, statistics);
  printNotices(notices);
  if (picture !== undefined) console.log(`picture: ${picture}`);
}

const HEAD = ["", "min", "1 %", "25 %", "median", "75 %", "99 %", "max", "mean"];

function print(path: string, statistics: DatasetStatistics): void {
  const { size, stateDim, episodes, terminalEpisodes, rewarded, successful, states, actions } = statistics;
  console.log(
    `${printable(path, MOST_PATH)}: ${countOf(size)} transitions in ${countOf(episodes)} episodes, ${
      countOf(terminalEpisodes)
    } of which ended by themselves`,
  );
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const success = successful === undefined ? "" : `; ${percent(successful)} of the episodes succeeded`;
  console.log(`${percent(rewarded)} of the rewards are not 0${success}\n`);
  printTable(HEAD, [
    row("return", statistics.episodeReturn),
    row("length", statistics.episodeLength),
    row("reward", statistics.reward),
  ]);
  console.log("");
  const continuous = "discrete" in actions ? [] : actions;
  printTable(HEAD, [
    ...states.map((one, i) => row(`state ${i}`, one)),
    ...continuous.map((one, i) => row(`action ${i}`, one)),
  ]);
  const constant = states.flatMap(({ isConstant }, i) => isConstant ? [i] : []);
  if (constant.length > 0) {
    console.log(`\n${constant.length} of ${stateDim} state dimensions are constant: ${constant.join(", ")}`);
  }
  if (!("discrete" in actions)) return;
  console.log("");
  printTable(["action", "share"], actions.discrete.map(({ action, share }) => [action, percent(share)]));
}

function row(name: string, one: Distribution): (string | number)[] {
  const { min, p1, p25, median, p75, p99, max, mean } = one;
  return [name, ...[min, p1, p25, median, p75, p99, max, mean].map(short)];
}

/** Five digits tell enough, and fit a line. */
function short(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size >= 1e6 || size < 1e-3)
    ? value.toExponential(2)
    : `${Number(value.toPrecision(5))}`;
}
