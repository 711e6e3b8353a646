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

/** The replay sources in their colours, one below the other in the first panel. */
function legend(points: readonly { stream: string; replay: string }[]) {
  const stream = points[0]?.stream;
  const sources = Object.keys(COLOURS).filter((source) => points.some(({ replay }) => replay === source));
  return sources.map((replay, index) => ({ stream, replay: `replay ${replay}`, source: replay, index }));
}

/** Draws the runs. @returns the text of an SVG file */
export function drawStreams(runs: readonly StreamRun[]): string {
  const points = pointsOf(runs);
  const plot = Plot.plot({
    document,
    width: 960,
    height: 340,
    marginLeft: 60,
    marginBottom: 44,
    style: { background: "white", fontSize: "12px" },
    fx: { label: null },
    x: { label: "tasks learnt", type: "point" },
    y: {
      label: "mean score over the tasks so far",
      ...{ labelAnchor: "center", labelArrow: "none", grid: true, zero: true, nice: true },
    },
    color: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      Plot.ruleY([0, 100], { stroke: "#888" }),
      Plot.lineY(points, { fx: "stream", x: "tasks", y: "mean", stroke: "replay", z: "run", strokeWidth: 2 }),
      Plot.dot(points, { fx: "stream", x: "tasks", y: "mean", fill: "replay", r: 3 }),
      ...legend(points).map((entry) =>
        Plot.text([entry], {
          fx: "stream",
          text: "replay",
          fill: COLOURS[entry.source]!,
          frameAnchor: "bottom-left",
          dx: 8,
          dy: -8 - 16 * entry.index,
          fontWeight: "bold",
        })
      ),
    ],
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${plot.outerHTML}\n`;
}
