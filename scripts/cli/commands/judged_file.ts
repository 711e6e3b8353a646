/**
 * Files that a command reads and judges without learning from them; a folder is one dataset.
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import {
  type JudgedFile,
  judgeFile,
  judgeFileAt,
  type OpenFile,
  READ_WHOLE_BYTES,
} from "@cugro/dataset-import";
import {
  DatasetError,
  type FileReport,
  inMemory,
  type Notice,
  packFolder,
  reportOf,
  reportOfError,
  rowsOfDataset,
} from "@cugro/datasets";
import type { Command } from "commander";
import { gymnasiumConfig } from "../embedded/choose_python.ts";
import { describeNotice } from "./print_output.ts";
import { type ReadFlags, readingOfFlags } from "./read_options.ts";

/** A file with its judgement, or with the reason why it was refused. */
export type Judgement = { path: string; judged: OpenFile } | { path: string; error: DatasetError };

/** Judges a file or a folder: one of more than 2 MiB by ranges. @throws {DatasetError} for one that is refused */
async function openJudged(path: string, options: ReadFlags): Promise<OpenFile> {
  const { trust } = gymnasiumConfig();
  const reading = readingOfFlags(options);
  const packed = await packFolder(path);
  if (!packed && (await stat(path)).size > READ_WHOLE_BYTES) {
    return await judgeFileAt(path, basename(path), reading, { trust });
  }
  const bytes = packed?.body ?? new Uint8Array(await readFile(path));
  const { dataset, ...judged } = await judgeFile(bytes, packed?.fileName ?? basename(path), reading, trust);
  return { dataset: rowsOfDataset(dataset), ...judged, close: () => {} };
}

/**
 * Judges a file or a folder; the dataset is whole in memory then.
 *
 * @param path of a file or folder
 * @param options how it must be read
 * @returns the dataset, its notices and what was left out
 * @throws {DatasetError} for one that is refused
 */
export async function readJudged(path: string, options: ReadFlags = {}): Promise<JudgedFile> {
  const { dataset, close, ...judged } = await openJudged(path, options);
  try {
    return { dataset: inMemory(dataset), ...judged };
  } finally {
    close();
  }
}

/**
 * The same for several files: after a refused one the others are still judged, and the exit code will be 1.
 *
 * @param use gets the judgement; a large file can be read until it returns
 */
export async function judge(
  path: string,
  options: ReadFlags,
  use: (judgement: Judgement) => void,
): Promise<void> {
  const judgement = await openJudged(path, options).then(
    (judged): Judgement => ({ path, judged }),
    (error): Judgement => {
      if (!(error instanceof DatasetError)) throw error;
      Deno.exitCode = 1;
      return { path, error };
    },
  );
  try {
    use(judgement);
  } finally {
    if ("judged" in judgement) judgement.judged.close();
  }
}

/** The judgement as a JSON document. */
export function report(judgement: Judgement): FileReport {
  const { path } = judgement;
  return "error" in judgement ? reportOfError(path, judgement.error) : reportOf(path, judgement.judged);
}

/** One line each. */
export function printNotices(notices: readonly Notice[]): void {
  for (const notice of notices) console.log(`  ${describeNotice(notice)}`);
}

/**
 * Lines at the end of a command's help.
 *
 * @param command gets the lines
 * @param lines command lines
 * @returns the same command
 */
export function withExamples(command: Command, ...lines: string[]): Command {
  return command.addHelpText(
    "after",
    `\nExample${lines.length > 1 ? "s" : ""}:\n${lines.map((line) => `  ${line}`).join("\n")}`,
  );
}
