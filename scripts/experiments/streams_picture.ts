/**
 * The picture of a streams experiment: average performance after each task, one panel a stream.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { document } from "@cugro/report";
import type { StreamRun } from "./streams.ts";

const COLOURS: Record<string, string> = { generated: "#2f6db5", oracle: "#3f8f56", none: "#c0394b" };

/** Mean score over the tasks so far, a point for each version of each run. */
function pointsOf(runs: readonly StreamRun[]) {
  return runs.flatMap(({ stream, replay, seed, resultsMatrix }) =>
    resultsMatrix.map((row, index) => {
      const scores = row.filter((value) => value !== null);
      return {
        stream,
        replay,
        run: `${replay} ${seed}`,
        tasks: index + 1,
        mean: scores.reduce((sum, value) => sum + value, 0) / scores.length,
      };
    })
  );
}

/** Draws the runs. @returns the text of an SVG file */
export function drawStreams(runs: readonly StreamRun[]): string {
  const points = pointsOf(runs);
  const plot = Plot.plot({
    document,
    width: 960,
    height: 340,
    marginLeft: 50,
    marginBottom: 44,
    style: { background: "white", fontSize: "12px" },
    fx: { label: null },
    x: { label: "tasks learnt", type: "point" },
    y: { label: "mean score over the tasks so far", grid: true, zero: true },
    color: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      Plot.ruleY([0, 100], { stroke: "#888" }),
      Plot.lineY(points, { fx: "stream", x: "tasks", y: "mean", stroke: "replay", z: "run", strokeWidth: 2 }),
      Plot.dot(points, { fx: "stream", x: "tasks", y: "mean", fill: "replay", r: 3 }),
      Plot.text(points.filter(({ tasks }, index) => points[index + 1]?.tasks !== tasks + 1), {
        fx: "stream",
        x: "tasks",
        y: "mean",
        text: "replay",
        fill: "replay",
        dx: -6,
        dy: -10,
        textAnchor: "end",
      }),
    ],
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${plot.outerHTML}\n`;
}
