/**
 * What a version must show to be published. Pure.
 *
 * All bounds are ends of 90 % intervals over episodes, paired where two versions are compared, as every version starts from
 * the same states. A version is parked only when it is not chance, that is, when
 * - the upper bound of its score on the new task is below `minNewTaskScore`,
 * - an old task is surely more than `maxForgetting` below its best in an earlier version, or all of them together are,
 * - the average over the tasks it shares with its parent is surely more than `maxAverageDrop` below the parent's,
 * - a replay was further from real data than `maxReplayDistance` allows,
 * - an old task without a score has surely lost more than `maxEstimatedDrop` by its estimate (a score, where there is one, is
 *   what counts).
 * From fewer than five episodes there is no bound, and so no reason but the last two. Scores are of success where the simulator
 * tells it; what was scored by returns is not compared with that.
 * @module
 */
import {
  type Fall,
  fallBetween,
  fallOf,
  type Hyperparameters,
  mean,
  MIN_EPISODES,
  type Pair,
} from "@cugro/algorithm/arrays";
import { ESTIMATE_NETWORKS } from "@cugro/algorithm/estimate/arrays";
import { besideLimit } from "@cugro/algorithm/knobs";
import { sharesScale } from "../reading/measures_of_facts.ts";
import type { RowCell, VersionFact } from "@cugro/protocol";

/** Input of the gate: the new row, and the limits. */
export interface Judged {
  knobs:
    & Pick<
      Hyperparameters,
      | ("gate" | "maxForgetting" | "maxAverageDrop" | "maxReplayDistance" | "minNewTaskScore")
      | "maxEstimatedDrop"
    >
    & Partial<Pick<Hyperparameters, "awaitScores">>;
  /** The task just learnt. */
  task: number;
  row: readonly RowCell[];
}

/** A version beside all valid ones before it, oldest first; the last is the parent. */
export interface GateInput extends Judged {
  earlier: readonly VersionFact[];
}

/** The same, where what was best before is known. */
export interface BesideBest extends Judged {
  parent: Pick<VersionFact, "version" | "row"> | undefined;
  /** The cell of the same task that scored best before, among those on the same scale. */
  bestBefore: (cell: RowCell) => RowCell | undefined;
}

/**
 * Why a gate cannot judge the scores of simulated tasks; undefined where it can, or only observes.
 *
 * @param knobs gate and number of episodes
 * @returns without a full stop
 */
export function blindGate(
  { gate, evaluationEpisodes: n }: Pick<Hyperparameters, "gate" | "evaluationEpisodes">,
): string | undefined {
  if (gate !== "enforce" || n >= MIN_EPISODES) return undefined;
  return `gate: enforce cannot judge scores, as evaluationEpisodes is ${n} and no bound is drawn from fewer than ${MIN_EPISODES}`;
}

/** Whether a version is published, and what speaks against it. `awaits`: tasks whose scores from outside it waits for, if it does. */
export type Decision = Pick<VersionFact, "decision" | "reasons" | "awaits">;

/**
 * The decision and what speaks against the version; `observe` publishes and keeps the reasons. A version that nothing speaks
 * against waits for scores from outside where it has none, if `awaitScores` says so.
 *
 * @param input the row of the version, its knobs, and the versions it continues
 * @returns published or parked, with reasons
 */
export function judgeVersion({ earlier, ...judged }: GateInput): Decision {
  return judgeBesideBest({
    ...judged,
    parent: earlier.at(-1),
    bestBefore: (cell) => bestOf(cell, earlier),
  });
}

/**
 * The decision on a version, where what was best before is known.
 *
 * @param input the row of the version, its knobs, and the best score before of each cell
 * @returns published or parked, with reasons; `awaits`: tasks whose scores it waits for
 */
export function judgeBesideBest(input: BesideBest): Decision {
  const reasons = [
    ...newTaskReasons(input),
    ...forgettingReasons(input),
    ...estimateReasons(input),
    ...fidelityReasons(input),
  ];
  const { gate, awaitScores = 0 } = input.knobs;
  const awaits = input.row.filter(({ scores }) => scores.length === 0).map(({ task }) => task);
  if (gate === "enforce" && awaitScores > 0 && reasons.length === 0 && awaits.length > 0) {
    const words = `waits for scores from outside in task ${awaits.join(", ")}, at most ${awaitScores} hours`;
    return { decision: "parked", reasons: [words], awaits };
  }
  const parked = reasons.length > 0 && gate === "enforce";
  return { decision: parked ? "parked" : "published", reasons };
}

/** The task just learnt may not have been learnt. */
function newTaskReasons({ knobs, task, row }: Judged): string[] {
  const floor = knobs.minNewTaskScore;
  const cell = row.find((one) => one.task === task);
  if (floor === "none" || !cell || cell.scores.length < MIN_EPISODES) return [];
  if (cell.meanScore === null || cell.high === null || cell.high >= floor) return [];
  const random = floor === 0 && !cell.success ? " (random)" : "";
  const { value, limit } = besideLimit(cell.high, floor);
  return [
    `the new task ${task} scores ${points(cell.meanScore)}${unit(cell)}, at most ${value} ` +
    `(judged by the upper 90 % bound of ${cell.scores.length} episodes), where ${limit}${random} must be reached`,
  ];
}

function forgettingReasons({ knobs, row, parent, bestBefore }: BesideBest): string[] {
  // A new task has no earlier score; one that was learnt on more data has, and may have lost by that.
  const sinceBest = row.flatMap((cell) => pairWith(cell, bestBefore(cell)) ?? []);
  const reasons: string[] = [];
  for (const pair of sinceBest) {
    if (!mayExceed(pair, knobs.maxForgetting)) continue;
    const fall = fallBetween(pair.before, pair.after);
    if (!exceeds(fall, knobs.maxForgetting)) continue;
    reasons.push(
      `task ${pair.cell.task} fell from ${points(fall.from)} to ${points(fall.to)}${unit(pair.cell)}, ` +
        beyond(fall, knobs.maxForgetting),
    );
  }
  const together = sinceBest.length > 1 ? fallOf(sinceBest) : undefined;
  if (together && exceeds(together, knobs.maxForgetting)) {
    reasons.push(
      `all earlier tasks together fell by ${points(together.drop)} points, ` +
        beyond(together, knobs.maxForgetting),
    );
    return reasons;
  }
  return [...reasons, ...averageReasons(knobs, row, parent)];
}

/** One task is judged by its own limit; an average is of two or more. */
function averageReasons(
  { maxAverageDrop }: Judged["knobs"],
  row: readonly RowCell[],
  parent: BesideBest["parent"],
): string[] {
  const shared = row.flatMap((cell) => pairWith(cell, parent && bestOf(cell, [parent])) ?? []);
  if (maxAverageDrop === "none" || shared.length < 2) return [];
  const fall = fallOf(shared);
  if (!exceeds(fall, maxAverageDrop)) return [];
  return [
    `the average over the ${shared.length} tasks that version ${parent!.version} knew fell from ` +
    `${points(fall.from)} to ${points(fall.to)}, ${beyond(fall, maxAverageDrop)}`,
  ];
}

/** The cell of the same task that scores best, among those on the same scale. */
function bestOf(cell: RowCell, versions: readonly Pick<VersionFact, "row">[]): RowCell | undefined {
  const cells = versions.flatMap(({ row }) =>
    row.filter((old) => old.task === cell.task && old.scores.length > 0 && sharesScale(old, cell))
  );
  if (cells.length === 0) return undefined;
  return cells.reduce((a, b) => mean(b.scores) > mean(a.scores) ? b : a);
}

/** Undefined where there is nothing to compare. */
function pairWith(cell: RowCell, old: RowCell | undefined): Pair & { cell: RowCell } | undefined {
  if (!old || cell.scores.length === 0) return undefined;
  return { cell, before: old.scores, after: cell.scores };
}

/** Whether any episode fell so far: if none did, no resampled mean of theirs can have, and need not be drawn. */
function mayExceed({ before, after }: Pair, limit: number): boolean {
  return before.some((score, episode) => episode < after.length && score - after[episode]! >= limit);
}

function exceeds({ interval }: Fall, limit: number): boolean {
  return interval !== null && interval[0] > limit;
}

/** The lower bound of a fall that has one, and what it is beyond. */
function beyond({ interval, episodes }: Fall, most: number): string {
  const { value, limit } = besideLimit(interval![0], most);
  return `by more than ${value} points (judged by the lower 90 % bound of ${episodes} episodes), where ${limit} may be lost`;
}

function unit({ success }: RowCell): string {
  return success ? " % success" : "";
}

function estimateReasons({ knobs: { maxEstimatedDrop: most }, row }: Judged): string[] {
  if (most === "none") return [];
  return row.flatMap(({ task, scores, estimate }) => {
    const drop = estimate?.drop;
    if (scores.length > 0 || !drop || drop.low <= most) return [];
    const { value, limit } = besideLimit(drop.low, most);
    return [
      `task ${task} has lost an estimated ${
        points(drop.mean)
      } points since it was learnt, more than ${value} ` +
      `(judged by the lower 90 % bound of ${ESTIMATE_NETWORKS} networks), where ${limit} may be lost`,
    ];
  });
}

function fidelityReasons({ knobs, task, row }: Judged): string[] {
  return row.flatMap((cell) => {
    const { slicedWasserstein: distance, slicedWassersteinFloor: floor } = cell.fidelity ?? {};
    if (cell.task === task || typeof distance !== "number" || typeof floor !== "number") return [];
    if (distance <= knobs.maxReplayDistance * floor) return [];
    const { value, limit } = besideLimit(distance / floor, knobs.maxReplayDistance);
    return [
      `the replay of task ${cell.task} was ${
        floor > 0 ? value : "infinitely many"
      } times as far from its data as ` +
      `real data is (sliced Wasserstein), where ${limit} times are allowed`,
    ];
  });
}

function points(score: number): string {
  return score.toFixed(1);
}
