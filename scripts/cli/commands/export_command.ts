/**
 * `cugro export`: a version as a folder that acts without this software.
 * @module
 */
import { type Checked, CHECKED_WITHIN } from "@cugro/export";
import { printable } from "@cugro/datasets";
import { byteSize } from "@cugro/report/words";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { Exported, Learners } from "../learners/learners.ts";
import { displayOnStderr } from "../progress/display.ts";
import { MOST_PATH, printJson, wholeNumber } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";
import { refuseTakenFolder, writeFolder } from "./written_folder.ts";

interface ExportOptions {
  learner: string;
  version?: number;
  task?: number;
  out: string;
  force?: boolean;
  json?: boolean;
}

/** Adds the command. */
export function registerExport(program: Command): void {
  const command = program.command("export")
    .requiredOption("--learner <name>", "the learner whose version is exported")
    .option("--version <v>", "a version other than the serving one", wholeNumber("--version", 1))
    .option("--task <k>", "for this task only", wholeNumber("--task", 1))
    .requiredOption("--out <folder>", "the folder to write; empty or not there yet")
    .option("--force", "replace an earlier bundle in that folder")
    .option("--json", "print one JSON document")
    .option(...STORE_FLAG);
  onLearners(command, exportVersion);
}

async function exportVersion(
  learners: Learners,
  { learner, version, task, out, force = false, json }: ExportOptions,
): Promise<void> {
  const folder = { out, force, knownBy: "bundle.json" };
  await refuseTakenFolder(folder);
  const exported = await made(learners, learner, { version, task });
  await writeFolder(folder, exported.files);
  if (json) return printJson(documentOf(out, exported));
  const bytes = [...exported.files.values()].reduce((sum, { length }) => sum + length, 0);
  const named = printable(out, MOST_PATH);
  console.log(
    `${named}: version ${exported.version} of ${learner}, ${exported.files.size} files, ${byteSize(bytes)}`,
  );
  if (exported.checks) printChecks(exported.checks);
  for (const { model, reason } of exported.notWritten) console.log(`no ${model}.onnx: ${reason}`);
  console.log(`read ${named}/MODEL_CARD.md first`);
}

async function made(
  learners: Learners,
  learner: string,
  wanted: { version?: number | undefined; task?: number | undefined },
): Promise<Exported> {
  const display = displayOnStderr();
  try {
    return await learners.export(learner, wanted, (model, step, steps) => {
      display.progress({ jobId: "export", label: `checking ${model}`, step, steps });
    });
  } finally {
    display.dropped("export");
    display.close();
  }
}

function documentOf(out: string, { learner, version, files, checks, notWritten }: Exported) {
  const sizes = Object.fromEntries([...files].map(([name, { length }]) => [name, length]));
  return { folder: out, learner, version, files: sizes, ...(checks ? { checks } : {}), notWritten };
}

function printChecks(checks: readonly Checked[]): void {
  printTable(
    ["graph", "bytes", "inputs", "greatest difference", "undecided", `within ${CHECKED_WITHIN}`],
    checks.map(({ model, sizeBytes, inputs, greatestError, undecided, passed }) => [
      ...[model, sizeBytes, inputs, greatestError.toExponential(1), undecided],
      passed ? "yes" : "no: not written",
    ]),
  );
}
