/**
 * `cugro report`: writes the page, opens it, or gives an address that opens it.
 * @module
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { Learners } from "../learners/learners.ts";
import { openBrowser } from "../page/open_browser.ts";
import { UsageError } from "./print_output.ts";

interface ReportOptions {
  learner: string;
  out?: string;
  link?: boolean;
  open?: boolean;
}

/** Adds the command. */
export function registerReport(program: Command): void {
  const command = program.command("report")
    .requiredOption("--learner <name>", "learner to report on")
    .option(...STORE_FLAG)
    .option(
      "--out <file>",
      "file to write (default: <folder>/reports/<learner>.html; for a bucket or gateway: <learner>.html)",
    )
    .option("--open", "open it in the browser")
    .option(
      "--link",
      "with --url: write nothing, and print an address that opens it in any browser for ten minutes",
    );
  onLearners(command, report);
}

async function report(learners: Learners, { learner, out, link, open }: ReportOptions): Promise<void> {
  if (link && out !== undefined) {
    throw new UsageError("--link writes no file: leave out --out, or --link");
  }
  if (link) return await giveLink(learners, learner, open === true);
  const path = await writeReport(learners, learner, out);
  console.log(path);
  if (open) await show(pathToFileURL(resolve(path)).href, path);
}

async function giveLink(learners: Learners, learner: string, open: boolean): Promise<void> {
  const made = await learners.reportLink(learner);
  if (made === undefined) {
    throw new UsageError(
      "--link needs a gateway, which opens the report for anyone with the link: give its --url, or leave out --link, and " +
        "the report is written as a file",
    );
  }
  console.log(made.url);
  console.error(`opens this report only, until ${made.expires}, for anyone who has it`);
  if (open) await show(made.url, made.url);
}

async function show(address: string, place: string): Promise<void> {
  if (!await openBrowser(address)) console.error(`No browser was found here: open ${place} yourself`);
}

/**
 * Writes the report of a learner.
 *
 * @param learners in a store or behind a gateway
 * @param learner its name
 * @param out path, by default beside the store
 * @returns the file's path
 */
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
