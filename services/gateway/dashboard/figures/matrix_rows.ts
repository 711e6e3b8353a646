/**
 * The results matrix as rows of cells: all versions, and the one that is being made. Pure.
 * @module
 */
import type { History } from "@cugro/client";
import type { ListedVersion } from "../state/version_history.ts";

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
  /** The evaluation, where that is known without asking. */
  job: string | null;
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

/** A version's row. @param head the version that serves */
export function matrixRow(history: History, listed: ListedVersion, head: number | null): MatrixRow {
  const { version, task: learnt, state, average } = listed;
  return {
    ...{ version, learnt, average, state: version === head ? "serving" : state },
    cells: history.tasks.map(({ task }, column) => cellAt(history, listed.row, column, task)),
  };
}

function cellAt({ tasks, cells }: History, row: number, column: number, task: number): MatrixCell {
  const at = row * tasks.length + column;
  const episodes = cells.episodes[at] ?? null;
  if (episodes === null) return { ...NOTHING, task };
  const of = (name: keyof History["cells"]) => cells[name][at] ?? null;
  const [score, high] = [of("score"), of("high")];
  return {
    ...{ task, state: "known", score, low: of("low"), high, episodes, value: of("value") },
    ...{ estimate: of("estimate"), job: null, ...dropOf(score, high, of("lowest"), of("best")) },
  };
}

/** Whether a score has fallen below what the gate accepts, and how far below its best. */
export function dropOf(
  score: number | null,
  high: number | null,
  lowest: number | null,
  best: number | null,
): { drop: number | null; isSure: boolean } {
  const isBelow = score !== null && lowest !== null && score < lowest;
  return {
    drop: isBelow && best !== null ? best - score : null,
    isSure: isBelow && high !== null && high < lowest,
  };
}

/** The row that fills; undefined while no version is being made. */
export function pendingRow({ pending, tasks }: History): MatrixRow | undefined {
  if (!pending) return undefined;
  const byTask = new Map(pending.cells.map((cell) => [cell.task, cell]));
  const cells = tasks.map(({ task }): MatrixCell => {
    const cell = byTask.get(task);
    if (!cell) return { ...NOTHING, task };
    const { done, meanScore: score, low, high, episodes, valueEstimate: value, job } = cell;
    return { ...NOTHING, task, state: done ? "known" : "waiting", score, low, high, episodes, value, job };
  });
  return { version: null, learnt: pending.task, state: "learning", average: null, cells };
}

const NOTHING: Omit<MatrixCell, "task"> = {
  ...{ state: "none", score: null, low: null, high: null, episodes: 0, value: null, estimate: null },
  ...{ job: null, drop: null, isSure: false },
};

/** A score's colour: one of eleven, from far below to as good as the data's best policy and beyond. */
export function heatOf(score: number): number {
  return Math.max(0, Math.min(10, Math.round(score / 10)));
}
