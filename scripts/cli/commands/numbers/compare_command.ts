/**
 * `cugro compare`: learners side by side.
 * @module
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../../learners/learners_of_flags.ts";
import type { Learners } from "../../learners/learners.ts";
import { compare, type Comparison } from "../../runs/compare_learners.ts";
import { readCompared } from "../../runs/compared_learners.ts";
import { printComparison, renderComparison } from "../../runs/render_comparison.ts";
import { withExamples } from "../judged_file.ts";
import { printJson } from "../print_output.ts";

/** Output options of a comparison. */
export interface ComparisonFlags {
  out?: string;
  json?: boolean;
}

/** Adds the command. */
export function registerCompare(program: Command): void {
  const command = withComparisonFlags(
    program.command("compare")
      .argument(
        "<learners...>",
        "names of learners; FOLDER: all learners of that store; FOLDER:NAME one of them",
      )
      .option(...STORE_FLAG),
  );
  onLearners(command, compareNamed);
  withExamples(
    command,
    "cugro compare ours none --out comparison.html",
    "cugro compare runs/a runs/b:mine",
  );
}

/** The flags of commands that end in a comparison. */
export function withComparisonFlags(command: Command): Command {
  return command
    .option(
      "--out <file>",
      "file for the page (default: <folder>/reports/comparison.html; for a bucket or gateway: comparison.html)",
    )
    .option("--json", "print one JSON document");
}

async function compareNamed(learners: Learners, words: string[], flags: ComparisonFlags): Promise<void> {
  const compared = await readCompared(learners, words);
  await showComparison(learners, compare(compared), `compared by cugro compare ${words.join(" ")}`, flags);
}

/** Prints it and writes the page. */
export async function showComparison(
  { place }: Learners,
  comparison: Comparison,
  about: string,
  { out, json }: ComparisonFlags,
): Promise<void> {
  const path = out ??
    (place.kind === "folder" ? join(place.name, "reports", "comparison.html") : "comparison.html");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.tmp`, renderComparison(comparison, about));
  await rename(`${path}.tmp`, path);
  if (json) printJson(comparison);
  else printComparison(comparison);
  console.error(`page: ${path}`);
}
