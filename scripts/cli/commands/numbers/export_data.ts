/**
 * `cugro datasets export`: a learner's data as a file for other tools: a task's dataset as it is stored, or the pseudo-samples that replaced it.
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { extname } from "node:path";
import { datasetHash, decodeDataset } from "@cugro/datasets";
import { countOf, type LearnerStatus, learnerStatus, listLearners } from "@cugro/learners";
import { datasetKey } from "@cugro/protocol";
import { byteSize } from "@cugro/report/words";
import type { Store } from "@cugro/store";
import { shardsTable, TABLE_FORMATS, type TableFormat, writeTable } from "@cugro/tables";
import type { Command } from "commander";
import { openForReading } from "../../learners/stores_of_flags.ts";
import { onlyOnStore, STORE_FLAG } from "../../learners/learners_of_flags.ts";
import { nameLikelyLearner } from "../../typos.ts";
import { formatFor, writeWhole } from "../convert_command.ts";
import { withExamples } from "../judged_file.ts";
import { UsageError, wholeNumber } from "../print_output.ts";
import { replayShards } from "./replay_shards.ts";
import { refuseTaken, writeInPlace } from "../written_file.ts";

interface ExportOptions {
  learner: string;
  store: string;
  task: number;
  replay?: boolean;
  version?: number;
  to?: string;
  force?: boolean;
}

/** Adds the command. */
export function registerDatasetExport(datasets: Command): void {
  const command = datasets.command("export")
    .description(
      "write a task's dataset as a learner keeps it, or with --replay the pseudo-samples that replaced it",
    )
    .argument(
      "<out>",
      "file to write: .hdf5 (D4RL), .parquet or .safetensors; with --replay .parquet or .csv",
    )
    .requiredOption("--learner <name>", "learner that has the task")
    .requiredOption("--task <k>", "task whose dataset is written", wholeNumber("--task", 1))
    .option("--replay", "the pseudo-samples of the task that a version was trained with")
    .option(
      "--version <v>",
      "with --replay: the version (default: the newest whose samples still exist)",
      wholeNumber("--version", 1),
    )
    .option("--to <format>", "the format, if the ending does not say")
    .option("--force", "replace a file that is there already")
    .option(...STORE_FLAG)
    .action(exportData);
  onlyOnStore(command, "name its store with --store, or copy the learner here with cugro pull");
  withExamples(
    command,
    "cugro datasets export task2.parquet --learner mine --task 2",
    "cugro datasets export pseudo.parquet --learner mine --task 1 --replay",
  );
}

async function exportData(out: string, options: ExportOptions): Promise<void> {
  const { learner, replay, version, to, force = false } = options;
  if (version !== undefined && !replay) {
    throw new UsageError("--version chooses a replay, and needs --replay: a task's own data has no versions");
  }
  const format = replay ? tableFormatFor(out, to) : formatFor(out, to);
  await refuseTaken(out, force);
  const store = await openForReading(options.store);
  try {
    const status = await statusOf(store, learner);
    const task = status.tasks.find((one) => one.task === options.task);
    if (!task) {
      const known = status.tasks.map((one) => one.task).join(", ") || "none yet";
      throw new UsageError(`The learner "${learner}" has no task ${options.task}: it has ${known}`);
    }
    if (replay) return await writeReplay(store, status, options, out, format as TableFormat);
    await writeDataset(store, task, out, { format: format as ReturnType<typeof formatFor>, force });
  } finally {
    await store.close();
  }
}

async function statusOf(store: Store, learner: string): Promise<LearnerStatus> {
  try {
    return await learnerStatus(store, learner);
  } catch (error) {
    throw await nameLikelyLearner(error, () => listLearners(store));
  }
}

async function writeDataset(
  store: Store,
  { task, datasetHash: hash }: LearnerStatus["tasks"][number],
  out: string,
  { format, force }: { format: ReturnType<typeof formatFor>; force: boolean },
): Promise<void> {
  const found = await store.get(datasetKey(hash));
  if (!found) throw new UsageError(`The data of task ${task} was deleted`);
  const dataset = decodeDataset(found.bytes, `task ${task}`);
  if (datasetHash(dataset) !== hash) {
    throw new Error(`The data of task ${task} is damaged in the store: it differs from what was learnt`);
  }
  const { sizeBytes, changed } = await writeWhole(dataset, hash, format, out, force);
  const { size, stateDim, actionDim } = dataset;
  console.log(
    `${out}: task ${task}, ${countOf(size)} transitions [${stateDim}] [${actionDim}] as ${format}, ${
      byteSize(sizeBytes)
    }\n  hash ${hash}`,
  );
  for (const name of changed) {
    console.log(`  ${format} cannot hold the attribute ${name} as it is: it was changed`);
  }
}

async function writeReplay(
  store: Store,
  status: LearnerStatus,
  { task, version, force = false }: ExportOptions,
  out: string,
  format: TableFormat,
): Promise<void> {
  const found = await replayShards(store, status, task, version);
  const table = shardsTable(found.shards);
  const bytes = await writeTable(table, format);
  await writeInPlace({
    ...{ out, force, write: (file: FileHandle) => file.writeFile(bytes) },
    check: () => Promise.resolve(),
  });
  console.log(
    `${out}: ${
      countOf(table.rows)
    } pseudo-samples of task ${task}, which version ${found.version} was trained with, ` +
      `in ${found.shards.length} shard${found.shards.length === 1 ? "" : "s"}, as ${format}, ${
        byteSize(bytes.length)
      }`,
  );
}

function tableFormatFor(out: string, to = extname(out).slice(1).toLowerCase()): TableFormat {
  const known = TABLE_FORMATS.find((format) => format === to);
  if (known) return known;
  throw new UsageError(
    `Cannot write ${out}: pseudo-samples have no rewards, so they are a table: end it in .parquet or .csv`,
  );
}
