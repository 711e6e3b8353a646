/**
 * Committed results say by which code and with which knobs they were made, and tables of grids in the algorithm's README are
 * what their result files say.
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withPart } from "./rendered_part.ts";
import type { GridResults } from "../lab/grid/write_results.ts";
import { type GridSummary, headOf, summariseGrid, tableRows } from "../lab/grid/table.ts";

const RESULTS = "shared/algorithm/results";
const README = "shared/algorithm/README.md";

/** What of the results is not said, and what of the README's tables is not so; with `write` tables are put right. */
export function resultFaults(root: string, write: boolean): string[] {
  const files = readdirSync(join(root, RESULTS)).filter((name) => name.endsWith(".json")).sort();
  const results = files.map((name) => ({
    name,
    result: JSON.parse(readFileSync(join(root, RESULTS, name), "utf8")) as Partial<GridResults>,
  }));
  return [
    ...results.flatMap(({ name, result }) => originFaults(name, result)),
    ...tableFaults(root, results.filter(isGrid), write),
  ];
}

interface NamedGrid {
  name: string;
  result: GridResults;
}

const isGrid = (one: { name: string; result: Partial<GridResults> }): one is NamedGrid =>
  one.result.coreHours !== undefined;

function originFaults(name: string, result: Partial<GridResults>): string[] {
  const file = `${RESULTS}/${name}`;
  if (!/^\d+\.\d+\.\d+/.test(result.made?.code ?? "")) {
    return [`${file} does not say which version made it: "made": { "code": "1.2.3+revision" }`];
  }
  if (result.coreHours === undefined) return [];
  return (result.runs ?? []).filter(({ knobs }) => !/^[0-9a-f]{16}$/.test(knobs ?? ""))
    .map(({ id }) => `${file}: run ${id} does not say with which knobs it was made`);
}

function tableFaults(root: string, grids: readonly NamedGrid[], write: boolean): string[] {
  const path = join(root, README);
  const before = readFileSync(path, "utf8");
  const faults: string[] = [];
  let text = before;
  for (const { name, result } of grids) {
    const grid = name.replace(/\.json$/, "");
    const [open, close] = [
      `<!-- grid ${grid}: rendered by \`deno task docs --write\` -->\n`,
      `<!-- end of grid ${grid} -->`,
    ];
    const right = withPart(text, open, close, gridTable(result));
    if (right === undefined) {
      faults.push(`${README} has no place for the table of ${RESULTS}/${name}: ${open.trim()} ... ${close}`);
      continue;
    }
    if (right !== text && !write) {
      faults.push(
        `${README}: the table of grid ${grid} is not that of its result file (deno task docs --write)`,
      );
    }
    text = right;
  }
  const known = new Set(grids.map(({ name }) => name.replace(/\.json$/, "")));
  for (const [, grid] of before.matchAll(/<!-- grid (\S+): rendered/g)) {
    if (!known.has(grid!)) {
      faults.push(`${README} has a place for grid ${grid}, and there is no ${RESULTS}/${grid}.json`);
    }
  }
  if (write && text !== before) writeFileSync(path, text);
  return faults;
}

/** A grid's table in Markdown. Where ours is not the best of those that keep no old data, the best is bold. */
export function gridTable({ runs, coreHours, command }: GridResults): string {
  const summaries = summariseGrid(runs);
  const head = headOf(summaries);
  const performance = head.indexOf("AP");
  const rows = tableRows(summaries).map((row, place) =>
    row.map((cell, column) =>
      column === performance && beatsOurs(summaries[place]!, summaries) ? `**${cell}**` : cell
    )
  );
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [
    "",
    line(head),
    `|${"---|".repeat(head.length)}`,
    ...rows.map(line),
    "",
    `${runs.length} runs, ${coreHours.done.toFixed(1)} hours of a core: \`${command}\`.`,
    "\n",
  ].join("\n");
}

function beatsOurs(one: GridSummary, all: readonly GridSummary[]): boolean {
  const rivals = all.filter(({ stream, keepsOldData }) => stream === one.stream && !keepsOldData);
  const best = rivals.reduce(
    (a, b) => b.averagePerformance.value > a.averagePerformance.value ? b : a,
    rivals[0]!,
  );
  return best === one && one.label !== "ours" && rivals.some(({ label }) => label === "ours");
}
