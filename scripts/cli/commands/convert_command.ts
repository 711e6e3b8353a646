/**
 * `cugro datasets convert`: the same transitions in another format, for other tools.
 * @module
 */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { judgeFileAt } from "@cugro/dataset-import";
import {
  type Dataset,
  datasetHash,
  printable,
  writeDataset,
  WRITTEN_FORMATS,
  type WrittenFormat,
  writtenFormatOf,
} from "@cugro/datasets";
import { countOf } from "@cugro/learners";
import { byteSize } from "@cugro/report/words";
import type { Command } from "commander";
import { displayOnStderr } from "../progress/display.ts";
import { printNotices, readJudged, withExamples } from "./judged_file.ts";
import { MOST_PATH, printJson, UsageError } from "./print_output.ts";
import { refuseUnreadable } from "./readable.ts";
import { type ReadFlags, withReadOptions } from "./read_options.ts";
import { refuseTaken, writeInPlace } from "./written_file.ts";

/** Names of dropped fields that are printed at most. */
const MOST_NAMED = 20;

interface ConvertOptions extends ReadFlags {
  to?: string;
  force?: boolean;
  json?: boolean;
}

/** Adds the command. */
export function registerConvert(datasets: Command): void {
  withExamples(
    withReadOptions(
      datasets.command("convert")
        .description(
          "write a file in another format: the same transitions, bit for bit; other fields (infos, images) are dropped",
        )
        .argument("<in>", "a file of any format that is read, or a folder of LeRobot or Minari")
        .argument(
          "<out>",
          "file to write, in the format of its ending: .hdf5 (D4RL), .parquet or .safetensors",
        )
        .option(
          "--to <format>",
          `the format, if the ending does not say: ${WRITTEN_FORMATS.join(", ")}`,
        )
        .option("--force", "replace an existing file")
        .option("--json", "print one JSON document"),
    ).action(convert),
    "cugro datasets convert lerobot/pusht pusht.hdf5 --reward success",
    "cugro datasets convert robot.csv robot.parquet --map observations=x,y,angle --map actions=force",
  );
}

async function convert(
  from: string,
  out: string,
  { to, force = false, json, ...options }: ConvertOptions,
): Promise<void> {
  const format = formatFor(out, to);
  await refuseUnreadable([from], { readOnce: true });
  await refuseTaken(out, force);
  const { dataset, notices, leftOut = [] } = await readJudged(from, options);
  const { size, stateDim, actionDim } = dataset;
  const hash = datasetHash(dataset);
  const { sizeBytes, changed } = await writeWhole(dataset, hash, format, out, force);
  if (json) {
    const figures = { sizeBytes, hash, size, stateDim, actionDim };
    return printJson({ file: out, format, ...figures, changed, leftOut, notices });
  }
  const what = `${countOf(size)} transitions [${stateDim}] [${actionDim}] as ${format}, ${
    byteSize(sizeBytes)
  }`;
  console.log(`${printable(out, MOST_PATH)}: ${what}\n  hash ${hash}`);
  for (const name of changed) {
    console.log(`  ${format} cannot hold the attribute ${name} as it is: it was changed`);
  }
  if (leftOut.length > 0) {
    const more = leftOut.length > MOST_NAMED ? ` and ${leftOut.length - MOST_NAMED} more` : "";
    const names = `${leftOut.slice(0, MOST_NAMED).join(", ")}${more}`;
    console.log(`  not taken over: ${names} (no part of transitions, unless --map says so)`);
  }
  printNotices(notices);
}

/**
 * The format of a file that is to be written.
 *
 * @param out path of the file
 * @param to the format as typed
 * @returns the format
 * @throws {UsageError} naming the formats that can be written
 */
export function formatFor(out: string, to: string | undefined): WrittenFormat {
  const known = WRITTEN_FORMATS.find((format) => format === to) ??
    (to === undefined ? writtenFormatOf(out) : undefined);
  if (known) return known;
  const list = WRITTEN_FORMATS.join(", ");
  if (to !== undefined) throw new UsageError(`--to must be one of ${list}: current value is ${to}`);
  const isRead = /\.(npz|csv|zip)$/i.test(out);
  const why = isRead ? "that format can be read but not written" : "its ending names no format";
  throw new UsageError(
    `Cannot write ${out}: ${why}. End it in .hdf5, .parquet or .safetensors, or name one of ${list} with --to`,
  );
}

/**
 * Writes a dataset and reads it back.
 *
 * @param dataset judged
 * @param hash of the dataset
 * @param format to write
 * @param out path
 * @param force replaces an existing file
 * @returns the attributes that the format cannot hold as they are, too
 */
export async function writeWhole(
  dataset: Dataset,
  hash: string,
  format: WrittenFormat,
  out: string,
  force: boolean,
): Promise<{ sizeBytes: number; changed: string[] }> {
  const display = displayOnStderr();
  const progress = (label: string, share: number) =>
    display.progress({
      jobId: out,
      label: `${label} ${basename(out)}`,
      step: Math.round(100 * share),
      steps: 100,
    });
  try {
    return await writeInPlace({
      ...{ out, force },
      write: (file) =>
        writeDataset(dataset, format, (piece) => file.writeFile(piece), {
          onProgress: (share) => progress("writing", share),
        }),
      async check(path) {
        progress("reading back", 1);
        return { sizeBytes: (await stat(path)).size, changed: await readBack(path, out, dataset, hash) };
      },
    });
  } finally {
    display.dropped(out);
    display.close();
  }
}

function hashAndClose(dataset: Parameters<typeof datasetHash>[0], close: () => void): string {
  try {
    return datasetHash(dataset);
  } finally {
    close();
  }
}

/** @throws {Error} where it would not be read back as the same dataset */
async function readBack(path: string, out: string, dataset: Dataset, hash: string): Promise<string[]> {
  const { dataset: read, close } = await judgeFileAt(path, basename(out));
  const hashRead = hashAndClose(read, close);
  if (hashRead !== hash) {
    throw new Error(
      `Cannot write ${out}: read back, it would not be the same dataset, so it was removed. Try another format`,
    );
  }
  const names = Object.keys(dataset.metadata) as (keyof Dataset["metadata"])[];
  return names.filter((name) =>
    JSON.stringify(read.metadata[name]) !== JSON.stringify(dataset.metadata[name])
  );
}
