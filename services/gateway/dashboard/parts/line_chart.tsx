/**
 * Curves over a number, drawn by uPlot on a canvas: fluid also with a million points. A line below reads out the values under
 * the pointer, and a table, made when it is opened, holds all of them.
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { briefly } from "@cugro/report/words";
import { isDark } from "../state/theme.ts";
import { DataTable } from "./data_table.tsx";
import { followMotion, MOTION_KEYS } from "./line_chart_motion.ts";
import { type ChartLook, optionsOf, plotData } from "./line_chart_options.ts";

/** One curve. `low` and `high`: the ends of intervals. */
export interface Line {
  name: string;
  /** Which of the task colours. */
  colour: number;
  values: readonly (number | null)[];
  low?: readonly (number | null)[];
  high?: readonly (number | null)[];
  isDashed?: boolean;
  isFaint?: boolean;
  hasPoints?: boolean;
}

/** A triangle below a point, with a word beside it. */
export interface Mark {
  x: number;
  y: number;
  text: string;
}

/** What is drawn. `x`: common to all lines, growing. */
export interface Chart {
  x: readonly number[];
  lines: readonly Line[];
  marks?: readonly Mark[];
}

/** Rows of the table; of a longer curve it has this many, evenly. */
const TABLE_ROWS = 200;

/** The chart with its legend, reading and table. `label` says in a sentence what the curves are of. */
export function LineChart({ label, chart, look }: { label: string; chart: Chart; look: ChartLook }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const read = useMemo(() => signal(""), []);
  const shape = JSON.stringify([chart.lines.map(({ values: _, low: _l, high: _h, ...line }) => line), look]);
  const shown = useRef(chart);
  shown.current = chart;
  useEffect(() => {
    const drawn = drawIn(place.current!, () => shown.current, look, (text) => void (read.value = text));
    plot.current = drawn.plot;
    return drawn.remove;
  }, [shape, isDark.value]);
  useEffect(() => plot.current?.setData(plotData(chart)), [chart]);
  return (
    <div class="chart">
      <div ref={place} role="img" aria-label={label} tabIndex={0} title={MOTION_KEYS} />
      <Legend lines={chart.lines} />
      <p class="reading" aria-hidden="true">{read.value || " "}</p>
      <ChartTable chart={chart} look={look} />
    </div>
  );
}

/** As wide as its host, also when that changes. */
function drawIn(
  host: HTMLElement,
  shown: () => Chart,
  look: ChartLook,
  announce: (text: string) => void,
): { plot: uPlot; remove: () => void } {
  const width = () => Math.max(120, host.clientWidth);
  const plot = new uPlot(
    optionsOf(shown, { ...look, width: width(), host, announce }),
    plotData(shown()),
    host,
  );
  const observer = new ResizeObserver(() => {
    if (plot.width !== width()) plot.setSize({ width: width(), height: plot.height });
  });
  observer.observe(host);
  const unmove = followMotion(plot);
  const remove = () => {
    observer.disconnect();
    unmove();
    plot.destroy();
  };
  return { plot, remove };
}

/** Lines of a legend that is scrolled, and so reached by keys. */
const MANY_LINES = 8;

function Legend({ lines }: { lines: readonly Line[] }) {
  const isLong = lines.length > MANY_LINES;
  return (
    <ul class={isLong ? "legend long" : "legend"} tabIndex={isLong ? 0 : undefined}>
      {lines.map(({ name, colour, isDashed }) => (
        <li key={name} class={`line-${colour % 8}${isDashed ? " dashed" : ""}`}>{name}</li>
      ))}
    </ul>
  );
}

function ChartTable({ chart, look }: { chart: Chart; look: ChartLook }) {
  const isOpen = useMemo(() => signal(false), []);
  const every = Math.max(1, Math.ceil(chart.x.length / TABLE_ROWS));
  const rows = Array.from({ length: Math.ceil(chart.x.length / every) }, (_, index) => index * every);
  return (
    <details onToggle={(event) => void (isOpen.value = event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen.value && (
        <DataTable
          label={`Table: ${look.y}`}
          heads={[look.x, ...chart.lines.map(({ name }) => name)]}
        >
          {rows.map((row) => (
            <tr key={row}>
              <td>{chart.x[row]}</td>
              {chart.lines.map(({ name, values }) => <td key={name}>{briefly(values[row])}</td>)}
            </tr>
          ))}
        </DataTable>
      )}
    </details>
  );
}
