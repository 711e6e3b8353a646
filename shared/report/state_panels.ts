/**
 * Panels of a dataset's picture: its states in a plane, and the reach of each of their dimensions.
 * @module
 */
import {
  type Dataset,
  type DatasetStatistics,
  type Distribution,
  episodesOf,
  planeOf,
} from "@cugro/datasets";
import * as Plot from "@observablehq/plot";
import { COLOURS, draw, shortNumber } from "./dataset_panels.ts";

/**
 * Rows in the plane in which they differ most; the first states of episodes stand out.
 * @param dataset its states, `[N, S]`
 * @param states how each dimension is spread; those that are constant are left out
 * @param height in pixels
 * @returns SVG, with a sentence where fewer than two dimensions vary
 */
export function planePanel(dataset: Dataset, states: readonly Distribution[], height: number): string {
  const plane = planeOf(dataset.states, dataset.stateDim, states);
  if (!plane) {
    return draw("States", { height, axis: null, marks: [Plot.text(["fewer than two dimensions vary"])] });
  }
  const all = plane.points.map(([x, y]) => ({ x, y }));
  const starts = new Set(episodesOf(dataset).map(({ start }) => start));
  const first = all.filter((_, i) => starts.has(plane.rows[i]!));
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  return draw("States in the plane of their largest differences", {
    height,
    x: {
      label: `first component (${percent(plane.shares[0])} of the variance)`,
      labelAnchor: "center",
      labelArrow: "none",
      inset: 10,
    },
    y: {
      label: `second component (${percent(plane.shares[1])})`,
      labelAnchor: "center",
      labelArrow: "none",
      inset: 10,
    },
    color: { type: "sqrt", range: ["#c3d7ee", "#0b3463"] },
    marks: [
      Plot.frame({ stroke: "#ddd" }),
      Plot.dot(
        all,
        Plot.hexbin({ fill: "count" }, { x: "x", y: "y", binWidth: 9, symbol: "hexagon", r: 5.2 } as never),
      ),
      Plot.dot(first, { x: "x", y: "y", r: 1.8, fill: COLOURS.ended, fillOpacity: 0.75 }),
      Plot.text(["dots: first states"], {
        ...{ frameAnchor: "top-right", dy: -10, fill: COLOURS.ended, fontSize: 11 },
      }),
    ],
  });
}

/** One dimension's values as places between the least (0) and the largest (1). */
function reachRow(one: DatasetStatistics["states"][number], dimension: number) {
  const { min, max, isConstant, p1, p25, median, p75, p99 } = one;
  const [low, q1, middle, q3, high] = [p1, p25, median, p75, p99].map((value) => (value - min) / (max - min));
  const right = isConstant ? "constant" : shortNumber(max);
  return {
    dimension,
    name: `${dimension}`,
    isConstant,
    low,
    q1,
    middle,
    q3,
    high,
    left: shortNumber(min),
    right,
  };
}

/**
 * Each dimension from its least to its largest value: where most of the rows lie in between.
 * @param states how each dimension is spread, as many as are drawn
 * @param stateDim how many there are
 * @param height in pixels
 * @returns SVG
 */
export function reachPanel(states: DatasetStatistics["states"], stateDim: number, height: number): string {
  const rows = states.map(reachRow);
  const varying = rows.filter(({ isConstant }) => !isConstant);
  const more = stateDim > states.length ? ` (the first ${states.length} of ${stateDim})` : "";
  const y = "dimension";
  const numbers = { y, fontSize: 10.5, fill: COLOURS.soft } as const;
  return draw(`Reach of each state dimension${more}`, {
    ...{ height, marginLeft: 100, marginRight: 70, marginTop: 44 },
    x: { domain: [0, 1], axis: null },
    y: { type: "band", domain: rows.map(({ dimension }) => dimension), padding: 0.25, axis: null },
    marks: [
      Plot.text(rows, {
        y,
        x: 0,
        text: "name",
        dx: -84,
        textAnchor: "start",
        fontSize: 10.5,
        fontWeight: 600,
      }),
      Plot.ruleY(varying, { y, x1: 0, x2: 1, stroke: "#ccd2da" }),
      Plot.barX(varying, { y, x1: "low", x2: "high", fill: "#b9d0ea" }),
      Plot.barX(varying, { y, x1: "q1", x2: "q3", fill: COLOURS.cut }),
      Plot.tickX(varying, { y, x: "middle", stroke: "white", strokeWidth: 2 }),
      Plot.text(rows, { ...numbers, x: 0, text: "left", dx: -8, textAnchor: "end" }),
      Plot.text(rows, { ...numbers, x: 1, text: "right", dx: 8, textAnchor: "start" }),
      Plot.text(["least to largest value; pale: 1 to 99 %, dark: 25 to 75 %, white: median"], {
        ...{ frameAnchor: "top-left", dx: -88, dy: -18, fill: COLOURS.soft, fontSize: 10.5 },
      }),
    ],
  });
}
