/**
 * The figure of an answer: a dot with its interval for each point, a line for each series.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { document } from "@cugro/report";
import type { Answer } from "./question_answer.ts";

const COLOURS = ["#2f6db5", "#c0394b", "#3f8f56", "#c98a1b", "#8a6fb3", "#3aa0a0", "#b5527a", "#5a5a9c"];
/** More lines than this would hide each other. */
const MAX_LINES = 60;

/** The text of an SVG file. */
export function drawAnswer({ points, x, y }: Answer): string {
  const series = [...new Set(points.map((point) => point.series))];
  const isScatter = points.length > MAX_LINES ||
    points.every(({ x }) => typeof x === "number" && !Number.isInteger(x));
  const domain = [...new Set(points.map((point) => point.x))];
  const sure = points.filter(({ low }) => low !== null);
  const plot = Plot.plot({
    document,
    ...{ width: Math.max(560, isScatter ? 720 : 120 * domain.length), height: 380 + 16 * series.length },
    ...{ marginLeft: 60, marginTop: 24 + 16 * series.length, marginBottom: 60 },
    style: { background: "white", fontSize: "12px" },
    x: {
      label: x,
      labelAnchor: "center",
      labelArrow: "none",
      grid: isScatter,
      ...isScatter ? {} : { type: "point", domain },
    },
    y: { label: y, labelAnchor: "center", labelArrow: "none", grid: true, nice: true },
    color: { domain: series, range: series.map((_, i) => COLOURS[i % COLOURS.length]!) },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      ...isScatter ? [] : [Plot.lineY(points, { x: "x", y: "value", stroke: "series", strokeOpacity: 0.6 })],
      Plot.ruleX(sure, { x: "x", y1: "low", y2: "high", stroke: "series" }),
      Plot.dot(points, { x: "x", y: "value", fill: "series", r: isScatter ? 2.5 : 4 }),
      ...series.map((name, i) =>
        Plot.text([name], {
          ...{ frameAnchor: "top-left", dx: 4, dy: -18 - 16 * i, fontWeight: "bold" },
          fill: COLOURS[i % COLOURS.length]!,
          text: (one: string) => one,
        })
      ),
    ],
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${plot.outerHTML}\n`;
}
