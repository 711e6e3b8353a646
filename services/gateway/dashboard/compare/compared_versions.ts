/**
 * Two versions side by side, of one learner or of two: which tasks are the same, and how far they differ. Pure.
 * @module
 */
import { differenceInterval, dropInterval, type Interval } from "@cugro/algorithm/intervals";
import { mean } from "@cugro/algorithm/metrics";
import type { Learner, Version } from "@cugro/client";

/** One side: a learner, and the version of it that is looked at. */
export interface Side {
  learner: Pick<Learner, "name" | "seed" | "tasks">;
  version: Pick<Version, "version" | "row">;
}

/** A cell of a side, as far as it is compared. */
type Cell = Version["row"][number];

/** A task that both sides have. `difference`: right less left; null where one of them has no score. */
export interface ComparedTask {
  left: number;
  right: number;
  name: string;
  cells: { left: Cell | undefined; right: Cell | undefined };
  difference: Difference | null;
}

/** How far scores differ. `isPaired`: episode i of both started alike, so that chance of the start cancels. */
export interface Difference {
  mean: number;
  interval: Interval | null;
  isPaired: boolean;
}

/** Tasks that both sides have, and those that only one has. */
export interface Compared {
  both: ComparedTask[];
  /** Over the tasks that both have a score of. */
  average: { left: number; right: number; difference: Difference } | null;
  onlyLeft: string[];
  onlyRight: string[];
}

export function compareSides(left: Side, right: Side): Compared {
  const both = pairsOf(left, right).map((pair) => comparedTask(left, right, pair));
  const rest = (side: Side, which: "left" | "right") =>
    side.learner.tasks.filter(({ task }) => !both.some((one) => one[which] === task))
      .map(({ task, name }) => `task ${task}: ${name}`);
  return {
    ...{ both, average: averageOf(both) },
    ...{ onlyLeft: rest(left, "left"), onlyRight: rest(right, "right") },
  };
}

type Pair = readonly [Learner["tasks"][number], Learner["tasks"][number]];

/** The same data is the same task; else the same name in the same simulator. Each is compared once. */
function pairsOf({ learner: left }: Side, { learner: right }: Side): Pair[] {
  if (left.name === right.name) return left.tasks.map((task) => [task, task]);
  const free = new Set(right.tasks);
  return left.tasks.flatMap((task) => {
    const candidates = [...free];
    const same = candidates.find(({ datasetHash }) => datasetHash === task.datasetHash) ??
      candidates.find((one) => one.name === task.name && runsAlike(one, task));
    if (!same) return [];
    free.delete(same);
    return [[task, same]];
  });
}

function runsAlike(one: Pair[0], other: Pair[0]): boolean {
  return JSON.stringify(one.environment) === JSON.stringify(other.environment);
}

function comparedTask(left: Side, right: Side, [one, other]: Pair): ComparedTask {
  const cellOf = ({ version: { row } }: Side, task: number) => row.find((cell) => cell.task === task);
  const cells = { left: cellOf(left, one.task), right: cellOf(right, other.task) };
  // Start states follow from the learner's seed and the task's place.
  const startsAlike = left.learner.seed === right.learner.seed && one.task === other.task &&
    runsAlike(one, other);
  return {
    ...{ left: one.task, right: other.task, name: one.name, cells },
    difference: differenceOf(cells.left, cells.right, startsAlike),
  };
}

function differenceOf(
  left: Cell | undefined,
  right: Cell | undefined,
  startsAlike: boolean,
): Difference | null {
  if (!left?.scores.length || !right?.scores.length) return null;
  // Rates of success are not compared with scores by returns.
  if ((left.success === undefined) !== (right.success === undefined)) return null;
  const isPaired = startsAlike && left.scores.length === right.scores.length;
  return {
    mean: mean(right.scores) - mean(left.scores),
    interval: isPaired
      ? dropInterval(right.scores, left.scores)
      : differenceInterval(right.scores, left.scores),
    isPaired,
  };
}

/** Each episode's mean over the tasks, so that what one task gains and another loses cancels. */
function averageOf(both: readonly ComparedTask[]): Compared["average"] {
  const known = both.filter(({ difference }) => difference !== null);
  if (known.length === 0) return null;
  const means = (side: "left" | "right") => {
    const lists = known.map(({ cells }) => cells[side]!.scores);
    const episodes = Math.min(...lists.map(({ length }) => length));
    return Array.from({ length: episodes }, (_, episode) => mean(lists.map((list) => list[episode]!)));
  };
  const [left, right] = [means("left"), means("right")];
  const isPaired = known.every(({ difference }) => difference!.isPaired) && left.length === right.length;
  const score = (side: "left" | "right") => mean(known.map(({ cells }) => mean(cells[side]!.scores)));
  return {
    ...{ left: score("left"), right: score("right") },
    difference: {
      mean: score("right") - score("left"),
      interval: isPaired ? dropInterval(right, left) : differenceInterval(right, left),
      isPaired,
    },
  };
}
