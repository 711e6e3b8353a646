/**
 * `deno task experiment FILE.json`: the runs of a grid, each learnt once, wherever workers are; then what they came to.
 * All runs share a store, and jobs are named by what they depend on: what two runs have in common is done once. What is
 * there when it is stopped, by whatever, is not done again.
 * @module
 */
import { codeVersion } from "@cugro/telemetry";
import { mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { score, UsageError } from "../../cli/commands/print_output.ts";
import type { Learners } from "../../cli/learners/learners.ts";
import { openLocal } from "../../cli/learners/local.ts";
import { openRemote } from "../../cli/learners/remote.ts";
import { type Ended, learnMany } from "../../cli/runs/learn_many.ts";
import {
  isStreamThere,
  type KnownStream,
  type PreparedStream,
  prepareStream,
  refuseUnknownStream,
} from "../streams/known_streams.ts";
import { type GridFile, type GridRun, parseGrid, runsOf, streamsOf } from "./grid_file.ts";
import { type PreparedRun, runOnce } from "./learn_run.ts";
import { inputsOf, readRecord, recordPath, type RunRecord, writeRecord } from "./run_record.ts";
import { refuseToReplace, writeResults } from "./write_results.ts";

/** Flags. */
export interface GridOptions {
  work: string;
  out?: string;
  replace?: boolean;
  parallel: number;
  workers: number;
  url?: string;
  token?: string;
  /** Only runs whose id holds this. */
  only?: string;
  dryRun?: boolean;
}

/** A grid, what it is called, and the command that runs it. */
export interface NamedGrid {
  grid: GridFile;
  /** Where it is declared, for errors. */
  path: string;
  /** Of the result files. */
  name: string;
  command: string;
}

const DECLARED = fileURLToPath(new URL("declared/", import.meta.url));

/**
 * Reads a grid and runs it: a file, or one of those that are declared here (`paper.json`).
 *
 * @param path of the grid's JSON
 * @param options of the command
 * @throws {UsageError}
 */
export async function runGridFile(path: string, options: GridOptions): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => readFile(join(DECLARED, basename(path)), "utf8"))
    .catch((error) => {
      throw new UsageError(
        `${path} cannot be read (${error.code}): it must be a grid, see scripts/lab/grid/README.md`,
      );
    });
  const name = basename(path).replace(/\.json$/, "");
  await runGrid(
    { grid: parseGrid(text, path), path, name, command: `deno task experiment ${path}` },
    options,
  );
}

/** Runs what is not finished yet, `parallel` runs at a time, and writes results. @throws {UsageError} */
export async function runGrid(named: NamedGrid, options: GridOptions): Promise<void> {
  const { grid, path, name } = named;
  const { work, only = "", out = join(work, "results") } = options;
  const wanted = runsOf(grid, path).filter(({ id }) => id.includes(only));
  if (wanted.length === 0) throw new UsageError(`${path}: no run's name holds ${only}`);
  const known = streamsOf(grid, path);
  for (const { stream } of wanted) await refuseUnknownStream(stream, known);
  if (options.dryRun) return await listRuns(wanted, work, known);
  await refuseToReplace(out, name, options.replace ?? false);
  await mkdir(work, { recursive: true });
  const prepared = await prepare(wanted, work, known);
  const left = prepared.filter(({ record }) => record === undefined);
  printRuns(prepared);
  const { stopped, failed } = left.length > 0
    ? await learnAll(left, options)
    : { stopped: false, failed: [] };
  if (stopped) {
    console.error("Stopped. Nothing is lost: the same command resumes");
    Deno.exitCode = 130;
    return;
  }
  if (failed.length > 0) {
    throw new UsageError(`no results are written, as runs failed:\n  ${failed.join("\n  ")}`);
  }
  // Labels may have been changed since.
  const records = prepared.map(({ run, record }) => ({ ...record!, run: { ...record!.run, ...run } }));
  await writeResults({ ...named, out, records });
}

function printRuns(runs: readonly { run: GridRun; record?: RunRecord }[]): void {
  for (const { run, record } of runs) console.error(`${record ? "finished" : "to run  "} ${run.id}`);
  const left = runs.filter(({ record }) => record === undefined).length;
  console.error(`${runs.length} runs, ${left} of them to run`);
}

/** Says which runs there are, and makes nothing: a run whose data is not there has not been run. */
async function listRuns(
  wanted: readonly GridRun[],
  work: string,
  known: Readonly<Record<string, KnownStream>>,
): Promise<void> {
  const streams = [...new Set(wanted.map(({ stream }) => stream))];
  const missing: string[] = [];
  for (const stream of streams) if (!await isStreamThere(stream, work, known)) missing.push(stream);
  const there = await prepare(wanted.filter(({ stream }) => !missing.includes(stream)), work, known);
  const records = new Map(there.map(({ run, record }) => [run.id, record]));
  printRuns(wanted.map((run) => {
    const record = records.get(run.id);
    return { run, ...record ? { record } : {} };
  }));
  if (missing.length > 0) console.error(`data that is made first: ${missing.join(", ")}`);
}

/** Makes data that is missing, and reads the records there are. */
async function prepare(
  runs: readonly GridRun[],
  work: string,
  known: Readonly<Record<string, KnownStream>>,
): Promise<PreparedRun[]> {
  const streams = new Map<string, PreparedStream>();
  for (const name of new Set(runs.map(({ stream }) => stream))) {
    const stream = await prepareStream(name, work, known);
    streams.set(name, stream);
    setVariables(stream);
  }
  const prepared: PreparedRun[] = [];
  for (const run of runs) {
    const { files, hashes } = streams.get(run.stream)!;
    const order = run.order ?? files.map((_, index) => index + 1);
    const missing = order.find((place) => place > files.length);
    if (missing !== undefined) {
      throw new UsageError(`${run.id}: there is no task ${missing}: ${run.stream} has ${files.length}`);
    }
    const inOrder = order.map((place) => files[place - 1]!);
    const inputs = inputsOf(run, inOrder.map((file) => hashes[basename(file)]!));
    const record = await readRecord(recordPath(work, run.id), inputs);
    prepared.push({ run, files: inOrder, inputs, ...(record ? { record } : {}) });
  }
  return prepared;
}

/** Workers learn from this process's environment which Python a stream's environments need. */
function setVariables({ name, variables }: PreparedStream): void {
  for (const [variable, value] of Object.entries(variables)) {
    const set = process.env[variable];
    if (variable === "CUGRO_PYTHON" && set !== undefined && set !== value) {
      throw new UsageError(
        `${name} needs CUGRO_PYTHON=${value}, and it is ${set}: run its rows by themselves (--only)`,
      );
    }
    process.env[variable] = value;
  }
}

async function learnAll(left: readonly PreparedRun[], options: GridOptions): Promise<Ended> {
  const learners = openPlace(options);
  try {
    return await learnMany(left, options.parallel, (prepared) => finish(learners, prepared, options));
  } finally {
    await learners.close();
  }
}

/** @returns false where it was stopped */
async function finish(learners: Learners, prepared: PreparedRun, options: GridOptions): Promise<boolean> {
  const record = await runOnce(learners, prepared, options);
  if (record === undefined) return false;
  prepared.record = record;
  const { id, averagePerformance, worstDrop } = record.run;
  record.code = codeVersion;
  await writeRecord(recordPath(options.work, id), record);
  const figures = `average performance ${score(averagePerformance)}, worst drop ${score(worstDrop)}`;
  console.error(`finished ${id}: ${figures}`);
  return true;
}

function openPlace({ work, url, token = process.env.CUGRO_TOKEN }: GridOptions): Learners {
  if (url === undefined) return openLocal(join(work, "store"));
  if (!token) throw new UsageError("A gateway needs a token: pass it with --token or in CUGRO_TOKEN");
  return openRemote(url, token);
}
