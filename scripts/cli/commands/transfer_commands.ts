/**
 * `cugro push` and `cugro pull`: a learner between a folder and a bucket. Repeated, they send only what is new.
 * @module
 */
import { exportLearner, type TransferProgress } from "@cugro/learners";
import { isBucketName, type Store } from "@cugro/store";
import { byteSize } from "@cugro/report/words";
import type { Command } from "commander";
import { openForReading, openForWriting } from "../learners/stores_of_flags.ts";
import { DEFAULT_STORE } from "../learners/place.ts";
import { createLiveLine } from "../progress/live_line.ts";
import { printJson, UsageError } from "./print_output.ts";

interface TransferOptions {
  learner: string;
  store: string;
  json?: boolean;
}

/** Adds the commands. */
export function registerTransfer(program: Command): void {
  const store = [
    "--store <store>",
    "folder that holds everything, or s3://bucket/prefix",
    DEFAULT_STORE,
  ] as const;
  const json = ["--json", "print one JSON document"] as const;
  program.command("push")
    .requiredOption("--learner <name>", "name of the learner").requiredOption(
      "--to <store>",
      "s3://bucket/prefix",
    )
    .option(...store).option(...json)
    .action((options: TransferOptions & { to: string }) => transfer(options, options.store, options.to));
  program.command("pull")
    .requiredOption("--learner <name>", "name of the learner").requiredOption(
      "--from <store>",
      "s3://bucket/prefix",
    )
    .option(...store).option(...json)
    .action((options: TransferOptions & { from: string }) => transfer(options, options.from, options.store));
}

async function transfer(
  { learner: name, json }: TransferOptions,
  source: string,
  target: string,
): Promise<void> {
  if (!isBucketName(source) && !isBucketName(target)) {
    throw new UsageError(
      "push and pull need a bucket: s3://bucket or s3://bucket/prefix. For folders: learner export",
    );
  }
  const from = await openForReading(source);
  let to: Store | undefined;
  try {
    to = await openForWriting(target);
    const show = createLiveLine(({ objects, of, bytes, added }: TransferProgress) =>
      `${objects} of ${of} objects, ${byteSize(bytes)}, ${added} new`
    );
    const done = await exportLearner({ store: from, name, to, onProgress: show.progress });
    show.end();
    if (json) return printJson(done);
    const { objects, bytes, added } = done;
    console.log(
      `${name}: ${objects} objects, ${byteSize(bytes)} in ${target}; ${added} of them are new there`,
    );
  } finally {
    await to?.close();
    await from.close();
  }
}
