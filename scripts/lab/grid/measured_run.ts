/**
 * What is kept of a finished run: everything that tables and pictures are made of.
 * @module
 */
import { measureMatrix, type StreamMeasures } from "@cugro/algorithm/arrays";
import type { WholeStatus } from "../../cli/learners/learners.ts";
import { resultOf } from "../../cli/commands/result.ts";
import type { GridRun } from "./grid_file.ts";
import { curvesOf, type LearningCurve } from "./learning_curves.ts";

/** A finished run. */
export interface MeasuredRun extends GridRun, StreamMeasures {
  /** Score of version v on task j; null: not evaluated. Of `separate`, row v holds the learners of the tasks so far. */
  resultsMatrix: (number | null)[][];
  /** 90 % over episodes. */
  intervals: ([number, number] | null)[][];
  episodes: (number | null)[][];
  /** What the learner keeps, in bytes; `rawData`: what its datasets take. */
  bytes: WholeStatus["bytes"];
  /** Seconds of one core that its jobs took, whichever run they were done for. */
  coreSeconds: number;
  secondsPerKind: WholeStatus["secondsPerKind"];
  /**
   * By version, of each old task's replay and of samples of the new task: `distance`, the sliced Wasserstein distance in
   * multiples of what real data shows; `figures`: the other measures of fidelity that are single numbers.
   */
  fidelity: { version: number; task: number; distance: number; figures?: Record<string, number> }[];
  /** Scores after shares of each task's trainings; only of runs with the knob `snapshots`. */
  curves?: LearningCurve[];
}

/** A run's work: seconds of each job, by its id. Two runs may share jobs. */
export type Work = Readonly<Record<string, number>>;

/** What a status says of a run whose last version alone counts, with the work that led to it. */
export function measureLast(run: GridRun, status: WholeStatus): MeasuredRun {
  const last = Math.max(...status.tasks.map(({ task }) => task));
  const jobs = status.jobs.filter(({ task }) => task === null || task === last);
  const { resultsMatrix, intervals, episodes, fidelity: _, curves: _none, ...rest } = measureRun(run, {
    ...status,
    jobs,
  });
  const row = <T>(rows: readonly T[]) => rows.slice(-1);
  return {
    ...rest,
    ...measureMatrix(row(resultsMatrix)),
    ...{
      resultsMatrix: row(resultsMatrix),
      intervals: row(intervals),
      episodes: row(episodes),
      fidelity: [],
    },
  };
}

/** What a status says of a run with one learner. */
export function measureRun(run: GridRun, status: WholeStatus): MeasuredRun {
  const { resultsMatrix, intervals, episodes, bytes, secondsPerKind } = resultOf(status);
  return {
    ...run,
    ...measureMatrix(resultsMatrix),
    ...{ resultsMatrix, intervals, episodes, bytes, secondsPerKind },
    coreSeconds: sum(Object.values(workOf(status))),
    ...withCurves(curvesOf(status)),
    fidelity: status.fidelity.flatMap(({ version, task, fidelity }) => {
      const distance = distanceOf(fidelity);
      return distance === undefined ? [] : [{ version, task, distance, figures: figuresOf(fidelity) }];
    }),
  };
}

/** The same of a run with a learner for each task: what they know together after each. */
export function measureSeparate(run: GridRun, statuses: readonly WholeStatus[]): MeasuredRun {
  const each = statuses.map((status) => measureRun(run, status));
  const row = <T>(pick: (one: MeasuredRun) => T, v: number) =>
    each.map((one, j) => j <= v ? pick(one) : null) as T[];
  const rows = <T>(pick: (one: MeasuredRun) => T) => each.map((_, v) => row(pick, v));
  const resultsMatrix = rows((one) => one.resultsMatrix.at(-1)![0]!);
  return {
    ...run,
    ...measureMatrix(resultsMatrix),
    resultsMatrix,
    intervals: rows((one) => one.intervals.at(-1)![0]!),
    episodes: rows((one) => one.episodes.at(-1)![0]!),
    bytes: addUp(each.map(({ bytes }) => bytes)),
    coreSeconds: sum(each.map(({ coreSeconds }) => coreSeconds)),
    secondsPerKind: addUp(each.map(({ secondsPerKind }) => secondsPerKind)),
    ...withCurves(
      each.flatMap(({ curves = [] }, index) => curves.map((one) => ({ ...one, task: index + 1 }))),
    ),
    fidelity: [],
  };
}

/** Seconds of each finished job. */
export function workOf({ jobs }: Pick<WholeStatus, "jobs">): Work {
  return Object.fromEntries(jobs.flatMap(({ id, seconds }) => seconds === null ? [] : [[id, seconds]]));
}

const withCurves = (curves: LearningCurve[]) => curves.length === 0 ? {} : { curves };

/** Single numbers, those of states alone and of real rows under `states.` and `real.`. */
function figuresOf(fidelity: Record<string, unknown>, prefix = ""): Record<string, number> {
  return Object.fromEntries(
    Object.entries(fidelity).flatMap(([name, value]): [string, number][] => {
      if (typeof value === "number") return [[`${prefix}${name}`, value]];
      const isInner = prefix === "" && (name === "states" || name === "real") && typeof value === "object";
      return isInner && value ? Object.entries(figuresOf(value as Record<string, unknown>, `${name}.`)) : [];
    }),
  );
}

function distanceOf(
  { slicedWasserstein: distance, slicedWassersteinFloor: floor }: Record<string, unknown>,
): number | undefined {
  if (typeof distance !== "number" || typeof floor !== "number" || floor <= 0) return undefined;
  return distance / floor;
}

function addUp<T extends object>(all: readonly T[]): T {
  const total: Record<string, number> = {};
  for (const one of all) {
    for (const [name, value] of Object.entries(one)) total[name] = (total[name] ?? 0) + value;
  }
  return total as T;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
