/**
 * What each version is measured by, from the facts of decisions: see `@cugro/algorithm`, measures.
 * @module
 */
import {
  type EpisodeMatrix,
  meanPerformance,
  measureVersion,
  MIN_EPISODES,
  type TaskDrop,
  type VersionMeasures as Measures,
} from "@cugro/algorithm";
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

/** What a version is measured by, beside the versions that it continues. Null where a figure has no meaning. */
export interface VersionMeasures extends Omit<Measures, "worstDrop"> {
  worstDrop: WorstDrop | null;
}

/** What a learner is measured by: its newest version, and all of its versions. */
export interface LearnerMeasures extends Omit<VersionMeasures, "justLearned"> {
  /** Mean over its valid versions of their average performance: the learning curve, not only its end. */
  meanPerformance: number | null;
  /** The largest drop of all valid versions, and which version showed it. */
  worstDropEver: WorstDrop & { version: number } | null;
}

/** Whether scores of a task can be compared: both of success, or both of returns. */
export function sharesScale(one: Pick<RowCell, "success">, other: Pick<RowCell, "success">): boolean {
  return (one.success === undefined) === (other.success === undefined);
}

/** Facts never change, and a version's measures follow from it and from those it continues. */
const measured = new WeakMap<VersionFact, VersionMeasures>();

/** Measures a version beside those it continues, whatever was decided on it. @param versions all there are */
export function measuresOf(versions: readonly VersionFact[], version: VersionFact): VersionMeasures {
  const measures = measured.get(version) ?? measure(versions, version);
  measured.set(version, measures);
  return measures;
}

function measure(versions: readonly VersionFact[], version: VersionFact): VersionMeasures {
  const chain = chainOf(versions, version);
  const { worstDrop, ...measures } = measureVersion(
    chain.map((one) => episodesOf(one, version)),
    version.row.findIndex(({ task }) => task === version.task),
  );
  return { ...measures, worstDrop: worstDrop ? nameDrop(worstDrop, chain) : null };
}

/** Measures a learner. @param valid its valid versions with their measures, oldest first */
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

/** A learner's measures alone, without the rest of its status. */
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

/** Facts of versions up to 0.4 have bounds from fewer episodes than bounds can be drawn from: those are not shown. */
export function shownCell(cell: RowCell): ShownCell {
  const episodes = cell.scores.length;
  return episodes < MIN_EPISODES ? { ...cell, episodes, low: null, high: null } : { ...cell, episodes };
}

/** The version and those it continues, oldest first. */
function chainOf(versions: readonly VersionFact[], version: VersionFact): VersionFact[] {
  const chain = [version];
  while (chain[0]!.parent !== null) {
    const parent = versions.find((one) => one.version === chain[0]!.parent);
    if (!parent || chain.includes(parent)) break;
    chain.unshift(parent);
  }
  return chain;
}

/** A row in the columns of the version that is measured. */
function episodesOf({ row }: VersionFact, measured: VersionFact): EpisodeMatrix[number] {
  return measured.row.map((cell) =>
    row.find((one) => one.task === cell.task && sharesScale(one, cell))?.scores ?? null
  );
}

function nameDrop(
  { column, row, drop, interval, episodes }: TaskDrop,
  chain: readonly VersionFact[],
): WorstDrop {
  const [low, high] = interval ?? [null, null];
  const task = chain.at(-1)!.row[column]!.task;
  return { task, best: chain[row]!.version, drop, low, high, episodes };
}
