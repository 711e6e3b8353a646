/**
 * `cugro report`: writes the page.
 * @module
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isBucketName, type Store } from "@cugro/store";
import type { Command } from "commander";
import { DEFAULT_STORE, openForReading } from "../embedded/session.ts";
import { orRemote } from "../remote/connect.ts";
import { report as reportRemotely } from "../remote/show.ts";
import { gatherReport, renderReport } from "@cugro/report";

/** Adds the command. */
export function registerReport(program: Command): void {
  const command = program.command("report")
    .description("write a learner's report: one HTML file, complete in itself")
    .requiredOption("--learner <name>", "whose report it is")
    .option("--store <folder>", "folder that holds everything, or s3://bucket/prefix", DEFAULT_STORE)
    .option(
      "--out <file>",
      "where to (default: <folder>/reports/<learner>.html; of a bucket or gateway: <learner>.html)",
    );
  orRemote(command, report, reportRemotely);
}

async function report(
  { learner, store: folder, out }: { learner: string; store: string; out?: string },
): Promise<void> {
  const store = await openForReading(folder);
  console.log(await writeReport(store, learner, folder, out));
}

/** Writes the report of a learner. @returns the file's path */
export async function writeReport(
  store: Store,
  learner: string,
  folder: string,
  out?: string,
): Promise<string> {
  const file = `${learner}.html`;
  const path = out ?? (isBucketName(folder) ? file : join(folder, "reports", file));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.tmp`, renderReport(await gatherReport(store, learner)));
  await rename(`${path}.tmp`, path);
  return path;
}
