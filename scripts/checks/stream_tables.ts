/**
 * The tables of streams in the root README are what the result files say: those of today's preset, a row for each run of
 * earlier ones, and one for each stream of the earliest.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GridResults } from "../lab/grid/write_results.ts";
import { closeMark, markdownTable, openMark, withParts } from "./rendered_part.ts";
import { gridTable } from "./result_tables.ts";

const RESULTS = "shared/algorithm/results";
const README = "README.md";
/** In the order of the table; a run that is in two files is taken from the first. */
const FILES = ["cheetah", "", "hopper", "walker", "walker_none", "meta_world", "meta_world_1", "cw10"]
  .map((name) => name === "" ? "streams.json" : `streams_${name}.json`);
const SHORT = "streams_short.json";
/** A grid of the preset `default` as it is. */
const TODAY = "paper.json";
const ORDER = ["cheetah-vel", "swimmer-dir", "hopper-vel", "walker-params", "meta-world-cl5", "cw10"];
const REPLAYS = ["generated", "none", "oracle"];
/** Streams whose scores are rates of success. */
const BY_SUCCESS = ["meta-world-cl5", "cw10"];

/** A run of a stream, as `deno task experiment streams` writes it. Scores are in points, times in seconds. */
export interface StreamRun {
  stream: string;
  replay: string;
  seed: number;
  /** Only of runs that went on in a store which had a part of them: their time is not that of a whole run. */
  settings?: readonly unknown[];
  wallSeconds: number;
  meanPerformance: number;
  worstDrop: number;
  forgetting: number;
  backwardTransfer: number;
  badlyLearnedFirst: boolean;
  /** `[version][task]`, null for tasks to come. */
  resultsMatrix: readonly (readonly (number | null)[])[];
}

/**
 * What of the tables is not what the results say.
 *
 * @param root of the repository
 * @param write whether the tables are put right instead
 * @returns a sentence for each table that is missing or wrong
 */
export function streamTableFaults(root: string, write: boolean): string[] {
  const runsOf = (file: string): StreamRun[] =>
    JSON.parse(readFileSync(join(root, RESULTS, file), "utf8")).runs;
  const path = join(root, README);
  const before = readFileSync(path, "utf8");
  const today = JSON.parse(readFileSync(join(root, RESULTS, TODAY), "utf8")) as GridResults;
  const { text, missing, stale } = withParts(before, [
    { name: "today's default", part: gridTable(today) },
    { name: "streams", part: streamTable(FILES.flatMap(runsOf)) },
    { name: "short streams", part: shortTable(runsOf(SHORT)) },
  ]);
  const faults = missing.map((name) =>
    `${README} has no place for a table: ${openMark(name)} ... ${closeMark(name)}`
  );
  if (!write) {
    faults.push(
      ...stale.map((name) =>
        `${README}: the table "${name}" is not that of the result files (deno task docs --write)`
      ),
    );
  }
  if (write && text !== before) writeFileSync(path, text);
  return faults;
}

/**
 * A row for each run, in the order of streams, replays and seeds.
 *
 * @param runs of which the same one may come twice
 * @returns Markdown
 */
export function streamTable(runs: readonly StreamRun[]): string {
  const keyOf = ({ stream, replay, seed }: StreamRun) => `${stream} ${replay} ${seed}`;
  const once = [...new Map(runs.toReversed().map((run) => [keyOf(run), run])).values()];
  const sorted = once.sort((a, b) =>
    ORDER.indexOf(a.stream) - ORDER.indexOf(b.stream) ||
    REPLAYS.indexOf(a.replay) - REPLAYS.indexOf(b.replay) ||
    a.seed - b.seed
  );
  const rows = sorted.map((run, i) => rowOf(run, sorted[i - 1]?.stream !== run.stream));
  return markdownTable([
    ...["stream (tasks)", "replay", "seed", "average performance after each task", "mean", "worst drop"],
    ...["forgetting", "backward transfer", "minutes"],
  ], rows) + "\n";
}

function rowOf(run: StreamRun, isFirst: boolean): string[] {
  const { stream, replay, seed, settings, wallSeconds, resultsMatrix: rows, badlyLearnedFirst } = run;
  const averages = rows.map((row) => averageOf(row).toFixed(1));
  const unit = BY_SUCCESS.includes(stream) ? ", % success" : "";
  return [
    isFirst ? `${stream} (${rows.length})${unit}` : "",
    replay === "oracle" ? "oracle (keeps the old data)" : replay,
    `${seed}`,
    [...averages.slice(0, -1), `**${averages.at(-1)}**`].join(" "),
    ...[run.meanPerformance, run.worstDrop, run.forgetting].map((points) => points.toFixed(1)),
    signed(run.backwardTransfer) + (badlyLearnedFirst ? " (badly learned first)" : ""),
    settings ? "–" : (wallSeconds / 60).toFixed(1),
  ];
}

/**
 * A row for each stream: final average performance, and in brackets the worst drop.
 *
 * @param runs in the order of their seeds
 * @returns Markdown
 */
export function shortTable(runs: readonly StreamRun[]): string {
  const streams = ORDER.filter((stream) => runs.some((run) => run.stream === stream));
  const rows = streams.map((stream) => {
    const own = runs.filter((run) => run.stream === stream);
    const minutes = own.map(({ wallSeconds }) => Math.round(wallSeconds / 60));
    const cell = (replay: string, words = "") => {
      const some = own.filter((run) => run.replay === replay);
      const finals = some.map(({ resultsMatrix }) => averageOf(resultsMatrix.at(-1)!).toFixed(1)).join(", ");
      return `${finals} (${words}${some.map(({ worstDrop }) => worstDrop.toFixed(1)).join(", ")})`;
    };
    return [
      ...[stream, cell("generated", "worst drop "), cell("oracle"), cell("none")],
      `${Math.min(...minutes)} to ${Math.max(...minutes)}`,
    ];
  });
  const head = ["stream, earlier preset, two thirds as long", "generated, seeds 0 and 1", "oracle", "none"];
  return markdownTable([...head, "minutes of a run"], rows) + "\n";
}

const averageOf = (row: readonly (number | null)[]) => {
  const scores = row.filter((score) => score !== null);
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
};

const signed = (points: number) => {
  const text = points.toFixed(1).replace(/^-0\.0$/, "0.0");
  return points > 0 && text !== "0.0" ? `+${text}` : text;
};
