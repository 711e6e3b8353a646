/**
 * The picture of a run in the README: the score of every task after every task learnt, with replay and without.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { document } from "@cugro/report";

const COLOURS = ["#1f5fa8", "#d1700f", "#2e8b57", "#b23a48", "#7b52ab"];
const TITLES: Record<string, string> = {
  generated: "with generated replay: no old row is kept",
  none: "without replay",
};

/** What the picture needs of a run, in results of any version. */
export interface DrawnRun {
  replay: string;
  resultsMatrix: (number | null)[][];
}

interface Point {
  panel: string;
  task: string;
  learnt: number;
  score: number;
}

function pointsOf({ replay, resultsMatrix }: DrawnRun): Point[] {
  return resultsMatrix.flatMap((row, version) =>
    row.flatMap((score, task) =>
      score === null ? [] : [{ panel: TITLES[replay]!, task: `task ${task + 1}`, learnt: version + 1, score }]
    )
  );
}

/** Names at the right end of each line; those that would overlap are moved apart. */
function labelsOf(points: readonly Point[]) {
  const last = points.filter(({ learnt }) => learnt === Math.max(...points.map((point) => point.learnt)));
  return Object.values(Object.groupBy(last, ({ panel }) => panel)).flatMap((ends) => {
    let free = Infinity;
    return ends!.toSorted((a, b) => b.score - a.score).map((point) => {
      const at = Math.min(point.score, free);
      free = at - 11;
      return { ...point, at };
    });
  });
}

/** What the scores 100 and 0 stand for, beside their lines. */
function anchorNames(panel: string) {
  return Plot.text([{ score: 100, label: "the data's good policy" }, { score: 0, label: "random actions" }], {
    ...{
      fx: () => panel,
      y: "score",
      text: "label",
      frameAnchor: "left",
      dx: 4,
      dy: -8,
      fill: "#777",
    },
  });
}

/**
 * Draws the runs of one stream with `generated` and with `none`.
 *
 * @param runs with their scores
 * @returns the text of an SVG file
 */
export function drawRun(runs: readonly DrawnRun[]): string {
  const points = runs.flatMap(pointsOf);
  const panels = Object.values(TITLES);
  const common = { fx: "panel", x: "learnt", y: "score" } as const;
  const plot = Plot.plot({
    document,
    ...{ width: 960, height: 360, marginLeft: 56, marginRight: 60, marginBottom: 44, marginTop: 34 },
    style: { background: "white", fontSize: "13px" },
    fx: { label: null, domain: panels },
    x: { label: "tasks learnt so far", ticks: [1, 2, 3, 4, 5], tickFormat: "d", inset: 12 },
    y: {
      label: "score of each task",
      labelAnchor: "center",
      labelArrow: "none",
      grid: true,
      domain: [-90, 118],
    },
    color: { domain: COLOURS.map((_, i) => `task ${i + 1}`), range: COLOURS },
    marks: [
      Plot.ruleY([0, 100], { stroke: "#777", strokeDasharray: "3 3" }),
      anchorNames(panels[1]!),
      Plot.lineY(points, { ...common, stroke: "task", z: "task", strokeWidth: 2.5 }),
      Plot.dot(points, { ...common, fill: "task", r: 4 }),
      Plot.text(labelsOf(points), {
        ...{ fx: "panel", x: "learnt", y: "at", text: "task", fill: "task" },
        ...{ textAnchor: "start", dx: 9, fontWeight: "bold" },
      }),
    ],
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${plot.outerHTML}\n`;
}
