/**
 * What each version is measured by, from the facts of decisions: see `@cugro/algorithm`, measures.
 * @module
 */
import {
  extendRecord,
  meanPerformance,
  measureVersion,
  MIN_EPISODES,
  type TaskDrop,
  type TaskRecord,
  type VersionMeasures as Measures,
} from "@cugro/algorithm/arrays";
import type { RowCell, VersionFact } from "@cugro/protocol";

/** The old task that has lost most. `best`: the version in which it was best; bounds are null with too few `episodes`. */
export interface WorstDrop {
  task: number;
  best: number;
  drop: number;
  low: number | null;
  high: number | null;
  episodes: number;
}

/** Measures of a version, compared with those that it continues. Null where a figure has no meaning. */
export interface VersionMeasures extends Omit<Measures, "worstDrop"> {
  worstDrop: WorstDrop | null;
}

/** Measures of a learner: its newest version, and all of its versions. */
export interface LearnerMeasures extends Omit<VersionMeasures, "justLearned"> {
  /** Mean over its valid versions of their average performance: the learning curve, not only its end. */
  meanPerformance: number | null;
  /** The largest drop of all valid versions, and which version showed it. */
  worstDropEver: WorstDrop & { version: number } | null;
}

/**
 * Whether scores of a task can be compared: both of success, or both of returns.
 *
 * @param one a cell of the task
 * @param other another one
 * @returns false for one of each
 */
export function sharesScale(one: Pick<RowCell, "success">, other: Pick<RowCell, "success">): boolean {
  return (one.success === undefined) === (other.success === undefined);
}

/** Scores of a version and those that it continues; scores that cannot be compared have records of their own. */
type Records = ReadonlyMap<string, TaskRecord>;

/**
 * Measures versions, each beside those it continues, whatever was decided on it. What a version is compared with is handed on from
 * parent to child, so that five hundred versions cost no more than their cells.
 *
 * @param versions all there are; a parent has a smaller number than what continues it
 * @returns measures by version
 */
export function measureVersions(versions: readonly VersionFact[]): Map<number, VersionMeasures> {
  const records = new Map<number, Records>();
  const measures = new Map<number, VersionMeasures>();
  for (const version of [...versions].sort((a, b) => a.version - b.version)) {
    const before: Records = (version.parent === null ? undefined : records.get(version.parent)) ?? new Map();
    measures.set(version.version, measure(version, before));
    records.set(version.version, extended(before, version));
  }
  return measures;
}

function measure({ row, task }: VersionFact, before: Records): VersionMeasures {
  const { worstDrop, ...measures } = measureVersion(
    row.map(({ scores }) => scores),
    row.map((cell) => before.get(markOf(cell))),
    row.findIndex((cell) => cell.task === task),
  );
  return { ...measures, worstDrop: worstDrop ? nameDrop(worstDrop, row) : null };
}

function extended(before: Records, { version, row }: VersionFact): Records {
  const records = new Map(before);
  for (const cell of row) {
    const mark = markOf(cell);
    const record = extendRecord(before.get(mark), version, cell.scores);
    if (record) records.set(mark, record);
  }
  return records;
}

/**
 * Task and scale: rates of success are not compared with scores by returns.
 *
 * @param cell of a version
 * @returns such as `2 true`
 */
export function markOf({ task, success }: RowCell): string {
  return `${task} ${success !== undefined}`;
}

/**
 * The mean score of a version over its tasks; null without one.
 *
 * @param version its row
 * @returns points of score
 */
export function averageOf({ row }: Pick<VersionFact, "row">): number | null {
  return measureVersion(row.map(({ scores }) => scores), [], -1).averagePerformance;
}

/**
 * Measures a learner.
 *
 * @param valid its valid versions with their measures, oldest first
 * @returns those of its newest valid version, the mean over all of them, and the worst drop there ever was
 */
export function measureLearner(
  valid: readonly { version: number; measures: VersionMeasures }[],
): LearnerMeasures {
  const drops = valid.flatMap(({ version, measures: { worstDrop } }) =>
    worstDrop ? [{ version, ...worstDrop }] : []
  );
  const { justLearned: _, ...newest } = valid.at(-1)?.measures ?? NOTHING;
  return {
    ...newest,
    meanPerformance: meanPerformance(valid.map(({ measures }) => measures.averagePerformance)),
    worstDropEver: drops.length === 0 ? null : drops.reduce((a, b) => b.drop > a.drop ? b : a),
  };
}

/**
 * A learner's measures alone, without the rest of its status.
 *
 * @param status of a learner
 * @returns points of score; null where they are not defined
 */
export function pickMeasures(status: LearnerMeasures): LearnerMeasures {
  const { averagePerformance, meanPerformance, backwardTransfer, forgetting } = status;
  const { badlyLearnedFirst, worstDrop, worstDropEver } = status;
  const means = { averagePerformance, meanPerformance, backwardTransfer, forgetting };
  return { ...means, badlyLearnedFirst, worstDrop, worstDropEver };
}

const NOTHING: VersionMeasures = {
  ...{ averagePerformance: null, justLearned: null, worstDrop: null },
  ...{ forgetting: null, backwardTransfer: null, badlyLearnedFirst: false },
};

/** A cell as it is shown, with the number of episodes beside its interval. */
export interface ShownCell extends RowCell {
  episodes: number;
}

/**
 * Facts of versions up to 0.4 have bounds from fewer episodes than bounds can be drawn from: those are not shown.
 *
 * @param cell of a version
 * @returns with the number of its episodes; bounds are null where it is too small
 */
export function shownCell(cell: RowCell): ShownCell {
  const episodes = cell.scores.length;
  return episodes < MIN_EPISODES ? { ...cell, episodes, low: null, high: null } : { ...cell, episodes };
}

function nameDrop(
  { column, row: best, drop, interval, episodes }: TaskDrop,
  row: readonly RowCell[],
): WorstDrop {
  const [low, high] = interval ?? [null, null];
  return { task: row[column]!.task, best, drop, low, high, episodes };
}
