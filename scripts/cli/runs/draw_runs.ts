/**
 * Runs in a picture: average performance after each task, one panel a stream; a line for each run.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { mean } from "@cugro/algorithm/arrays";
import { document } from "@cugro/report";
import { streamOf, type SummarisedRun } from "./summarise_seeds.ts";

/** A run in the picture. `id`: gives it its own line. */
export type DrawnRun = Pick<SummarisedRun, "stream" | "order" | "label" | "resultsMatrix"> & { id: string };

/** Lines of labels that have no colour of their own. */
const OTHERS = ["#b5762f", "#2f9db5", "#b52f8e", "#6f7f2f", "#5a5a9c", "#9c5a5a"];

/**
 * The text of an SVG file.
 *
 * @param colourOf the colour of a label, where it has one
 * @returns SVG
 */
export function drawRuns(
  runs: readonly DrawnRun[],
  colourOf: (label: string) => string | undefined = () => undefined,
): string {
  const colours = coloursOf(runs, colourOf);
  const points = runs.flatMap(pointsOf);
  const streams = [...new Set(points.map(({ stream }) => stream))];
  const plot = Plot.plot({
    document,
    width: Math.max(480, 80 + 300 * streams.length),
    height: 320 + 16 * colours.size,
    marginLeft: 60,
    marginBottom: 44,
    style: { background: "white", fontSize: "12px" },
    fx: { label: null, domain: streams },
    x: { label: "tasks learnt", type: "point" },
    y: {
      label: "mean score over the tasks so far",
      ...{ labelAnchor: "center", labelArrow: "none", grid: true, zero: true, nice: true },
    },
    color: { domain: [...colours.keys()], range: [...colours.values()] },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      Plot.ruleY([0, 100], { stroke: "#888" }),
      Plot.lineY(points, {
        fx: "stream",
        x: "tasks",
        y: "mean",
        stroke: "label",
        z: "run",
        strokeWidth: 1.6,
      }),
      Plot.dot(points, { fx: "stream", x: "tasks", y: "mean", fill: "label", r: 2.5 }),
      ...legend(colours, streams[0]),
    ],
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${plot.outerHTML}\n`;
}

/** The labels in their colours, one above the other in the first panel. */
function legend(colours: ReadonlyMap<string, string>, stream: string | undefined) {
  return [...colours].map(([label, colour], index) =>
    Plot.text([{ label, stream }], {
      ...{ fx: "stream", text: "label", fill: colour, frameAnchor: "bottom-left", dx: 8 },
      ...{ dy: -8 - 16 * index, fontWeight: "bold", stroke: "white", strokeWidth: 3 },
    })
  );
}

function pointsOf(run: DrawnRun) {
  const { id, label, resultsMatrix } = run;
  return resultsMatrix.map((row, index) => {
    const average = mean(row.filter((value) => value !== null));
    return { stream: streamOf(run), label, run: id, tasks: index + 1, mean: average };
  });
}

function coloursOf(
  runs: readonly DrawnRun[],
  colourOf: (label: string) => string | undefined,
): Map<string, string> {
  const colours = new Map<string, string>();
  for (const { label } of runs) {
    if (colours.has(label)) continue;
    colours.set(label, colourOf(label) ?? OTHERS[colours.size % OTHERS.length]!);
  }
  return colours;
}
