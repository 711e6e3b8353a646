/**
 * What a grid came to: JSON small enough to be committed, tables, a picture, and one page.
 * @module
 */
import { canonicalJson, type JsonObject, type JsonValue, sha256 } from "@cugro/protocol";
import { codeVersion } from "@cugro/telemetry";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../cli/commands/print_output.ts";
import { drawRuns } from "../../cli/runs/draw_runs.ts";
import { printTable } from "../../cli/terminal_table.ts";
import type { GridFile } from "./grid_file.ts";
import { colourOf } from "./methods.ts";
import type { MeasuredRun } from "./measured_run.ts";
import { renderPage } from "./render_page.ts";
import type { RunRecord } from "./run_record.ts";
import { headOf, summariseGrid, tableRows } from "./grid_table.ts";

/** A finished grid. */
export interface GridResults {
  about: string;
  /** The command that makes it again. */
  command: string;
  /** By which code it was put together; each run says by which it was learnt. */
  made: { code: string };
  /** Of one core: what was done, each job once, and what the runs would have taken had they shared nothing. */
  coreHours: { done: number; unshared: number };
  runs: KeptRun[];
}

/** A run in a result file. */
export interface KeptRun extends MeasuredRun {
  /** First 16 digits of the SHA-256 of all its knobs, and of the hashes of its datasets. */
  knobs: string;
  data: string;
  /** By which code it was finished; null of records of versions up to 0.7. */
  code: string | null;
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
    made: { code: codeVersion },
    coreHours: coreHoursOf(records),
    runs: records.map(keptRun),
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

function keptRun({ run, inputs, code }: RunRecord): KeptRun {
  const digest = (value: JsonValue) => sha256(canonicalJson(value)).slice(0, 16);
  return {
    ...run,
    knobs: digest(inputs.knobs as JsonObject),
    data: digest([...inputs.datasets]),
    code: code ?? null,
  };
}

function coreHoursOf(records: readonly RunRecord[]): GridResults["coreHours"] {
  const done = new Map(records.flatMap(({ work }) => Object.entries(work)));
  const hours = (seconds: Iterable<number>) => [...seconds].reduce((sum, one) => sum + one, 0) / 3_600;
  return { done: hours(done.values()), unshared: hours(records.map(({ run }) => run.coreSeconds)) };
}
