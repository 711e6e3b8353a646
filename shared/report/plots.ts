/**
 * The report's plots as SVG, drawn here and not in the reader's browser.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { Html } from "./html.ts";
import type { ReportCurve, ReportData, ReportFidelity } from "./report_data.ts";
import { document } from "./svg_document.ts";

const COLOURS = ["#2f6db5", "#d1662b", "#3f8f56", "#a14b9a", "#8a6d2f", "#c0394b", "#4aa3a2", "#6b6f7b"];

function draw(options: Plot.PlotOptions): Html {
  const element = Plot.plot({
    marginLeft: 52,
    marginBottom: 42,
    ...options,
    document,
    style: { background: "transparent", fontSize: "12px" },
  });
  return new Html(element.outerHTML.replace(/&nbsp;/g, " "));
}

function taskColours(tasks: readonly number[]): Plot.ScaleOptions {
  return {
    domain: tasks.map((task) => `task ${task}`),
    range: tasks.map((task) => COLOURS[(task - 1) % COLOURS.length]!),
    legend: tasks.length > 1,
  };
}

/**
 * Score of every task over the versions, with the 90 % interval over episodes.
 *
 * @param data cells without a score are left out
 * @returns SVG
 */
export function scoresPlot({ versions, tasks }: ReportData): Html {
  const points = versions.flatMap((version) =>
    version.cells.flatMap((cell, index) => {
      if (cell === null || cell.score === null) return [];
      const { score, low, high } = cell;
      return [{
        ...{ version: version.version, score, low: low ?? score, high: high ?? score },
        task: `task ${index + 1}`,
      }];
    })
  );
  return draw({
    width: 720,
    height: 320,
    x: { label: "version", type: "point" },
    y: { label: "score (0 random, 100 the data's good policy)", grid: true, nice: true },
    color: taskColours(tasks.map(({ task }) => task)) as never,
    marks: [
      Plot.ruleY([0, 100], { stroke: "currentColor", strokeOpacity: 0.35 }),
      Plot.ruleX(points, {
        x: "version",
        y1: "low",
        y2: "high",
        stroke: "task",
        strokeOpacity: 0.35,
        strokeWidth: 5,
      }),
      Plot.lineY(points, { x: "version", y: "score", z: "task", stroke: "task", strokeWidth: 2 }),
      Plot.dot(points, { x: "version", y: "score", fill: "task", r: 4 }),
    ],
  });
}

/**
 * Losses of one kind of training, one colour a task.
 *
 * @param curves losses by step; null where one was not finite
 * @param title of the plot
 * @returns SVG, its axis logarithmic where all losses are positive
 */
export function curvesPlot(curves: readonly ReportCurve[], title: string): Html {
  const points = curves.flatMap(({ task, steps, values }) =>
    steps.flatMap((step, index) => {
      const value = values[index];
      return value === null || value === undefined ? [] : [{ step, value, task: `task ${task}` }];
    })
  );
  const tasks = [...new Set(curves.map(({ task }) => task))].sort((a, b) => a - b);
  const positive = points.length > 0 && points.every(({ value }) => value > 0);
  return draw({
    width: 480,
    height: 240,
    title,
    x: { label: "step" },
    y: { label: "loss", type: positive ? "log" : "linear", grid: true, tickFormat: "~g" },
    color: taskColours(tasks) as never,
    marks: [Plot.lineY(points, { x: "step", y: "value", z: "task", stroke: "task", strokeWidth: 1.5 })],
  });
}

/**
 * Distance of a task's replay over versions, with the floor that real data shows at that size.
 *
 * @param fidelity an entry for each version and old task
 * @param distance which measure is drawn, in the task's normalised units
 * @param floor the same measure between samples of real rows
 * @param label of the axis
 * @returns SVG
 */
export function fidelityPlot(
  fidelity: readonly ReportFidelity[],
  distance: (entry: ReportFidelity) => number,
  floor: (entry: ReportFidelity) => number,
  label: string,
): Html {
  const tasks = [...new Set(fidelity.map(({ task }) => task))].sort((a, b) => a - b);
  const points = fidelity.map((entry) => ({
    version: entry.version,
    value: distance(entry),
    floor: floor(entry),
    task: `task ${entry.task}`,
  }));
  return draw({
    width: 480,
    height: 260,
    x: { label: "version", type: "point" },
    y: { label, zero: true, grid: true },
    color: taskColours(tasks) as never,
    marks: [
      Plot.lineY(points, {
        x: "version",
        y: "floor",
        z: "task",
        stroke: "task",
        strokeDasharray: "3,3",
        strokeOpacity: 0.8,
      }),
      Plot.dot(points, { x: "version", y: "floor", stroke: "task", r: 3 }),
      Plot.lineY(points, { x: "version", y: "value", z: "task", stroke: "task", strokeWidth: 2 }),
      Plot.dot(points, { x: "version", y: "value", fill: "task", r: 3.5 }),
    ],
  });
}

/**
 * Where the time of each task went.
 *
 * @param data seconds of work by task and kind of job, over all processors
 * @returns SVG
 */
export function secondsPlot({ seconds }: ReportData): Html {
  return draw({
    width: 720,
    height: 260,
    x: { label: "task", type: "band" },
    y: { label: "seconds of work", grid: true },
    color: { legend: true, range: COLOURS },
    marks: [Plot.barY(seconds, { x: "task", y: "seconds", fill: "kind", order: "kind" }), Plot.ruleY([0])],
  });
}
