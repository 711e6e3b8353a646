/**
 * The results matrix as rows of cells: all versions, and the one that is being made. Pure.
 * @module
 */
import type { Results, VersionSummary } from "@cugro/client";

/** One cell. `drop`: how far the task is below its best, where that is more than the gate allows; `isSure`: its whole interval is. */
export interface MatrixCell {
  task: number;
  state: "known" | "waiting" | "none";
  score: number | null;
  low: number | null;
  high: number | null;
  episodes: number;
  value: number | null;
  estimate: number | null;
  job: string | null;
  lowest: number | null;
  drop: number | null;
  isSure: boolean;
}

/** A version's row; `version` is null for the one that is being made. */
export interface MatrixRow {
  version: number | null;
  learnt: number;
  state: string;
  average: number | null;
  cells: MatrixCell[];
}

/** The rows, oldest first. */
export function matrixRows(results: Results, versions: readonly VersionSummary[]): MatrixRow[] {
  const rows = versions.map((version) => rowOf(version, results));
  return results.pending ? [...rows, pendingRow(results)] : rows;
}

function rowOf(
  { version, task, state, serving, scores, measures }: VersionSummary,
  results: Results,
): MatrixRow {
  const place = results.versions.indexOf(version);
  const byTask = new Map(scores.map((cell) => [cell.task, cell]));
  const cells = results.tasks.map(({ task }, column): MatrixCell => {
    const cell = byTask.get(task);
    if (!cell) return { ...NOTHING, task };
    const bound = results.bounds[place]?.[column] ?? null;
    const lowest = bound?.lowest ?? null;
    const { meanScore: score, low, high, episodes, valueEstimate: value } = cell;
    const isBelow = score !== null && lowest !== null && score < lowest;
    return {
      ...{ task, state: "known", score, low, high, episodes, value, lowest },
      estimate: cell.estimate?.score.mean ?? null,
      job: results.jobs[place]?.[column] ?? null,
      drop: isBelow && bound?.best !== null && bound !== null ? bound.best - score : null,
      isSure: isBelow && high !== null && high < lowest,
    };
  });
  return {
    version,
    learnt: task,
    state: serving ? "serving" : state,
    average: measures.averagePerformance,
    cells,
  };
}

function pendingRow({ pending, tasks }: Results): MatrixRow {
  const byTask = new Map(pending!.cells.map((cell) => [cell.task, cell]));
  const cells = tasks.map(({ task }): MatrixCell => {
    const cell = byTask.get(task);
    if (!cell) return { ...NOTHING, task };
    const { done, meanScore: score, low, high, episodes, valueEstimate: value, job } = cell;
    return { ...NOTHING, task, state: done ? "known" : "waiting", score, low, high, episodes, value, job };
  });
  return { version: null, learnt: pending!.task, state: "learning", average: null, cells };
}

const NOTHING: Omit<MatrixCell, "task"> = {
  ...{ state: "none", score: null, low: null, high: null, episodes: 0, value: null, estimate: null },
  ...{ job: null, lowest: null, drop: null, isSure: false },
};

/** A score's colour: one of eleven, from far below to as good as the data's best policy and beyond. */
export function heatOf(score: number): number {
  return Math.max(0, Math.min(10, Math.round(score / 10)));
}
