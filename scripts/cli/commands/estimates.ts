/**
 * Estimates of versions as `status`, `versions`, `run` and `evaluate` print them.
 * @module
 */
import { estimateNote } from "@cugro/learners";
import type { CellEstimate } from "@cugro/protocol";
import { describeEstimate } from "@cugro/report";
import { printTable } from "./output.ts";

/** Estimates of one version, a column a task. */
export interface EstimatedVersion {
  version: number;
  estimates: readonly (CellEstimate | null)[];
}

/** Prints them with what they cannot see and have been worth; nothing where there is none. */
export function printEstimates(columns: readonly string[], rows: readonly EstimatedVersion[]): void {
  const note = estimateNote(rows.map(({ estimates }) => estimates));
  if (note === null) return;
  console.log("\nestimated score (90 % over networks), and what old tasks have lost since they were learnt");
  printTable(
    ["version", ...columns],
    rows.map(({ version, estimates }) => [version, ...estimates.map(describeEstimate)]),
  );
  console.log(note);
}

/** The same of versions with their rows. */
export function printEstimatedRows(
  versions: readonly {
    version: number;
    row: readonly { task: number; estimate?: CellEstimate | undefined }[];
  }[],
): void {
  const tasks = [...new Set(versions.flatMap(({ row }) => row.map(({ task }) => task)))].sort((a, b) =>
    a - b
  );
  printEstimates(
    tasks.map((task) => `task ${task}`),
    versions.map(({ version, row }) => ({
      version,
      estimates: tasks.map((task) => row.find((cell) => cell.task === task)?.estimate ?? null),
    })),
  );
}
