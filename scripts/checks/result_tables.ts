/**
 * Committed results say by which code and with which knobs they were made, and tables of grids and of ways of acting in the algorithm's README are
 * what their result files say.
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeMark, markdownTable, openMark, withParts } from "./rendered_part.ts";
import type { WaysResult } from "../lab/distillation/ways.ts";
import { sentencesOf, summariseWays, WAYS_HEAD, waysRows } from "../lab/distillation/ways_summary.ts";
import type { GridResults } from "../lab/grid/write_results.ts";
import { type GridSummary, headOf, summariseGrid, tableRows } from "../lab/grid/grid_table.ts";

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
    ...tableFaults(root, results.flatMap(tableOf), write),
  ];
}

/** A table that the README has a place for, by what it is of: `grid tiny`. */
interface ResultTable {
  of: string;
  file: string;
  text: string;
}

function tableOf({ name, result }: { name: string; result: object }): ResultTable[] {
  const bare = name.replace(/\.json$/, ""), file = `${RESULTS}/${name}`;
  if ("coreHours" in result) return [{ of: `grid ${bare}`, file, text: gridTable(result as GridResults) }];
  if ("cells" in result) return [{ of: `ways ${bare}`, file, text: waysTable(result as WaysResult) }];
  return [];
}

function originFaults(name: string, result: Partial<GridResults>): string[] {
  const file = `${RESULTS}/${name}`;
  if (!/^\d+\.\d+\.\d+/.test(result.made?.code ?? "")) {
    return [`${file} does not say which version made it: "made": { "code": "1.2.3+revision" }`];
  }
  if (result.coreHours === undefined) return [];
  return (result.runs ?? []).filter(({ knobs }) => !/^[0-9a-f]{16}$/.test(knobs ?? ""))
    .map(({ id }) => `${file}: run ${id} does not say with which knobs it was made`);
}

function tableFaults(root: string, tables: readonly ResultTable[], write: boolean): string[] {
  const path = join(root, README);
  const before = readFileSync(path, "utf8");
  const { text, missing, stale } = withParts(
    before,
    tables.map(({ of, text }) => ({ name: of, part: text })),
  );
  const fileOf = (of: string) => tables.find((one) => one.of === of)!.file;
  const faults = missing.map((of) =>
    `${README} has no place for the table of ${fileOf(of)}: ${openMark(of)} ... ${closeMark(of)}`
  );
  if (!write) {
    faults.push(
      ...stale.map((of) =>
        `${README}: the table of ${of} is not that of its result file (deno task docs --write)`
      ),
    );
  }
  const known = new Set(tables.map(({ of }) => of));
  for (const [, of] of before.matchAll(/<!-- ((?:grid|ways) \S+): rendered/g)) {
    const file = `${RESULTS}/${of!.split(" ")[1]}.json`;
    if (!known.has(of!)) faults.push(`${README} has a place for ${of}, and there is no ${file}`);
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
  return markdownTable(head, rows) +
    `\n${runs.length} ${runs.length === 1 ? "run" : "runs"}, ${
      coreHours.done.toFixed(1)
    } hours of a core: \`${command}\`.\n\n`;
}

/** Ways of acting side by side in Markdown, with a sentence on each. */
export function waysTable({ cells, episodesEach, command }: WaysResult): string {
  const number = (value: number | null) => value === null ? "" : value.toFixed(1);
  return markdownTable(WAYS_HEAD, waysRows(summariseWays(cells), number)) +
    `\n${episodesEach} episodes a task and way: \`${command}\`.\n\n` +
    sentencesOf(cells).map((sentence) => `- ${sentence}\n`).join("") + "\n";
}

function beatsOurs(one: GridSummary, all: readonly GridSummary[]): boolean {
  const rivals = all.filter(({ stream, keepsOldData }) => stream === one.stream && !keepsOldData);
  const best = rivals.reduce(
    (a, b) => b.averagePerformance.value > a.averagePerformance.value ? b : a,
    rivals[0]!,
  );
  return best === one && one.label !== "ours" && rivals.some(({ label }) => label === "ours");
}
