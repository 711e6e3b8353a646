/**
 * `cugro results`, `fidelity` and `losses`: a learner's numbers, for a person, and as tables for other tools.
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { extname } from "node:path";
import { byteSize } from "@cugro/report/words";
import {
  fidelityTable,
  lossesTable,
  resultsTable,
  type Table,
  TABLE_FORMATS,
  type TableFormat,
  writeTable,
} from "@cugro/tables";
import { type Command, Option } from "commander";
import { onLearners, STORE_FLAG } from "../../learners/learners_of_flags.ts";
import type { Learners } from "../../learners/learners.ts";
import { printJson, UsageError } from "../print_output.ts";
import { printFidelity, printLosses } from "./print_tables.ts";
import { printResult, resultOf } from "../result.ts";
import { refuseWhileAway } from "../status_command.ts";
import { refuseTaken, writeInPlace } from "../written_file.ts";

/** Flags of these commands. */
interface TableOptions {
  learner: string;
  csv?: boolean;
  json?: boolean;
  out?: string;
  force?: boolean;
}

/** A learner's numbers in every output form. */
interface Shown {
  table: Table;
  /** The document of `--json`. */
  json: unknown;
  print(): void;
}

type Look = (learners: Learners, learner: string) => Promise<Shown>;

const COMMANDS: Readonly<Record<string, Look>> = { results, fidelity, losses };

/** Adds the commands. */
export function registerTables(program: Command): void {
  for (const [name, look] of Object.entries(COMMANDS)) {
    const command = program.command(name)
      .requiredOption("--learner <name>", "name of the learner")
      .option(...STORE_FLAG)
      .option("--csv", "print a flat table as CSV")
      .addOption(new Option("--json", "print one JSON document").conflicts("csv"))
      .addOption(
        new Option("--out <file>", "file to write, in the format of its ending: .csv, .parquet or .json")
          .conflicts(["csv", "json"]),
      )
      .option("--force", "replace a file that is there already");
    onLearners(command, (learners, options: TableOptions) => show(learners, options, look));
  }
}

async function show(learners: Learners, options: TableOptions, look: Look): Promise<void> {
  const { learner, csv, json, out, force = false } = options;
  const format = out === undefined ? undefined : formatFor(out);
  if (out !== undefined) await refuseTaken(out, force);
  await refuseWhileAway(learners);
  const shown = await look(learners, learner);
  if (out !== undefined) return await write(shown, out, format!, force);
  if (json) return printJson(shown.json);
  if (!csv) return shown.print();
  const text = new TextDecoder().decode(await writeTable(shown.table, "csv"));
  console.log(text.replace(/\r\n$/, ""));
}

function formatFor(out: string): TableFormat | "json" {
  const ending = extname(out).slice(1).toLowerCase();
  const known = ([...TABLE_FORMATS, "json"] as const).find((format) => format === ending);
  if (known) return known;
  throw new UsageError(`Cannot write ${out}: its ending names no format. End it in .csv, .parquet or .json`);
}

async function write(
  { table, json }: Shown,
  out: string,
  format: TableFormat | "json",
  force: boolean,
): Promise<void> {
  const bytes = format === "json"
    ? new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`)
    : await writeTable(table, format);
  const put = (file: FileHandle) => file.writeFile(bytes);
  await writeInPlace({ out, force, write: put, check: () => Promise.resolve() });
  const rows = format === "json" ? "" : `${table.rows} rows, `;
  console.log(`${out}: ${rows}${byteSize(bytes.length)}`);
}

async function results(learners: Learners, learner: string): Promise<Shown> {
  const status = await learners.status(learner);
  const result = resultOf(status);
  const print = () => printResult(result, status, learners.place);
  return { table: resultsTable(status), json: result, print };
}

async function fidelity(learners: Learners, learner: string): Promise<Shown> {
  const { fidelity } = await learners.status(learner);
  const table = fidelityTable(learner, fidelity);
  return { table, json: fidelity, print: () => printFidelity(fidelity) };
}

async function losses(learners: Learners, learner: string): Promise<Shown> {
  const curves = await learners.losses(learner);
  return { table: lossesTable(learner, curves), json: curves, print: () => printLosses(curves) };
}
