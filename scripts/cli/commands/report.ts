/**
 * `cugro report`: writes the page.
 * @module
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../learners/connect.ts";
import type { Learners } from "../learners/learners.ts";

/** Adds the command. */
export function registerReport(program: Command): void {
  const command = program.command("report")
    .requiredOption("--learner <name>", "whose report it is")
    .option(...STORE_FLAG)
    .option(
      "--out <file>",
      "where to (default: <folder>/reports/<learner>.html; of a bucket or gateway: <learner>.html)",
    );
  onLearners(command, report);
}

async function report(
  learners: Learners,
  { learner, out }: { learner: string; out?: string },
): Promise<void> {
  console.log(await writeReport(learners, learner, out));
}

/** Writes the report of a learner. @returns the file's path */
export async function writeReport(
  learners: Learners,
  learner: string,
  out = pathOf(learners, `${learner}.html`),
): Promise<string> {
  const page = await learners.report(learner);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(`${out}.tmp`, page);
  await rename(`${out}.tmp`, out);
  return out;
}

function pathOf({ place }: Learners, file: string): string {
  return place.kind === "folder" ? join(place.name, "reports", file) : file;
}
