/**
 * What a grid came to: JSON small enough to be committed, tables, a picture, and one page.
 * @module
 */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { printTable, UsageError } from "../../cli/commands/output.ts";
import { drawRuns } from "../../cli/runs/draw_runs.ts";
import type { GridFile } from "./grid_file.ts";
import { colourOf } from "./methods.ts";
import type { MeasuredRun } from "./measured_run.ts";
import { renderPage } from "./render_page.ts";
import type { RunRecord } from "./run_record.ts";
import { headOf, summariseGrid, tableRows } from "./table.ts";

/** A finished grid. */
export interface GridResults {
  about: string;
  /** The command that makes it again. */
  command: string;
  /** Of one core: what was done, each job once, and what the runs would have taken had they shared nothing. */
  coreHours: { done: number; unshared: number };
  runs: MeasuredRun[];
}

const ENDINGS = ["json", "svg", "html"] as const;

/** Refuses before the work to put results in place of others. @throws {UsageError} */
export async function refuseToReplace(out: string, name: string, replace: boolean): Promise<void> {
  if (replace) return;
  for (const ending of ENDINGS) {
    const path = join(out, `${name}.${ending}`);
    if (await stat(path).then(() => true, () => false)) {
      throw new UsageError(
        `${path} is there already: --replace writes results over it, --out puts them elsewhere`,
      );
    }
  }
}

/** Writes the files and prints the table. */
export async function writeResults(
  { grid, command, name, out, records }: {
    grid: Pick<GridFile, "about">;
    command: string;
    name: string;
    out: string;
    records: readonly RunRecord[];
  },
): Promise<void> {
  const results: GridResults = {
    about: grid.about,
    command,
    coreHours: coreHoursOf(records),
    runs: records.map(({ run }) => run),
  };
  await mkdir(out, { recursive: true });
  const summaries = summariseGrid(results.runs);
  const picture = drawRuns(results.runs, colourOf);
  const files = {
    json: JSON.stringify(results, null, 1) + "\n",
    svg: picture,
    html: renderPage(results, summaries, picture),
  };
  for (const ending of ENDINGS) await writeFile(join(out, `${name}.${ending}`), files[ending]);
  printTable(headOf(summaries), tableRows(summaries));
  const { done, unshared } = results.coreHours;
  console.error(`${done.toFixed(1)} hours of a core (${unshared.toFixed(1)} without what the runs share)`);
  console.error(`results: ${ENDINGS.map((ending) => join(out, `${name}.${ending}`)).join(", ")}`);
}

function coreHoursOf(records: readonly RunRecord[]): GridResults["coreHours"] {
  const done = new Map(records.flatMap(({ work }) => Object.entries(work)));
  const hours = (seconds: Iterable<number>) => [...seconds].reduce((sum, one) => sum + one, 0) / 3_600;
  return { done: hours(done.values()), unshared: hours(records.map(({ run }) => run.coreSeconds)) };
}
