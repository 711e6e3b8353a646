/**
 * Runs of one stream and one row, over their seeds.
 * @module
 */
import { mean } from "@cugro/algorithm";
import { score } from "../../cli/commands/output.ts";
import type { MeasuredRun } from "./measured_run.ts";
import { forwardTransferOf } from "./learning_curves.ts";
import { methodOf } from "./methods.ts";
import {
  differenceOver,
  interquartileMeanOver,
  meanOver,
  type OverRuns,
  probabilityOfImprovement,
} from "./statistics.ts";

/** What the seeds of a row say together. */
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
  /** Of runs with snapshots beside learners of each task alone, in points of score; null where there are none. */
  forwardTransfer: OverRuns | null;
  /** Ours minus this one, paired by seed; null of ours itself, or where no seed is common. */
  oursMinus: OverRuns | null;
  /** That a run of ours is better than one of these. */
  oursIsBetter: OverRuns | null;
  /** Mean bytes that the learners keep: networks, shards, buffers. */
  bytes: number;
  /** Mean hours of one core. */
  coreHours: number;
}

const OURS = "ours";

/** One summary for each stream and label, ours first. @param runs in any order */
export function summarise(runs: readonly MeasuredRun[]): Summary[] {
  const groups = new Map<string, MeasuredRun[]>();
  for (const run of runs) {
    const key = `${streamOf(run)}\n${run.label}`;
    groups.set(key, [...groups.get(key) ?? [], run]);
  }
  const ours = new Map(
    [...groups.values()].filter(([run]) => run!.label === OURS)
      .map((group) => [streamOf(group[0]!), group]),
  );
  return [...groups.values()].map((group) => summaryOf(group, ours.get(streamOf(group[0]!)), runs))
    .sort((a, b) => a.stream.localeCompare(b.stream) || rank(b) - rank(a));
}

/** Ours stands first, the others by what they reach. */
const rank = ({ label, averagePerformance }: Summary) => label === OURS ? Infinity : averagePerformance.value;

/** A stream in another order is another stream. */
export function streamOf({ stream, order }: Pick<MeasuredRun, "stream" | "order">): string {
  const name = stream.replace(/\/+$/, "").split("/").at(-1)!;
  return order === undefined ? name : `${name} (${order.join(" ")})`;
}

function summaryOf(
  group: readonly MeasuredRun[],
  ours: readonly MeasuredRun[] | undefined,
  all: readonly MeasuredRun[],
): Summary {
  const [first] = group;
  const transfers = group.flatMap((run) => forwardTransferOf(run, all)?.points ?? []);
  const over = (figure: keyof MeasuredRun) =>
    meanOver(group.map((run) => run[figure] as number).filter((value) => Number.isFinite(value)));
  return {
    ...{ stream: streamOf(first!), label: first!.label, keepsOldData: methodOf(first!.method).keepsOldData },
    seeds: group.map(({ seed }) => seed),
    averagePerformance: over("averagePerformance"),
    interquartileMean: interquartileMeanOver(group.map(lastRow)),
    meanPerformance: over("meanPerformance"),
    justLearned: over("justLearned"),
    worstDrop: Math.max(...group.map(({ worstDrop }) => worstDrop)),
    forgetting: over("forgetting"),
    backwardTransfer: over("backwardTransfer"),
    forwardTransfer: transfers.length === 0 ? null : meanOver(transfers),
    ...against(group, first!.label === OURS ? undefined : ours),
    bytes: mean(
      group.map(({ bytes: { rawData: _, ...kept } }) =>
        Object.values(kept).reduce((sum, part) => sum + part, 0)
      ),
    ),
    coreHours: mean(group.map(({ coreSeconds }) => coreSeconds / 3_600)),
  };
}

function against(
  group: readonly MeasuredRun[],
  ours: readonly MeasuredRun[] | undefined,
): Pick<Summary, "oursMinus" | "oursIsBetter"> {
  const pairs = (ours ?? []).flatMap((one) => {
    const other = group.find(({ seed }) => seed === one.seed);
    return other ? [[one.averagePerformance, other.averagePerformance] as const] : [];
  });
  if (!ours || pairs.length === 0) return { oursMinus: null, oursIsBetter: null };
  return {
    oursMinus: differenceOver(pairs.map(([a]) => a), pairs.map(([, b]) => b)),
    oursIsBetter: probabilityOfImprovement(ours.map(lastRow), group.map(lastRow)),
  };
}

function lastRow({ resultsMatrix }: MeasuredRun): number[] {
  return resultsMatrix.at(-1)!.map((value) => value ?? NaN);
}

/** The columns of the table; that of forward transfer only where a row has it. */
export function headOf(summaries: readonly Summary[]): string[] {
  return [
    ...[
      "stream",
      "method",
      "seeds",
      "AP",
      "IQM",
      "mean AP",
      "just learned",
      "worst drop",
      "forgetting",
      "BWT",
    ],
    ...hasTransfer(summaries) ? ["FWT"] : [],
    ...["ours minus", "P(ours better)", "MB kept", "core-hours"],
  ];
}

const hasTransfer = (summaries: readonly Summary[]) =>
  summaries.some(({ forwardTransfer }) => forwardTransfer !== null);

/** All rows, in the columns of {@linkcode headOf}. */
export function tableRows(summaries: readonly Summary[]): (string | number)[][] {
  return summaries.map((one) => tableRow(one, hasTransfer(summaries)));
}

function tableRow(one: Summary, transfers: boolean): (string | number)[] {
  return [
    one.stream,
    `${one.label}${one.keepsOldData ? " (keeps old data)" : ""}`,
    one.seeds.length,
    ...[one.averagePerformance, one.interquartileMean, one.meanPerformance, one.justLearned].map((over) =>
      figure(over)
    ),
    score(Number.isFinite(one.worstDrop) ? one.worstDrop : null),
    ...[one.forgetting, one.backwardTransfer, ...transfers ? [one.forwardTransfer] : [], one.oursMinus]
      .map((over) => figure(over)),
    one.oursIsBetter ? figure(one.oursIsBetter, 2) : "–",
    (one.bytes / 1e6).toFixed(1),
    one.coreHours.toFixed(2),
  ];
}

/** `98.1 [97.0, 99.2]`; a dash where there is nothing. */
export function figure(over: OverRuns | null, digits: number = 1): string {
  if (!over || !Number.isFinite(over.value)) return "–";
  const [value, low, high] = [over.value, over.low, over.high].map((one) => one?.toFixed(digits));
  return low === undefined || high === undefined ? value! : `${value} [${low}, ${high}]`;
}
