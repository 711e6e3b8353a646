/**
 * The table of a grid: ours first, and what it is better by.
 * @module
 */
import { meanOver, type OverRuns } from "@cugro/algorithm/arrays";
import { score } from "../../cli/commands/print_output.ts";
import { figure, streamOf, summarise, type Summary } from "../../cli/runs/summarise_seeds.ts";
import { forwardTransferOf } from "./learning_curves.ts";
import type { MeasuredRun } from "./measured_run.ts";
import { methodOf } from "./methods.ts";

/** What the seeds of a row say together. */
export interface GridSummary extends Summary {
  /** Of runs with snapshots beside learners of each task alone, in points of score; null where there are none. */
  forwardTransfer: OverRuns | null;
}

/**
 * One summary for each stream and label, ours first.
 *
 * @param runs with their measures
 * @returns summaries
 */
export function summariseGrid(runs: readonly MeasuredRun[]): GridSummary[] {
  const known = runs.map((run) => ({ ...run, keepsOldData: methodOf(run.method).keepsOldData }));
  return summarise(known, "ours").map((summary) => {
    const group = runs.filter((run) => streamOf(run) === summary.stream && run.label === summary.label);
    const transfers = group.flatMap((run) => forwardTransferOf(run, runs)?.points ?? []);
    return { ...summary, forwardTransfer: transfers.length === 0 ? null : meanOver(transfers) };
  });
}

/**
 * The columns of the table; that of forward transfer only where a row has it.
 *
 * @param summaries of the grid
 * @returns heads
 */
export function headOf(summaries: readonly GridSummary[]): string[] {
  const measures = ["AP", "IQM", "mean AP", "just learned", "worst drop", "forgetting", "BWT"];
  return [
    ...["stream", "method", "seeds", ...measures, ...hasTransfer(summaries) ? ["FWT"] : []],
    ...["ours minus", "P(ours better)", "MB kept", "core-hours"],
  ];
}

const hasTransfer = (summaries: readonly GridSummary[]) =>
  summaries.some(({ forwardTransfer }) => forwardTransfer !== null);

/**
 * All rows, in the columns of {@linkcode headOf}.
 *
 * @param summaries of the grid
 * @returns cells, row by row
 */
export function tableRows(summaries: readonly GridSummary[]): (string | number)[][] {
  return summaries.map((one) => tableRow(one, hasTransfer(summaries)));
}

function tableRow(one: GridSummary, transfers: boolean): (string | number)[] {
  return [
    one.stream,
    `${one.label}${one.keepsOldData ? " (keeps old data)" : ""}`,
    one.seeds.length,
    ...[one.averagePerformance, one.interquartileMean, one.meanPerformance, one.justLearned].map((over) =>
      figure(over)
    ),
    score(Number.isFinite(one.worstDrop) ? one.worstDrop : null),
    ...[one.forgetting, one.backwardTransfer, ...transfers ? [one.forwardTransfer] : [], one.referenceMinus]
      .map((over) => figure(over)),
    one.referenceIsBetter ? figure(one.referenceIsBetter, 2) : "–",
    (one.bytes / 1e6).toFixed(1),
    one.coreHours.toFixed(2),
  ];
}
