/**
 * The picture of a calibration: estimated beside true scores and drops, a dot a task of a version.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { document } from "@cugro/report";
import type { CalibrationResult } from "./calibration_measures.ts";

/**
 * Draws a calibration.
 *
 * @returns the text of an SVG file
 */
export function drawCalibration({ runs }: CalibrationResult): string {
  const dots = runs.flatMap(({ name, rows }) =>
    rows.flatMap(({ score, estimatedScore, drop, estimatedDrop }) => [
      { run: name, figure: "score", truth: score, estimate: estimatedScore },
      ...(drop === null || estimatedDrop === null
        ? []
        : [{ run: name, figure: "drop of an old task", truth: drop, estimate: estimatedDrop.mean }]),
    ])
  );
  const plot = Plot.plot({
    document,
    ...{ width: 960, height: 400, marginLeft: 60, marginBottom: 44 },
    style: { background: "white", fontSize: "12px" },
    fx: { label: null },
    x: { label: "points, by the simulator", grid: true },
    y: { label: "points, estimated", labelAnchor: "center", labelArrow: "none", grid: true },
    color: { legend: false },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      Plot.line([[-50, -50], [150, 150]], { stroke: "#888", strokeDasharray: "3,3" }),
      Plot.dot(dots, { fx: "figure", x: "truth", y: "estimate", fill: "run", r: 3 }),
    ],
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${plot.outerHTML}\n`;
}
