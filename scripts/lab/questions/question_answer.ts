/**
 * What an answer to a question is: one sentence, and the points of one figure. Pure.
 * @module
 */
import { meanOver, type OverRuns } from "@cugro/algorithm/arrays";
import type { MeasuredRun } from "../grid/measured_run.ts";
import { figure } from "../../cli/runs/summarise_seeds.ts";

/** One point of a figure. */
export interface AnswerPoint extends OverRuns {
  /** Which line it is of. */
  series: string;
  x: string | number;
}

/** An answer. */
export interface Answer {
  sentence: string;
  points: AnswerPoint[];
  x: string;
  y: string;
}

/** A question: `grid` declares the runs that answer it; `answer` gives null where they are not there. */
export interface Question {
  id: string;
  question: string;
  grid: string;
  answer: (runs: readonly MeasuredRun[]) => Answer | null;
}

/** A point over runs. @param value of each run; those that are not finite are left out. @returns nothing without a run */
export function pointOf(
  series: string,
  x: string | number,
  runs: readonly MeasuredRun[],
  value: (run: MeasuredRun) => number,
): AnswerPoint[] {
  const values = runs.map(value).filter(Number.isFinite);
  return values.length === 0 ? [] : [{ series, x, ...meanOver(values) }];
}

/** `cheetah-vel 98.1 [97.0, 99.2] (3 runs)`. */
export function describePoint({ x, runs, ...over }: AnswerPoint, digits = 1): string {
  return `${x} ${figure({ runs, ...over }, digits)} (${runs === 1 ? "1 run" : `${runs} runs`})`;
}

/** Runs of one stream, in its own order unless one is given. */
export function runsOfStream(
  runs: readonly MeasuredRun[],
  stream: string,
  order?: readonly number[],
): MeasuredRun[] {
  return runs.filter((run) => run.stream === stream && String(run.order) === String(order));
}

/** What a run has a knob turned to; undefined where it has the preset's value. */
export function turned({ settings }: Pick<MeasuredRun, "settings">, knob: string): string | undefined {
  return settings.findLast((setting) => setting.startsWith(`${knob}=`))?.slice(knob.length + 1);
}

/** Runs of our method with nothing turned but one knob, by its value; `own` stands for those that do not turn it. */
export function byKnob(
  runs: readonly MeasuredRun[],
  knob: string,
  own: string,
): Map<string, MeasuredRun[]> {
  const ours = runs.filter(({ method, settings }) =>
    method === "ours" && settings.every((one) => one.startsWith("replay=") || one.startsWith(`${knob}=`))
  );
  return Map.groupBy(ours, (run) => turned(run, knob) ?? own);
}

/** How far each old task of each version is below its best before, with the run's fidelity of its replay. */
export function dropsOf({ resultsMatrix, fidelity }: MeasuredRun): {
  drop: number;
  distance: number;
  figures: Record<string, number>;
}[] {
  return fidelity.flatMap(({ version, task, distance, figures = {} }) => {
    const score = resultsMatrix[version - 1]?.[task - 1];
    const before = resultsMatrix.slice(0, version - 1).map((row) => row[task - 1]).filter((one) =>
      typeof one === "number"
    );
    if (task >= version || typeof score !== "number" || before.length === 0) return [];
    return [{ drop: Math.max(...before) - score, distance, figures }];
  });
}
