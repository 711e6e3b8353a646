/**
 * How curves look: uPlot's options, in the colours of the page.
 * @module
 */
import type uPlot from "uplot";
import { briefly } from "@cugro/report/words";
import type { Chart, Line, Mark } from "./line_chart.tsx";

/** Axes of a chart. `hasWholeX`: only whole numbers stand at the x axis. */
export interface ChartLook {
  x: string;
  y: string;
  height?: number;
  isLogarithmic?: boolean;
  hasWholeX?: boolean;
  /** The y axis reaches these in any case. */
  reaches?: readonly number[];
}

interface Placed extends ChartLook {
  width: number;
  host: HTMLElement;
  /** Reads out the values under the pointer. */
  announce: (text: string) => void;
}

const HEIGHT = 240;

/** A chart as uPlot takes it. */
export function plotData({ x, lines }: Chart): uPlot.AlignedData {
  return [x as number[], ...lines.map(({ values }) => values as (number | null)[])];
}

/** Options of a chart. @param chart as it is when it is drawn */
export function optionsOf(chart: () => Chart, look: Placed): uPlot.Options {
  const style = getComputedStyle(look.host);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = fontOf(look.host);
  const axis: uPlot.Axis = {
    stroke: colour("--quiet-text"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
    font,
    labelFont: font,
    labelSize: 20,
  };
  return {
    width: look.width,
    height: look.height ?? HEIGHT,
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: yScale(look) },
    axes: [
      { ...axis, label: look.x, size: 34, ...look.hasWholeX ? { incrs: WHOLE } : {} },
      {
        ...axis,
        label: look.y,
        size: 56,
        values: (_plot, ticks) => ticks.map((tick) => tick === null ? "" : briefly(tick)),
      },
    ],
    series: [{}, ...chart().lines.map((line) => seriesOf(line, colour))],
    hooks: {
      draw: [(plot) => drawBeside(plot, chart(), colour)],
      setCursor: [(plot) => look.announce(readingAt(plot, chart(), look))],
    },
  };
}

/** As large as small text on the page is. */
function fontOf(host: HTMLElement, scale = 1): string {
  const size = Number.parseFloat(getComputedStyle(host).fontSize) || 16;
  return `${Math.round(0.76 * size * scale)}px system-ui, sans-serif`;
}

const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

function yScale({ isLogarithmic = false, reaches = [] }: ChartLook): uPlot.Scale {
  if (isLogarithmic) return { distr: 3 };
  return {
    range: (_plot, low, high) => {
      const ends = [low, high, ...reaches].filter((end) => Number.isFinite(end));
      if (ends.length === 0) return [0, 1];
      const [from, to] = [Math.min(...ends), Math.max(...ends)];
      const room = (to - from || Math.abs(to) || 1) * 0.06;
      return [from - room, to + room];
    },
  };
}

function seriesOf(line: Line, colour: (name: string) => string): uPlot.Series {
  return {
    label: line.name,
    stroke: colour(`--line-${line.colour % 8}`),
    width: line.isFaint ? 1 : 2,
    alpha: line.isFaint ? 0.45 : 1,
    spanGaps: true,
    points: { show: line.hasPoints ?? false, size: 6 },
    ...line.isDashed ? { dash: [5, 4] } : {},
  };
}

/** Intervals and words, which uPlot has none of. */
function drawBeside(plot: uPlot, { x, lines, marks = [] }: Chart, colour: (name: string) => string): void {
  const { ctx } = plot;
  const at = (value: number, scale: "x" | "y") => plot.valToPos(value, scale, true);
  ctx.save();
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.globalAlpha = 0.3;
  for (const line of lines) {
    // Long curves have no intervals, and are not walked through for them.
    if (!line.low || !line.high) continue;
    ctx.strokeStyle = colour(`--line-${line.colour % 8}`);
    ctx.beginPath();
    x.forEach((place, index) => {
      const [low, high] = [line.low?.[index], line.high?.[index]];
      if (typeof low !== "number" || typeof high !== "number") return;
      ctx.moveTo(at(place, "x"), at(low, "y"));
      ctx.lineTo(at(place, "x"), at(high, "y"));
    });
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour("--bad-text");
  ctx.font = fontOf(plot.root, devicePixelRatio);
  drawMarks(ctx, marks.map(({ x, y, text }) => ({ x: at(x, "x"), y: at(y, "y"), text })));
  ctx.restore();
}

/** More than these would hide what they mark. */
const MANY_MARKS = 200;

/** Triangles that point down, all in one path: of ten thousand those are drawn that stand apart. */
function drawMarks(ctx: CanvasRenderingContext2D, marks: readonly Mark[]): void {
  const isMany = marks.length > MANY_MARKS;
  const unit = devicePixelRatio * (isMany ? 0.6 : 1);
  if (isMany) ctx.globalAlpha = 0.45;
  const drawn = new Set<string>();
  ctx.beginPath();
  for (const { x, y, text } of marks) {
    const place = `${Math.round(x / (2 * unit))} ${Math.round(y / (2 * unit))}`;
    if (drawn.has(place)) continue;
    drawn.add(place);
    ctx.moveTo(x, y + 14 * unit);
    ctx.lineTo(x - 4 * unit, y + 7 * unit);
    ctx.lineTo(x + 4 * unit, y + 7 * unit);
    if (text !== "") ctx.fillText(text, x + 6 * unit, y + 15 * unit);
  }
  ctx.fill();
}

function readingAt(plot: uPlot, { x, lines }: Chart, look: ChartLook): string {
  const { idx } = plot.cursor;
  if (idx === null || idx === undefined || x[idx] === undefined) return "";
  const readings = lines.flatMap(({ name, values, low, high }) => {
    const value = values[idx];
    if (value === null || value === undefined) return [];
    const [from, to] = [low?.[idx], high?.[idx]];
    const interval = typeof from === "number" && typeof to === "number"
      ? ` (${briefly(from)} … ${briefly(to)})`
      : "";
    return [`${name} ${briefly(value)}${interval}`];
  });
  return `${look.x} ${x[idx]}: ${readings.slice(0, 6).join(" · ")}${readings.length > 6 ? " …" : ""}`;
}
