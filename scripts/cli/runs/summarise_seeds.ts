/**
 * Runs that differ only by their seeds, summarised: for grids, sweeps and comparisons.
 * @module
 */
import {
  differenceOver,
  interquartileMeanOver,
  mean,
  meanOver,
  type OverRuns,
  probabilityOfImprovement,
  type StreamMeasures,
} from "@cugro/algorithm/arrays";

/** A run and its results. */
export interface SummarisedRun extends StreamMeasures {
  /** What was learnt, a name or a folder, and in which order, where that is another. */
  stream: string;
  order?: number[];
  /** Label of the runs of a row. */
  label: string;
  seed: number;
  keepsOldData: boolean;
  resultsMatrix: (number | null)[][];
  /** What the learner keeps, in bytes; `rawData`: what its datasets take. */
  bytes: Record<"rawData" | "generators" | "critic" | "shards", number>;
  coreSeconds: number;
}

/** Statistics over the seeds of a row. */
export interface Summary {
  stream: string;
  label: string;
  keepsOldData: boolean;
  seeds: number[];
  /** Mean score over tasks of the last version. */
  averagePerformance: OverRuns;
  /** Over seeds and tasks of the last version. */
  interquartileMean: OverRuns;
  /** Mean over versions of the average performance. */
  meanPerformance: OverRuns;
  justLearned: OverRuns;
  /** The largest of all seeds. */
  worstDrop: number;
  forgetting: OverRuns;
  backwardTransfer: OverRuns;
  /** The reference minus this one, paired by seed; null of the reference itself, or where no seed is common. */
  referenceMinus: OverRuns | null;
  /** That a run of the reference is better than one of these. */
  referenceIsBetter: OverRuns | null;
  /** Mean bytes that the learners keep: networks, shards, buffers. */
  bytes: number;
  /** Mean hours of one core. */
  coreHours: number;
}

/**
 * One summary for each stream and label, the reference first.
 *
 * @param runs in any order
 * @returns in points of score, with 95 % intervals over seeds
 */
export function summarise(runs: readonly SummarisedRun[], reference: string): Summary[] {
  const groups = new Map<string, SummarisedRun[]>();
  for (const run of runs) {
    const key = `${streamOf(run)}\n${run.label}`;
    groups.set(key, [...groups.get(key) ?? [], run]);
  }
  const references = new Map(
    [...groups.values()].filter(([run]) => run!.label === reference)
      .map((group) => [streamOf(group[0]!), group]),
  );
  /** The reference stands first, the others by what they reach. */
  const rank = ({ label, averagePerformance }: Summary) =>
    label === reference ? Infinity : averagePerformance.value;
  return [...groups.values()].map((group) => summaryOf(group, references.get(streamOf(group[0]!))))
    .sort((a, b) => a.stream.localeCompare(b.stream) || (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}

/**
 * A stream in another order is another stream.
 *
 * @param run its stream, and the order of its tasks
 * @returns a name
 */
export function streamOf({ stream, order }: Pick<SummarisedRun, "stream" | "order">): string {
  const name = stream.replace(/\/+$/, "").split("/").at(-1)!;
  return order === undefined ? name : `${name} (${order.join(" ")})`;
}

/** NaN where no run has a second version, whose drop is NaN, or null in a record. */
function worstOf(group: readonly SummarisedRun[]): number {
  const drops = group.map(({ worstDrop }) => worstDrop).filter((drop) => Number.isFinite(drop));
  return drops.length > 0 ? Math.max(...drops) : NaN;
}

function summaryOf(
  group: readonly SummarisedRun[],
  reference: readonly SummarisedRun[] | undefined,
): Summary {
  const [first] = group;
  const over = (figure: keyof SummarisedRun) =>
    meanOver(group.map((run) => run[figure] as number).filter((value) => Number.isFinite(value)));
  return {
    ...{ stream: streamOf(first!), label: first!.label, keepsOldData: first!.keepsOldData },
    seeds: group.map(({ seed }) => seed),
    averagePerformance: over("averagePerformance"),
    interquartileMean: interquartileMeanOver(group.map(lastRow)),
    meanPerformance: over("meanPerformance"),
    justLearned: over("justLearned"),
    worstDrop: worstOf(group),
    forgetting: over("forgetting"),
    backwardTransfer: over("backwardTransfer"),
    ...against(group, first!.label === reference?.[0]?.label ? undefined : reference),
    bytes: mean(
      group.map(({ bytes: { rawData: _, ...kept } }) =>
        Object.values(kept).reduce((sum, part) => sum + part, 0)
      ),
    ),
    coreHours: mean(group.map(({ coreSeconds }) => coreSeconds / 3_600)),
  };
}

function against(
  group: readonly SummarisedRun[],
  reference: readonly SummarisedRun[] | undefined,
): Pick<Summary, "referenceMinus" | "referenceIsBetter"> {
  const pairs = (reference ?? []).flatMap((one) => {
    const other = group.find(({ seed }) => seed === one.seed);
    return other ? [[one.averagePerformance, other.averagePerformance] as const] : [];
  });
  if (!reference || pairs.length === 0) return { referenceMinus: null, referenceIsBetter: null };
  return {
    referenceMinus: differenceOver(pairs.map(([a]) => a), pairs.map(([, b]) => b)),
    referenceIsBetter: probabilityOfImprovement(reference.map(lastRow), group.map(lastRow)),
  };
}

function lastRow({ resultsMatrix }: SummarisedRun): number[] {
  return resultsMatrix.at(-1)!.map((value) => value ?? NaN);
}

/**
 * `98.1 [97.0, 99.2]`; a dash where there is nothing.
 *
 * @param over mean and interval
 * @param digits after the point
 * @returns a cell
 */
export function figure(over: OverRuns | null, digits: number = 1): string {
  if (!over || !Number.isFinite(over.value)) return "–";
  const [value, low, high] = [over.value, over.low, over.high].map((one) => one?.toFixed(digits));
  return low === undefined || high === undefined ? value! : `${value} [${low}, ${high}]`;
}
