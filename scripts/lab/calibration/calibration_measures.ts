/**
 * Estimates beside the truth: rank correlation, error of the drop, and whether the gates would agree. Pure.
 * @module
 */
import { type Hyperparameters, mean, presets } from "@cugro/algorithm/arrays";
import { judgeVersion } from "@cugro/learners";
import type { RowCell, VersionFact } from "@cugro/protocol";
import { printTable } from "../../cli/terminal_table.ts";
import { spearman } from "../streams/spearman.ts";

/** A run whose versions have been estimated. */
export interface CalibratedRun {
  name: string;
  /** What it learnt, where the record of a grid says so. @default what its name says */
  stream?: string;
  versions: readonly VersionFact[];
}

/** One task of one version. Scores in points; `drop` since the task was learnt, null where it just was. */
export interface CalibratedCell {
  version: number;
  task: number;
  score: number;
  estimatedScore: number;
  drop: number | null;
  estimatedDrop: { mean: number; low: number; high: number } | null;
  /** Whether the true gate, and that of estimates, would park a version that did only this. */
  parks: boolean | null;
  estimateParks: boolean | null;
}

/** Figures of one run, or of all together. */
export interface CalibrationFigures {
  cells: number;
  oldCells: number;
  /** Spearman's, over versions and tasks, of scores; and of the drops of old tasks. Null from fewer than three. */
  rankCorrelation: number | null;
  dropCorrelation: number | null;
  /** Median distance of the estimated drop from the true one, in points. */
  dropError: number | null;
  /** Of old cells: both gates park, only that of estimates, only the true one, neither. */
  gate: { both: number; onlyEstimate: number; onlyTruth: number; neither: number };
}

/** The result file. */
export interface CalibrationResult {
  maxForgetting: number;
  maxEstimatedDrop: number;
  all: CalibrationFigures & { runs: number; streams: number };
  runs: (CalibrationFigures & { name: string; stream?: string; rows: CalibratedCell[] })[];
}

const { maxForgetting, maxEstimatedDrop } = presets.default;

/** Compares the estimates of finished runs with their scores. */
export function measureCalibration(runs: readonly CalibratedRun[]): CalibrationResult {
  const measured = runs.map(({ name, stream, versions }) => {
    const rows = versions.flatMap((version, i) => cellsOf(version, versions.slice(0, i)));
    return { name, ...stream === undefined ? {} : { stream }, ...figuresOf(rows), rows };
  });
  const streams = new Set(runs.map(streamOf));
  const all = figuresOf(measured.flatMap(({ rows }) => rows));
  return {
    maxForgetting,
    maxEstimatedDrop: Number(maxEstimatedDrop),
    all: { runs: runs.length, streams: streams.size, ...all },
    runs: measured,
  };
}

/**
 * The stream of a run; without a record that of one called `<stream>-<replay>-<seed>`.
 *
 * @param run its name, and its stream where a record says it
 * @returns the stream's name
 */
export function streamOf({ name, stream }: Pick<CalibratedRun, "name" | "stream">): string {
  return stream ?? name.replace(/-[a-z]+-\d+$/, "");
}

function cellsOf(version: VersionFact, earlier: readonly VersionFact[]): CalibratedCell[] {
  return version.row.flatMap((cell) => {
    const { task, scores, estimate } = cell;
    if (scores.length === 0 || !estimate) return [];
    const learnt = earlier.findLast((one) => one.task === task)?.row.find((one) => one.task === task);
    const isOld = task !== version.task && learnt !== undefined;
    return [{
      ...{ version: version.version, task, score: mean(scores), estimatedScore: estimate.score.mean },
      drop: isOld ? mean(learnt.scores) - mean(scores) : null,
      estimatedDrop: isOld ? estimate.drop : null,
      parks: isOld ? parks(without(cell, "estimate"), earlier) : null,
      estimateParks: isOld ? parks({ ...cell, scores: [], returns: [] }, earlier) : null,
    }];
  });
}

function without({ estimate: _, ...cell }: RowCell, _name: "estimate"): RowCell {
  return cell;
}

/** What old tasks may lose is all that is judged here. */
const LIMITS = {
  ...{ gate: "enforce", maxForgetting, maxEstimatedDrop, maxAverageDrop: "none" },
  ...{ maxReplayDistance: 1e9, minNewTaskScore: "none" },
} satisfies Partial<Hyperparameters>;

function parks(cell: RowCell, earlier: readonly VersionFact[]): boolean {
  return judgeVersion({ knobs: LIMITS, task: 0, row: [cell], earlier }).decision === "parked";
}

function figuresOf(cells: readonly CalibratedCell[]): CalibrationFigures {
  const old = cells.filter((cell) => cell.drop !== null && cell.estimatedDrop !== null);
  const errors = old.map(({ drop, estimatedDrop }) => Math.abs(drop! - estimatedDrop!.mean)).sort((a, b) =>
    a - b
  );
  const count = (truth: boolean, estimate: boolean) =>
    old.filter(({ parks, estimateParks }) => parks === truth && estimateParks === estimate).length;
  return {
    cells: cells.length,
    oldCells: old.length,
    rankCorrelation: spearman(cells.map(({ score, estimatedScore }) => [score, estimatedScore])),
    dropCorrelation: spearman(old.map(({ drop, estimatedDrop }) => [drop!, estimatedDrop!.mean])),
    dropError: errors.length === 0
      ? null
      : (errors[(errors.length - 1) >> 1]! + errors[errors.length >> 1]!) / 2,
    gate: {
      both: count(true, true),
      onlyEstimate: count(false, true),
      onlyTruth: count(true, false),
      neither: count(false, false),
    },
  };
}

/** Prints the table: a row a run, and one of all. */
export function printCalibration({ all, runs }: CalibrationResult): void {
  printTable(
    [
      "run",
      "cells",
      "rank correlation",
      "of drops",
      "median error of a drop",
      "gates agree",
      "both park",
      "only estimate",
      "only truth",
    ],
    [...runs, { name: `all ${runs.length}`, ...all }].map((one) => [
      one.name,
      one.cells,
      show(one.rankCorrelation, 2),
      show(one.dropCorrelation, 2),
      show(one.dropError, 1),
      `${one.gate.both + one.gate.neither} of ${one.oldCells}`,
      ...[one.gate.both, one.gate.onlyEstimate, one.gate.onlyTruth],
    ]),
  );
}

function show(value: number | null, digits: number): string {
  return value === null ? "–" : value.toFixed(digits);
}
