/**
 * Panels of a dataset's picture, each an SVG of one width with its title: returns and lengths of episodes.
 * @module
 */
import type { Dataset, Episode } from "@cugro/datasets";
import * as Plot from "@observablehq/plot";
import { document } from "./svg_document.ts";

/** Width of a panel. */
export const PANEL_WIDTH = 470;
/** The meaning of the colours. */
export const COLOURS = { ended: "#d1662b", cut: "#2f6db5", line: "#1d2430", soft: "#5d6675" };

/**
 * Plots of one size; the text that names the panel stands above it.
 * @param title the panel's name
 * @param options of the plot; they come before those of the size
 * @returns SVG
 */
export function draw(title: string, options: Plot.PlotOptions): string {
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

/**
 * The returns that score 0 and 100, where the file tells them.
 * @param dataset its metadata: `returnRandom` and `returnFinalPolicy`
 * @returns those of the two that the file tells, in the units of its rewards
 */
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

/**
 * How many episodes came to which return, or length.
 * @param chart what is counted; `height` in pixels
 * @returns SVG
 */
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

/**
 * Three digits are enough for a picture.
 * @param value any number
 * @returns such as 0.25, 12k or 1.0e-5
 */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(1);
  return size >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : `${Number(value.toPrecision(3))}`;
}

const minOf = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
const maxOf = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), -Infinity);
