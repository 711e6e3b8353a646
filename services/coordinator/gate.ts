/**
 * What a version must show to be published. Pure.
 *
 * A task's drop is its best earlier score minus the new one, episode by episode, as every version starts from the
 * same states. A version is parked only when it is not chance: when the lower end of the 90 % interval of its worst
 * or mean drop exceeds `maxForgetting`, when the upper end of the new task's own 90 % interval is below
 * `minNewTaskScore`, or when a replay was further from real data than `maxReplayDistance` allows.
 * @module
 */
import { dropInterval, type Hyperparameters, mean } from "@cugro/algorithm";
import type { RowCell, VersionFact } from "@cugro/protocol";

/** What is judged: the new row, the valid versions before it, the limits. */
export interface GateInput {
  knobs: Pick<Hyperparameters, "gate" | "maxForgetting" | "maxReplayDistance" | "minNewTaskScore">;
  /** The task just learnt, which cannot be forgotten yet. */
  task: number;
  row: readonly RowCell[];
  earlier: readonly VersionFact[];
}

/** The decision and what speaks against the version; `observe` publishes and keeps the reasons. */
export function judgeVersion(input: GateInput): { decision: "published" | "parked"; reasons: string[] } {
  const reasons = [...newTaskReasons(input), ...forgettingReasons(input), ...fidelityReasons(input)];
  const parked = reasons.length > 0 && input.knobs.gate === "enforce";
  return { decision: parked ? "parked" : "published", reasons };
}

/** The new task cannot have been forgotten, but it may not have been learnt. */
function newTaskReasons({ knobs, task, row }: GateInput): string[] {
  const floor = knobs.minNewTaskScore;
  const cell = row.find((one) => one.task === task);
  if (floor === "none" || !cell || cell.scores.length < 2) return [];
  if (cell.meanScore === null || cell.high === null || cell.high >= floor) return [];
  const random = floor === 0 ? " (random)" : "";
  return [
    `the new task ${task} scores ${points(cell.meanScore)}, at most ${points(cell.high)} (90 % bound), ` +
    `where ${points(floor)}${random} must be reached`,
  ];
}

interface Drop {
  task: number;
  before: number[];
  after: number[];
  best: number;
}

function forgettingReasons({ knobs, task, row, earlier }: GateInput): string[] {
  const drops = row.filter((cell) => cell.task !== task).flatMap((cell) => dropOf(cell, earlier) ?? []);
  const reasons: string[] = [];
  for (const { task, before, after, best } of drops) {
    const [low] = dropInterval(before, after);
    if (low <= knobs.maxForgetting) continue;
    reasons.push(
      `task ${task} fell from ${points(best)} to ${points(mean(after))}, by more than ${
        points(low)
      } points ` +
        `(90 % bound), where ${points(knobs.maxForgetting)} may be lost`,
    );
  }
  const together = averageDrop(drops);
  if (together && drops.length > 1 && together.low > knobs.maxForgetting) {
    reasons.push(
      `all earlier tasks together fell by ${points(together.mean)} points, by more than ${
        points(together.low)
      } ` +
        `(90 % bound), where ${points(knobs.maxForgetting)} may be lost`,
    );
  }
  return reasons;
}

/** Episodes of the best earlier version beside the new ones; undefined where fewer than two can be paired. */
function dropOf(cell: RowCell, earlier: readonly VersionFact[]): Drop | undefined {
  const cells = earlier.flatMap(({ row }) => row.filter(({ task }) => task === cell.task));
  const scored = cells.filter((old) => old.scores.length > 0);
  if (scored.length === 0) return;
  const best = scored.reduce((a, b) => mean(b.scores) > mean(a.scores) ? b : a);
  const paired = Math.min(best.scores.length, cell.scores.length);
  if (paired < 2) return;
  return {
    task: cell.task,
    before: best.scores.slice(0, paired),
    after: cell.scores.slice(0, paired),
    best: mean(best.scores),
  };
}

/** The mean drop over tasks, with the lower bound over episodes. */
function averageDrop(drops: readonly Drop[]): { mean: number; low: number } | undefined {
  if (drops.length === 0) return;
  const episodes = Math.min(...drops.map(({ before }) => before.length));
  const average = (of: (drop: Drop, episode: number) => number) =>
    Array.from({ length: episodes }, (_, episode) => mean(drops.map((drop) => of(drop, episode))));
  const before = average((drop, episode) => drop.before[episode]!);
  const after = average((drop, episode) => drop.after[episode]!);
  return { mean: mean(before) - mean(after), low: dropInterval(before, after)[0] };
}

function fidelityReasons({ knobs, task, row }: GateInput): string[] {
  return row.flatMap((cell) => {
    const { slicedWasserstein: distance, slicedWassersteinFloor: floor } = cell.fidelity ?? {};
    if (cell.task === task || typeof distance !== "number" || typeof floor !== "number") return [];
    if (distance <= knobs.maxReplayDistance * floor) return [];
    const times = floor > 0 ? (distance / floor).toFixed(1) : "infinitely many";
    return [
      `the replay of task ${cell.task} was ${times} times as far from its data as real data is ` +
      `(sliced Wasserstein), where ${knobs.maxReplayDistance} times are allowed`,
    ];
  });
}

function points(score: number): string {
  return score.toFixed(1);
}
