/**
 * The picture of a soak: memory, descriptors, objects and messages over time, with restarts.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { document } from "@cugro/report";
import type { SoakRecord } from "./soak.ts";

interface Dot {
  panel: string;
  series: string;
  /** Tells lives of one process apart. */
  life: string;
  minutes: number;
  value: number;
}

const [WIDTH, PANEL] = [960, 190];

/** Draws it: the text of an SVG file. */
export function drawSoak({ samples, restarts, learnt }: SoakRecord): string {
  const dots = samples.flatMap(({ at, processes, store = {}, streams = {} }): Dot[] => {
    const minutes = at / 60;
    const amounts = (
      panel: string,
      found: Record<string, { count: number; bytes: number }>,
      of: "count" | "bytes",
      unit = 1,
    ) =>
      Object.entries(found).map(([series, one]): Dot => ({
        panel,
        series,
        life: series,
        minutes,
        value: one[of] / unit,
      }));
    const top = Object.fromEntries(Object.entries(store).filter(([name]) => !name.includes("/")));
    return [
      ...Object.entries(processes).flatMap(([series, one]): Dot[] => [
        { panel: PANELS[0]!, series, life: `${series} ${one.pid}`, minutes, value: one.memory / 1e6 },
        { panel: PANELS[1]!, series, life: `${series} ${one.pid}`, minutes, value: one.descriptors },
      ]),
      ...amounts(PANELS[2]!, top, "bytes", 1e6),
      ...amounts(PANELS[3]!, top, "count"),
      ...amounts(PANELS[4]!, streams, "count"),
    ];
  });
  const last = Math.max(1, ...dots.map(({ minutes }) => minutes));
  const parts = PANELS.map((panel, index) =>
    panelOf(dots.filter((dot) => dot.panel === panel), panel, index, last, restarts)
  );
  const height = PANELS.length * PANEL + 24;
  const note = `${learnt.length} tasks; grey lines: a process was restarted`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">` +
    `<rect width="100%" height="100%" fill="white"/>${parts.join("")}` +
    `<text x="56" y="${
      height - 6
    }" font-family="system-ui, sans-serif" font-size="12" fill="#444">${note}</text></svg>\n`;
}

const PANELS = ["memory, MB", "descriptors", "store, MB", "objects", "messages in streams"] as const;

function panelOf(
  dots: readonly Dot[],
  label: string,
  index: number,
  minutes: number,
  restarts: SoakRecord["restarts"],
): string {
  const names = [...new Set(dots.map(({ series }) => series))].sort();
  const ends = names.flatMap((series) => dots.filter((dot) => dot.series === series).at(-1) ?? []);
  const highest = Math.max(1, ...dots.map(({ value }) => value));
  const plot = Plot.plot({
    document,
    ...{ width: WIDTH, height: PANEL, marginLeft: 56, marginRight: 170, marginBottom: 26, marginTop: 24 },
    style: { fontSize: "11px" },
    x: { label: index === PANELS.length - 1 ? "minutes" : null, domain: [0, minutes], labelArrow: "none" },
    y: { label, grid: true, domain: [0, highest * 1.05], labelArrow: "none", ticks: 5 },
    color: { domain: names, scheme: "tableau10" },
    marks: [
      Plot.ruleX(restarts, { x: ({ at }: { at: number }) => at / 60, stroke: "#ccc", strokeWidth: 0.7 }),
      Plot.lineY(dots, { x: "minutes", y: "value", stroke: "series", z: "life", strokeWidth: 1.4 }),
      Plot.text(apart(ends, highest), {
        ...{ x: minutes, y: "value", text: "series", fill: "series", textAnchor: "start", dx: 8 },
      }),
    ],
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  plot.setAttribute("y", String(index * PANEL));
  return plot.outerHTML;
}

/** Names at the right end; those that would overlap are moved apart, and none below the axis. */
function apart(ends: readonly Dot[], highest: number): Dot[] {
  const step = highest * 11 / (PANEL - 50);
  const sorted = ends.toSorted((a, b) => b.value - a.value);
  let free = Infinity;
  return sorted.map((dot, index) => {
    const lowest = (sorted.length - 1 - index) * step;
    const value = Math.max(lowest, Math.min(dot.value, free));
    free = value - step;
    return { ...dot, value };
  });
}
