/**
 * The bounds that the gate draws, cell by cell, for pictures: below which score a task counts as forgotten or not learnt.
 * What is decided is `gate.ts`'s, which compares ends of intervals with them. Pure.
 * @module
 */
import { type Hyperparameters, mean } from "@cugro/algorithm/arrays";
import type { VersionFact } from "@cugro/protocol";
import { markOf } from "../reading/measures_of_facts.ts";

/** The bound of one cell. `lowest`: the score that may be reached; of an old task `best`, its best score before, in version `bestVersion`. */
export interface CellBound {
  lowest: number | null;
  best: number | null;
  bestVersion: number | null;
}

/** A version, its row as it stands, and the limits it was judged by. */
export interface JudgedRow extends Pick<VersionFact, "version" | "task" | "row"> {
  knobs: Pick<Hyperparameters, "maxForgetting" | "minNewTaskScore">;
}

/**
 * The bounds of valid versions, oldest first, in the order of each row's cells. One walk: what was best is remembered, so that
 * five hundred versions cost no more than their cells.
 *
 * @param versions rows and what they are judged by, oldest first
 * @returns for each version a bound for each cell of its row
 */
export function cellBounds(versions: readonly JudgedRow[]): CellBound[][] {
  /** By task and scale; of equal scores the earlier. */
  const best = new Map<string, { score: number; version: number }>();
  return versions.map((version) => {
    const bounds = version.row.map((cell) => boundOf(version, cell.task, best.get(markOf(cell))));
    for (const cell of version.row) {
      if (cell.scores.length === 0) continue;
      const score = mean(cell.scores);
      const known = best.get(markOf(cell));
      if (!known || score > known.score) best.set(markOf(cell), { score, version: version.version });
    }
    return bounds;
  });
}

function boundOf(
  { task, knobs }: JudgedRow,
  of: number,
  best: { score: number; version: number } | undefined,
): CellBound {
  if (best) {
    return { lowest: best.score - knobs.maxForgetting, best: best.score, bestVersion: best.version };
  }
  const { minNewTaskScore: floor } = knobs;
  return { lowest: of !== task || floor === "none" ? null : floor, best: null, bestVersion: null };
}
