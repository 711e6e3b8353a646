/**
 * Files that a command looks at without learning from them: read and judged, a folder as one dataset.
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type JudgedFile, judgeFile } from "@cugro/dataset-import";
import {
  DatasetError,
  type FileReport,
  type Notice,
  packFolder,
  reportOf,
  reportOfError,
} from "@cugro/datasets";
import type { Command } from "commander";
import { gymnasiumConfig } from "../embedded/python.ts";
import { describeNotice } from "./output.ts";
import { type ReadFlags, readingOfFlags } from "./read_options.ts";

/** A file with its judgement, or with what it was refused for. */
export type Judgement = { path: string; judged: JudgedFile } | { path: string; error: DatasetError };

/** Judges a file or a folder. @throws {DatasetError} for one that is refused */
export async function readJudged(path: string, options: ReadFlags = {}): Promise<JudgedFile> {
  const packed = await packFolder(path);
  const bytes = packed?.body ?? new Uint8Array(await readFile(path));
  const { trust } = gymnasiumConfig();
  return await judgeFile(bytes, packed?.fileName ?? basename(path), readingOfFlags(options), trust);
}

/** The same where further files are judged also after a refused one; the exit code will be 1. */
export async function judge(path: string, options: ReadFlags): Promise<Judgement> {
  try {
    return { path, judged: await readJudged(path, options) };
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    Deno.exitCode = 1;
    return { path, error };
  }
}

/** The judgement as programs read it. */
export function report(judgement: Judgement): FileReport {
  const { path } = judgement;
  return "error" in judgement ? reportOfError(path, judgement.error) : reportOf(path, judgement.judged);
}

/** One line each. */
export function printNotices(notices: readonly Notice[]): void {
  for (const notice of notices) console.log(`  ${describeNotice(notice)}`);
}

/** Lines at the end of a command's help. */
export function withExamples(command: Command, ...lines: string[]): Command {
  return command.addHelpText(
    "after",
    `\nExample${lines.length > 1 ? "s" : ""}:\n${lines.map((line) => `  ${line}`).join("\n")}`,
  );
}
