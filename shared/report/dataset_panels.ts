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
function barsOf(values: readonly { value: number; end: Bar["end"] }[], isWhole: boolean): Bar[] {
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
  const bars = barsOf(
    episodes.map((episode) => ({
      value: isWhole ? episode.end - episode.start : episode.return,
      end: episode.terminal ? "ended" : "cut",
    })),
    isWhole,
  );
  const ends = [...bars.flatMap(({ x1, x2 }) => [x1, x2]), ...anchors.map(({ at }) => at)];
  const [first, last] = [minOf(ends), maxOf(ends)];
  // A single bar stands in the middle.
  const beside = bars.length > 0 && bars.every(({ x1 }) => x1 === bars[0]!.x1) ? 2 * (last - first) : 0;
  const [least, most] = [first - beside, last + beside];
  const tallest = maxOf(bars.map(({ y2 }) => y2));
  const isRight = ({ at }: Anchor) => at > least + 0.8 * (most - least);
  const ticks = isWhole ? Math.min(6, Math.max(1, Math.floor(most - least))) : 6;
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
      Plot.ruleX(anchors, { x: "at", stroke: COLOURS.soft, strokeDasharray: "3 3" }),
      ...[true, false].map((right) =>
        Plot.text(anchors.filter((anchor) => isRight(anchor) === right), {
          ...{ x: "at", text: "label", frameAnchor: "top", dy: -9, dx: right ? 5 : 0 },
          ...{ textAnchor: right ? "end" : "middle", fill: COLOURS.soft, fontSize: 11 },
        })
      ),
      Plot.ruleY([0]),
    ],
  });
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

/** Each dimension from its least to its largest value: where most of the rows lie in between. */
export function reachPanel(states: DatasetStatistics["states"], stateDim: number, height: number): string {
  const rows = states.map((one, dimension) => {
    const place = (value: number) => one.isConstant ? 0.5 : (value - one.min) / (one.max - one.min);
    const { min, max, isConstant } = one;
    return {
      ...{
        dimension,
        isConstant,
        low: place(one.p1),
        high: place(one.p99),
        q1: place(one.p25),
        q3: place(one.p75),
      },
      ...{
        middle: place(one.median),
        left: shortNumber(min),
        right: isConstant ? "constant" : shortNumber(max),
      },
    };
  });
  const varying = rows.filter(({ isConstant }) => !isConstant);
  const more = stateDim > states.length ? ` (the first ${states.length} of ${stateDim})` : "";
  const numbers = { y: "dimension", fontSize: 10.5, fill: COLOURS.soft } as const;
  return draw(`Reach of each state dimension${more}`, {
    ...{ height, marginLeft: 100, marginRight: 70, marginTop: 44 },
    x: { domain: [0, 1], axis: null },
    y: {
      label: null,
      type: "band",
      domain: rows.map(({ dimension }) => dimension),
      padding: 0.25,
      axis: null,
    },
    marks: [
      Plot.text(rows, {
        y: "dimension",
        x: 0,
        text: (row: { dimension: number }) => `${row.dimension}`,
        dx: -84,
        textAnchor: "start",
        fontSize: 10.5,
        fontWeight: 600,
      }),
      Plot.ruleY(varying, { y: "dimension", x1: 0, x2: 1, stroke: "#ccd2da" }),
      Plot.barX(varying, { y: "dimension", x1: "low", x2: "high", fill: "#b9d0ea" }),
      Plot.barX(varying, { y: "dimension", x1: "q1", x2: "q3", fill: COLOURS.cut }),
      Plot.tickX(varying, { y: "dimension", x: "middle", stroke: "white", strokeWidth: 2 }),
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
