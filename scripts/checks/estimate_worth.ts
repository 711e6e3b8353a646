/**
 * The sentence on the worth of estimates, in every report and in the algorithm's README, is what the calibration found.
 * @module
 */
import { ESTIMATE_CALIBRATION, ESTIMATE_WORTH } from "@cugro/algorithm/estimate/arrays";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withPart } from "./rendered_part.ts";
import {
  type CalibrationFigures,
  type CalibrationResult,
  streamOf,
} from "../lab/calibration/calibration_measures.ts";

const RESULT = "shared/algorithm/results/calibration.json";
const README = "shared/algorithm/README.md";
const MARKS = [
  "<!-- calibration: rendered by `deno task docs --write` -->\n",
  "<!-- end of calibration -->",
] as const;

/** What of the constants and the table is not as the result file says; with `write` the table is put right. */
export function worthFaults(root: string, write: boolean): string[] {
  const result = JSON.parse(readFileSync(join(root, RESULT), "utf8")) as CalibrationResult;
  return [...constantFaults(result), ...tableFaults(root, result, write)];
}

/** The constants as a result has them. */
export function worthOf({ all }: CalibrationResult): Record<keyof typeof ESTIMATE_WORTH, number> {
  const { gate: { both, onlyEstimate: _, onlyTruth, neither } } = all;
  return {
    ...{ runs: all.runs, streams: all.streams, cells: all.cells, oldCells: all.oldCells },
    rankCorrelation: rounded(all.rankCorrelation, 2),
    dropCorrelation: rounded(all.dropCorrelation, 2),
    dropError: rounded(all.dropError, 1),
    ...{ gateAgrees: both + neither, gateParks: both + onlyTruth, gateFinds: both },
  };
}

function rounded(value: number | null, digits: number): number {
  return Number((value ?? 0).toFixed(digits));
}

function constantFaults(result: CalibrationResult): string[] {
  const streams = [...new Set(result.runs.map(streamOf))].sort().join(", ");
  const stated = Object.keys(ESTIMATE_CALIBRATION.streams).sort().join(", ");
  const wrong = streams === stated
    ? []
    : [`shared/algorithm/estimate/worth.ts says streams: ${stated}, and ${RESULT} ${streams}`];
  const figures = Object.entries(worthOf(result)).flatMap(([name, value]) => {
    const stated = ESTIMATE_WORTH[name as keyof typeof ESTIMATE_WORTH];
    if (stated === value) return [];
    return [`shared/algorithm/estimate/worth.ts says ${name}: ${stated}, and ${RESULT} ${value}`];
  });
  return [...wrong, ...figures];
}

function tableFaults(root: string, result: CalibrationResult, write: boolean): string[] {
  const path = join(root, README);
  const text = readFileSync(path, "utf8");
  const right = withPart(text, ...MARKS, table(result));
  if (right === undefined) {
    return [`${README} has no place for the calibration table: ${MARKS.join(" ... ")}`];
  }
  if (right === text) return [];
  if (!write) return [`${README}: the calibration table is not that of ${RESULT} (deno task docs --write)`];
  writeFileSync(path, right);
  return [];
}

function table({ all, runs }: CalibrationResult): string {
  const row = (name: string, { gate, ...one }: CalibrationFigures) =>
    `| ${
      [
        name,
        one.cells,
        show(one.rankCorrelation, 2),
        one.oldCells,
        show(one.dropCorrelation, 2),
        show(one.dropError, 1),
        gate.both,
        gate.onlyEstimate,
        gate.onlyTruth,
        gate.neither,
      ].join(" | ")
    } |`;
  return [
    "",
    "| run | tasks of versions | rank correlation of scores | old ones | of drops | median error of a drop | both gates park | only the estimate's | only the true one | neither |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...runs.map((run) => row(run.name, run)),
    row(`all ${all.runs}`, all),
    "\n",
  ].join("\n");
}

function show(value: number | null, digits: number): string {
  return value === null ? "–" : value.toFixed(digits);
}
