/**
 * The panels of a dataset's picture, each an SVG of one width with its title.
 * @module
 */
import {
  type Dataset,
  type DatasetStatistics,
  type Distribution,
  type Episode,
  episodesOf,
  planeOf,
} from "@cugro/datasets";
import * as Plot from "@observablehq/plot";
import { document } from "./svg_document.ts";

/** Width of a panel. */
export const PANEL_WIDTH = 470;
/** What the colours stand for. */
export const COLOURS = { ended: "#d1662b", cut: "#2f6db5", line: "#1d2430", soft: "#5d6675" };

/** Plots of one size; the text that names the panel stands above it. */
function draw(title: string, options: Plot.PlotOptions): string {
  const element = Plot.plot({
    ...{ width: PANEL_WIDTH, marginLeft: 56, marginRight: 16, marginTop: 44, marginBottom: 40 },
    ...options,
    document,
    style: { background: "transparent", fontSize: "11.5px", color: COLOURS.line },
  });
  const svg = element.outerHTML.replace(/&nbsp;/g, " ");
  return `${svg}<text x="12" y="16" font-size="13.5" font-weight="600" fill="${COLOURS.line}">${title}</text>`;
}

/** A value that stands for something. */
export interface Anchor {
  at: number;
  label: string;
}

/** The returns that score 0 and 100, where the file tells them. */
export function anchorsOf({ metadata: { returnRandom, returnFinalPolicy } }: Dataset): Anchor[] {
  const anchors = [{ at: returnRandom, label: "random" }, { at: returnFinalPolicy, label: "good policy" }];
  return anchors.filter((anchor): anchor is Anchor => anchor.at !== undefined);
}

/** Episodes between two values, those that ended by themselves below the others. */
interface Bar {
  x1: number;
  x2: number;
  y1: number;
  y2: number;
  end: "ended" | "cut";
}

/** Bars of one width; whole numbers lie in the middle of theirs. */
function barsOf(episodes: readonly Episode[], isWhole: boolean): Bar[] {
  const values = episodes.map((episode) => ({
    value: isWhole ? episode.end - episode.start : episode.return,
    end: episode.terminal ? "ended" as const : "cut" as const,
  }));
  const numbers = values.map(({ value }) => value);
  const [least, most] = [minOf(numbers), maxOf(numbers)];
  const wanted = Math.min(30, Math.max(8, Math.ceil(Math.sqrt(values.length))));
  const even = (most - least) / wanted;
  // All the same: a bar needs a width.
  const width = isWhole ? Math.max(1, Math.ceil(even)) : even > 0 ? even : Math.max(1, Math.abs(least)) / 50;
  const from = isWhole || even === 0 ? least - (isWhole ? 0.5 : width / 2) : least;
  const count = Math.max(1, Math.ceil((most - from) / width - 1e-9));
  const counts = Array.from({ length: count }, () => ({ ended: 0, cut: 0 }));
  for (const { value, end } of values) {
    counts[Math.min(count - 1, Math.floor((value - from) / width))]![end]++;
  }
  return counts.flatMap(({ ended, cut }, i): Bar[] => {
    const side = { x1: from + i * width, x2: from + (i + 1) * width };
    return [{ ...side, y1: 0, y2: ended, end: "ended" }, { ...side, y1: ended, y2: ended + cut, end: "cut" }];
  }).filter(({ y1, y2 }) => y2 > y1);
}

/** How many episodes came to which return, or length. */
export function histogram(
  { episodes, what, anchors = [], height }: {
    episodes: readonly Episode[];
    what: "return" | "length";
    anchors?: readonly Anchor[];
    height: number;
  },
): string {
  const isWhole = what === "length";
  const bars = barsOf(episodes, isWhole);
  const [least, most] = reachOf(bars, anchors);
  const ticks = isWhole ? Math.min(6, Math.max(1, Math.floor(most - least))) : 6;
  const tallest = maxOf(bars.map(({ y2 }) => y2));
  return draw(isWhole ? "Length of an episode, in steps" : "Return of an episode", {
    height,
    x: { label: null, domain: [least, most], inset: 6, tickFormat: shortNumber, ticks },
    y: {
      ...{ label: "episodes", labelArrow: "none", labelAnchor: "center" },
      ...{ domain: [0, 1.08 * tallest], grid: true, tickFormat: shortNumber, ticks: 5 },
    },
    color: { domain: ["ended", "cut"], range: [COLOURS.ended, COLOURS.cut] },
    marks: [
      Plot.rect(bars, {
        x1: "x1",
        x2: "x2",
        y1: "y1",
        y2: "y2",
        fill: "end",
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      ...anchorMarks(anchors, least + 0.8 * (most - least)),
      Plot.ruleY([0]),
    ],
  });
}

/** From where to where the axis goes: a single bar stands in its middle. */
function reachOf(bars: readonly Bar[], anchors: readonly Anchor[]): [number, number] {
  const ends = [...bars.flatMap(({ x1, x2 }) => [x1, x2]), ...anchors.map(({ at }) => at)];
  const [first, last] = [minOf(ends), maxOf(ends)];
  const beside = bars.every(({ x1 }) => x1 === bars[0]!.x1) ? 2 * (last - first) : 0;
  return [first - beside, last + beside];
}

/** Lines with their names; names beyond `right` stand to the left of it, so that they end where the panel does. */
function anchorMarks(anchors: readonly Anchor[], right: number): Plot.Markish[] {
  const text = {
    x: "at",
    text: "label",
    frameAnchor: "top",
    dy: -9,
    fill: COLOURS.soft,
    fontSize: 11,
  } as const;
  return [
    Plot.ruleX(anchors, { x: "at", stroke: COLOURS.soft, strokeDasharray: "3 3" }),
    Plot.text(anchors.filter(({ at }) => at <= right), text),
    Plot.text(anchors.filter(({ at }) => at > right), { ...text, dx: 5, textAnchor: "end" }),
  ];
}

/** Rows in the plane in which they differ most; the first states of episodes stand out. */
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

/** Each dimension from its least to its largest value: where most of the rows lie in between. */
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

/** Three digits are enough for a picture. */
function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(1);
  return size >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : `${Number(value.toPrecision(3))}`;
}

const minOf = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
const maxOf = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), -Infinity);
