/**
 * Ways of acting side by side: over the tasks and seeds of a stream, and by how much each forgets.
 * @module
 */
import { mean } from "@cugro/algorithm";
import type { WayCell } from "./ways.ts";

/** One way of acting on a stream, over all its learners. */
export interface WaySummary {
  /** The learners' common name. */
  group: string;
  acting: WayCell["acting"];
  learners: number;
  /** Tasks of last versions, over all learners. */
  tasks: number;
  /** Mean score of the last versions. */
  performance: number;
  /** Mean over old tasks: last version's score minus that of the version that learnt it. */
  backwardTransfer: number | null;
  /** Least share of its first score that a task has kept, percent. */
  leastKept: number | null;
  /** To the sampler, mean over learners and tasks. */
  difference: number | null;
  /** Of all tasks the least upper bound of the difference. */
  leastHigh: number | null;
}

/** Learners that differ in the number at their name's end alone are one group: a stream's seeds. */
export function groupOf(learner: string): string {
  return learner.replace(/-\d+$/, "");
}

/**
 * Summaries in the order of the cells.
 *
 * @param cells scores by learner, task and way
 * @returns one for each learner group and way
 */
export function summariseWays(cells: readonly WayCell[]): WaySummary[] {
  const groups = Map.groupBy(cells, ({ learner, acting }) => `${groupOf(learner)} ${acting}`);
  return [...groups.values()].map((own): WaySummary => {
    const last = own.filter((cell) => cell.last);
    const kept = last.flatMap((cell) => {
      const first = own.find(({ learner, task, first }) =>
        first && learner === cell.learner && task === cell.task
      );
      return cell.first || !first ? [] : [{ now: cell.score, before: first.score }];
    });
    const differences = last.flatMap(({ difference }) => difference ?? []);
    const highs = last.flatMap(({ interval }) => interval?.[1] ?? []);
    return {
      group: groupOf(own[0]!.learner),
      acting: own[0]!.acting,
      learners: new Set(own.map(({ learner }) => learner)).size,
      tasks: last.length,
      performance: mean(last.map(({ score }) => score)),
      backwardTransfer: kept.length === 0 ? null : mean(kept.map(({ now, before }) => now - before)),
      leastKept: kept.length === 0 ? null : Math.min(...kept.map(({ now, before }) => 100 * now / before)),
      difference: differences.length === 0 ? null : mean(differences),
      leastHigh: highs.length === 0 ? null : Math.min(...highs),
    };
  });
}

/** Of {@linkcode waysRows}. */
export const WAYS_HEAD = [
  ...["learners", "acts by", "seeds", "tasks", "score", "BWT", "least kept, %"],
  ...["to the sampler", "least upper 90 % bound"],
];

/**
 * A table's rows.
 *
 * @param format numbers
 * @returns cells of the table, row by row
 */
export function waysRows(
  summaries: readonly WaySummary[],
  format: (value: number | null) => string,
): (string | number)[][] {
  return summaries.map((one) => [
    ...[one.group, one.acting, one.learners, one.tasks, format(one.performance)],
    ...[format(one.backwardTransfer), format(one.leastKept)],
    ...[format(one.difference), format(one.leastHigh)],
  ]);
}

/** Points of score that a way's mean may be below the sampler's, over a stream. */
const MEAN_LOSS = 1;
/** Points that a task's difference may surely be below it. */
const SURE_LOSS = 3;

/**
 * A sentence for each group and way beside the sampler.
 *
 * @param cells scores by learner, task and way
 * @returns sentences
 */
export function sentencesOf(cells: readonly WayCell[]): string[] {
  return summariseWays(cells).filter(({ difference }) => difference !== null).map((one) => {
    const worse = cells.filter((cell) =>
      cell.last && groupOf(cell.learner) === one.group && cell.acting === one.acting &&
      (cell.interval?.[1] ?? 0) < -SURE_LOSS
    );
    const places = worse.map(({ learner, task }) => `task ${task} of ${learner}`).join(", ");
    const isAsGood = one.difference! >= -MEAN_LOSS && worse.length === 0;
    return `${one.group}: the ${one.acting} is ${isAsGood ? "as good as" : "worse than"} the sampler ` +
      `(${one.difference!.toFixed(1)} points over ${one.tasks} tasks; ` +
      `${worse.length === 0 ? "none" : places} surely more than ${SURE_LOSS} below).`;
  });
}
