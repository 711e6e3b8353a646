/**
 * `cugro datasets inspect|validate`: looks at a file without learning from it.
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { DatasetError, datasetHash, readDataset, summarise } from "@cugro/datasets";
import type { Command } from "commander";
import { printJson, printTable } from "./output.ts";

/** Adds the commands. */
export function registerDatasets(program: Command): void {
  const datasets = program.command("datasets").description("look at dataset files");
  datasets.command("inspect")
    .description("sizes, episodes, returns and ranges of a file")
    .argument("<files...>")
    .option("--json", "print one JSON document")
    .action(inspect);
  datasets.command("validate")
    .description(
      "check files; the first fault of each is named with field, row and value, and the exit code is 1",
    )
    .argument("<files...>")
    .action(validate);
}

async function read(path: string) {
  return await readDataset(new Uint8Array(await readFile(path)), basename(path));
}

async function inspect(files: string[], { json }: { json?: boolean }): Promise<void> {
  const found = [];
  for (const file of files) {
    const dataset = await read(file);
    found.push({ file, hash: datasetHash(dataset), ...summarise(dataset), metadata: dataset.metadata });
  }
  if (json) return printJson(found);
  for (const { file, hash, stateRange, actionRange, metadata, ...summary } of found) {
    console.log(`${file}\n  hash ${hash}`);
    console.log(
      `  ${summary.size} transitions, states of ${summary.stateDim}, actions of ${summary.actionDim} numbers`,
    );
    console.log(
      `  ${summary.episodes} episodes (${summary.terminalEpisodes} ended by themselves), length ${
        spread(summary.episodeLength)
      }, return ${spread(summary.episodeReturn)}`,
    );
    console.log(`  ${JSON.stringify(metadata)}`);
    const rows = [
      ...stateRange.map(([min, max], index) => [`state ${index}`, min, max]),
      ...actionRange.map(([min, max], index) => [`action ${index}`, min, max]),
    ];
    printTable(
      ["dimension", "min", "max"],
      rows.map(([name, min, max]) => [String(name), Number(min).toFixed(4), Number(max).toFixed(4)]),
    );
  }
}

function spread({ min, mean, max }: { min: number; mean: number; max: number }): string {
  return `${min.toFixed(1)} … ${max.toFixed(1)} (mean ${mean.toFixed(1)})`;
}

async function validate(files: string[]): Promise<void> {
  for (const file of files) {
    try {
      const { size, stateDim, actionDim } = await read(file);
      console.log(`${file}: good, ${size} transitions [${stateDim}] [${actionDim}]`);
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
      console.error(error.message);
      Deno.exitCode = 1;
    }
  }
}
