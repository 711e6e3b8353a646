/**
 * Questions about data: whether fidelity foretells a drop, and what other datasets do. Pure.
 * @module
 */
import type { MeasuredRun } from "../grid/measured_run.ts";
import { figure, streamOf } from "../../cli/runs/summarise_seeds.ts";
import { spearman } from "../streams/spearman.ts";
import { type Answer, describePoint, dropsOf, pointOf, type Question } from "./question_answer.ts";

/** Figures of fidelity that are farther from real data the larger they are; not floors, sizes or shares of real rows. */
const isDistance = (name: string) => !/Floor$|size|^real\.|precision|recall|taskPurity/.test(name);

function fidelityAndDrops(runs: readonly MeasuredRun[]): Answer | null {
  const cells = runs.flatMap((run) =>
    dropsOf(run).map((cell) => ({ ...cell, run: `${streamOf(run)}, ${run.label}` }))
  );
  const overall = spearman(cells.map(({ distance, drop }) => [distance, drop]));
  if (overall === null) return null;
  const names = [...new Set(cells.flatMap(({ figures }) => Object.keys(figures)))].filter(isDistance);
  const others = names.flatMap((name) => {
    const found = cells.flatMap(({ figures, drop }) => {
      const value = figures[name];
      return value === undefined ? [] : [[value, drop] as const];
    });
    const correlation = spearman(found);
    return correlation === null ? [] : [`${name} ${correlation.toFixed(2)} (${found.length})`];
  });
  const also = others.length === 0 ? "" : `; other measures: ${others.join(", ")}`;
  return {
    sentence:
      `The distance of an old task's replay and how far the task falls below its best have a rank correlation of ${
        overall.toFixed(2)
      } (${cells.length} tasks of versions of ${
        runs.filter((run) => dropsOf(run).length > 0).length
      } runs)${also}.`,
    points: cells.map(({ distance, drop, run }) => ({
      ...{ series: run, x: distance, value: drop, low: null, high: null, runs: 1 },
    })),
    ...{ x: "distance of the replay, multiples of its floor", y: "points below the best before" },
  };
}

function otherData(runs: readonly MeasuredRun[]): Answer | null {
  const three = runs.filter(({ method, label, resultsMatrix }) =>
    method === "ours" && label === "ours" && resultsMatrix.length === 3
  );
  const streams = [...new Set(three.map(streamOf))];
  if (streams.length < 2) return null;
  const figures = {
    "average performance": ({ averagePerformance }: MeasuredRun) => averagePerformance,
    "worst drop": ({ worstDrop }: MeasuredRun) => worstDrop,
  };
  const points = Object.entries(figures).flatMap(([series, value]) =>
    streams.flatMap((stream) =>
      pointOf(series, stream, three.filter((run) => streamOf(run) === stream), value)
    )
  );
  const sentences = streams.map((stream) => {
    const [performance, drop] = Object.keys(figures).map((series) =>
      points.find((one) => one.series === series && one.x === stream)
    );
    return `${describePoint(performance!)}, worst drop ${figure(drop ?? null)}`;
  });
  return {
    sentence: `Average performance after three tasks, 100 = the final policy whatever the data: ${
      sentences.join("; ")
    }.`,
    points,
    ...{ x: "data", y: "points of score" },
  };
}

/** Questions (d) and (e). */
export const DATA_QUESTIONS: readonly Question[] = [
  {
    id: "d",
    question: "How well does the fidelity of replay foretell that a task falls?",
    ...{ grid: "lean.json", answer: fidelityAndDrops },
  },
  {
    id: "e",
    question: "What do other qualities, sizes and scales of data do?",
    ...{ grid: "data.json", answer: otherData },
  },
];
