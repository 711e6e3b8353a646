/**
 * Streams of datasets, learnt with every replay source and seed in the same conditions.
 * @module
 */
import { describeProblem } from "@cugro/protocol";
import { mapConcurrently } from "@cugro/async";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { printTable, score, UsageError } from "../../cli/commands/output.ts";
import type { RunResult } from "../../cli/commands/result.ts";
import { runChild } from "../../cli/embedded/child_run.ts";
import { streamFiles } from "./stream_files.ts";
import { drawStreams } from "./streams_picture.ts";

/** One finished run. */
export interface StreamRun {
  stream: string;
  replay: string;
  seed: number;
  wallSeconds: number;
  averagePerformance: number;
  backwardTransfer: number;
  forgetting: number;
  resultsMatrix: (number | null)[][];
  intervals: ([number, number] | null)[][];
  workSeconds: number;
}

interface StreamsOptions {
  run: string[];
  set: string[];
  parallel: number;
  workers: number;
  work: string;
  out: string;
  name: string;
}

interface Wanted {
  stream: string;
  files: string[];
  replay: string;
  seed: number;
}

const DEFAULT_RUNS = ["generated:0", "generated:1", "oracle:0", "none:0"];

/** Runs what is not finished yet, prints the table, writes JSON and picture. */
export async function streams(folders: string[], options: StreamsOptions): Promise<void> {
  const wanted = await listRuns(folders, options.run.length > 0 ? options.run : DEFAULT_RUNS);
  await mkdir(options.work, { recursive: true });
  const done = await mapConcurrently(wanted, options.parallel, (one) => runOnce(one, options));
  done.sort((a, b) =>
    a.stream.localeCompare(b.stream) || a.replay.localeCompare(b.replay) || a.seed - b.seed
  );
  print(done);
  await mkdir(options.out, { recursive: true });
  const conditions = { parallelRuns: options.parallel, workersEach: options.workers, settings: options.set };
  await writeFile(
    join(options.out, `${options.name}.json`),
    JSON.stringify({ conditions, runs: done }, null, 1) + "\n",
  );
  await writeFile(join(options.out, `${options.name}.svg`), drawStreams(done));
}

async function listRuns(folders: readonly string[], runs: readonly string[]): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  for (const run of runs) {
    const [replay = "", seed] = run.split(":");
    if (!Number.isInteger(Number(seed))) {
      throw new UsageError(`--run must be replay:seed, e.g. generated:0: current value is ${run}`);
    }
    for (const folder of folders) {
      wanted.push({
        stream: basename(folder),
        files: await streamFiles(folder),
        replay,
        seed: Number(seed),
      });
    }
  }
  return wanted;
}

async function runOnce(
  { stream, files, replay, seed }: Wanted,
  { work, set, workers }: StreamsOptions,
): Promise<StreamRun> {
  const name = `${stream}-${replay}-${seed}`;
  const record = join(work, `${name}.json`);
  const known = await readFile(record, "utf8").catch(() => undefined);
  if (known !== undefined) return JSON.parse(known);
  const settings = [...set, "gate=observe"].flatMap((setting) => ["--set", setting]);
  const args = [
    ...files,
    "--learner",
    name,
    "--store",
    join(work, name),
    "--replay",
    replay,
    "--seed",
    String(seed),
    "--workers",
    String(workers),
    ...settings,
  ];
  const { result, wallSeconds } = await runChild(name, args);
  const run = summarise(result, { stream, replay, seed, wallSeconds });
  await writeFile(record, JSON.stringify(run));
  return run;
}

function summarise(
  result: RunResult,
  about: Pick<StreamRun, "stream" | "replay" | "seed" | "wallSeconds">,
): StreamRun {
  const {
    averagePerformance,
    backwardTransfer,
    forgetting,
    resultsMatrix,
    intervals,
    workSeconds,
    problems,
  } = result;
  if (problems.length > 0) console.error(`! ${about.stream}: ${problems.map(describeProblem).join("; ")}`);
  return {
    ...about,
    averagePerformance: averagePerformance ?? NaN,
    backwardTransfer: backwardTransfer ?? NaN,
    forgetting: forgetting ?? NaN,
    resultsMatrix,
    intervals,
    workSeconds,
  };
}

function print(runs: readonly StreamRun[]): void {
  const oracle = (stream: string) =>
    runs.find((run) => run.stream === stream && run.replay === "oracle")?.averagePerformance;
  printTable(
    ["stream", "replay", "seed", "AP", "BWT", "forgetting", "oracle gap", "seconds", "last row"],
    runs.map((run) => {
      const best = oracle(run.stream);
      const gap = best === undefined || run.replay === "oracle" ? null : best - run.averagePerformance;
      const last = (run.resultsMatrix.at(-1) ?? []).map(score).join(" ");
      return [
        run.stream,
        run.replay,
        run.seed,
        score(run.averagePerformance),
        score(run.backwardTransfer),
        score(run.forgetting),
        score(gap),
        run.wallSeconds.toFixed(0),
        last,
      ];
    }),
  );
}
