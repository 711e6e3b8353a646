/**
 * Records of finished runs, in the work folder: a run that has one is not run again.
 * @module
 */
import { resolveHyperparameters } from "@cugro/algorithm/knobs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseSettings } from "../../cli/commands/knob_options.ts";
import { UsageError } from "../../cli/commands/print_output.ts";
import { differencesOf, RUN_SETTINGS } from "../../cli/runs/learn_one.ts";
import type { GridRun } from "./grid_file.ts";
import type { MeasuredRun, Work } from "./measured_run.ts";

/** What makes two runs of one name the same: all knobs, the seed, and what the datasets hold. */
export interface RunInputs {
  seed: number;
  knobs: Record<string, unknown>;
  datasets: readonly string[];
}

/** A record. */
export interface RunRecord {
  inputs: RunInputs;
  run: MeasuredRun;
  work: Work;
  /** By which code it was finished; records of versions up to 0.7 lack it. */
  code?: string;
}

/** A finished run's inputs: a method that turns knobs for the last task is told by its name. @param datasets hashes of its datasets, in order of task */
export function inputsOf({ preset, settings, seed }: GridRun, datasets: readonly string[]): RunInputs {
  const knobs = resolveHyperparameters(preset, parseSettings([...settings, ...RUN_SETTINGS]));
  return { seed, knobs: { ...knobs }, datasets };
}

/** What differs between two runs, in words; empty where nothing does. */
function differencesFrom(was: RunInputs, wanted: RunInputs): string[] {
  const isSame = JSON.stringify(was.datasets) === JSON.stringify(wanted.datasets);
  return [...differencesOf(was, wanted), ...isSame ? [] : ["other data"]];
}

/** Where a run's record is. */
export const recordPath = (work: string, id: string): string => join(work, "runs", `${id}.json`);

/** The record of a run, if it is finished. @throws {UsageError} where a run of this name had other inputs */
export async function readRecord(path: string, wanted: RunInputs): Promise<RunRecord | undefined> {
  const text = await readFile(path, "utf8").catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as RunRecord;
  const differences = differencesFrom(record.inputs, wanted);
  if (differences.length === 0) return record;
  throw new UsageError(
    `${path} is of a run with ${differences.join("; ")}: give another folder with --work, or remove the file`,
  );
}

/** Writes a record, whole or not at all. */
export async function writeRecord(path: string, record: RunRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, JSON.stringify(record));
  await rename(`${path}.part`, path);
}
