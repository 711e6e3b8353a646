/**
 * Streams of datasets, learnt with every replay source and seed in the same conditions.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sayProblem } from "../../cli/commands/problems.ts";
import { printTable, score, UsageError } from "../../cli/commands/output.ts";
import type { RunResult } from "../../cli/commands/result.ts";
import { runChild } from "../../cli/embedded/child_run.ts";
import { type Place, placeOfStore } from "../../cli/learners/place.ts";
import { type PreparedStream, prepareStream } from "./known_streams.ts";
import { measureMatrix, type StreamMeasures } from "./stream_measures.ts";
import { drawStreams } from "./streams_picture.ts";

/** One finished run. */
export interface StreamRun extends StreamMeasures {
  stream: string;
  replay: string;
  seed: number;
  /** Of the run where it was not `default`. */
  preset?: string;
  /** Knobs that were turned, where any were. */
  settings?: string[];
  wallSeconds: number;
  resultsMatrix: (number | null)[][];
  intervals: ([number, number] | null)[][];
  /** How many the interval of each cell is over. */
  episodes: (number | null)[][];
  workSeconds: number;
}

interface StreamsOptions {
  preset: string;
  run: string[];
  set: string[];
  parallel: number;
  workers: number;
  work: string;
  out?: string;
  name: string;
}

interface Wanted {
  stream: PreparedStream;
  replay: string;
  seed: number;
}

const DEFAULT_PRESET = "default";
/** Runs of every stream where none is asked for. */
export const DEFAULT_RUNS = ["generated:0", "generated:1", "oracle:0", "none:0"];

/** Makes the data that is missing, runs what is not finished yet, prints the table, writes JSON and picture. */
export async function streams(names: string[], options: StreamsOptions): Promise<void> {
  const runs = parseRuns(options.run.length > 0 ? options.run : DEFAULT_RUNS);
  await mkdir(options.work, { recursive: true });
  const prepared: PreparedStream[] = [];
  for (const name of names) prepared.push(await prepareStream(name, options.work));
  const wanted = runs.flatMap((run) => prepared.map((stream): Wanted => ({ stream, ...run })));
  // What cannot be taken is said now, not after the hours that the runs before it take.
  for (const one of wanted) {
    await recorded(join(options.work, `${nameOf(one)}.json`), options, one.stream.hashes);
  }
  const done = await mapConcurrently(wanted, options.parallel, (one) => runOnce(one, options));
  done.sort((a, b) =>
    a.stream.localeCompare(b.stream) || a.replay.localeCompare(b.replay) || a.seed - b.seed
  );
  print(done);
  await writeResults(done, prepared, options);
}

async function writeResults(
  runs: StreamRun[],
  prepared: readonly PreparedStream[],
  { parallel, workers, preset, set, work, out = join(work, "results"), name }: StreamsOptions,
): Promise<void> {
  await mkdir(out, { recursive: true });
  const conditions = { parallelRuns: parallel, workersEach: workers, preset, settings: set };
  const datasets = Object.fromEntries(prepared.map((stream) => [stream.name, stream.hashes]));
  const path = join(out, `${name}.json`);
  await writeFile(path, JSON.stringify({ conditions, datasets, runs }, null, 1) + "\n");
  await writeFile(join(out, `${name}.svg`), drawStreams(runs));
  console.error(`results: ${path}`);
}

/** `generated:0` -> its replay source and seed. @throws {UsageError} where it is not of that form */
function parseRuns(runs: readonly string[]): Pick<Wanted, "replay" | "seed">[] {
  return runs.map((run) => {
    const [replay = "", seed] = run.split(":");
    if (seed && Number.isInteger(Number(seed))) return { replay, seed: Number(seed) };
    throw new UsageError(`--run must be replay:seed, e.g. generated:0: current value is ${run}`);
  });
}

/** What a record says besides its run: the data that it learnt. */
type StreamRecord = StreamRun & { datasets?: Record<string, string> };

/** The finished run of a record, if there is one. @throws {UsageError} when it was run with other settings or on other data */
export async function recorded(
  path: string,
  { preset, set }: Pick<StreamsOptions, "preset" | "set">,
  wantedData: Readonly<Record<string, string>>,
): Promise<StreamRun | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { datasets = wantedData, ...run } = JSON.parse(text) as StreamRecord;
  const ran = [run.preset ?? DEFAULT_PRESET, ...run.settings ?? []].join(" ");
  const wanted = [preset, ...set].join(" ");
  if (ran !== wanted) {
    throw new UsageError(
      `${path} is of a run with ${ran}, and ${wanted} is wanted: give another folder with --work`,
    );
  }
  if (JSON.stringify(datasets) === JSON.stringify(wantedData)) return run;
  throw new UsageError(`${path} is of a run on other data: give another folder with --work`);
}

const nameOf = ({ stream, replay, seed }: Wanted) => `${stream.name}-${replay}-${seed}`;

async function runOnce(one: Wanted, { work, preset, set, workers }: StreamsOptions): Promise<StreamRun> {
  const { stream: { name: stream, files, hashes, variables }, replay, seed } = one;
  const name = nameOf(one);
  const record = join(work, `${name}.json`);
  const known = await recorded(record, { preset, set }, hashes);
  // A record of an earlier version may have figures of other definitions.
  if (known !== undefined) return { ...known, ...measureMatrix(known.resultsMatrix) };
  const settings = [...set, "gate=observe"].flatMap((setting) => ["--set", setting]);
  const args = [
    ...files,
    ...["--learner", name, "--store", join(work, name), "--preset", preset],
    ...["--replay", replay, "--seed", String(seed), "--workers", String(workers)],
    ...settings,
  ];
  const { result, wallSeconds } = await runChild(name, args, undefined, variables);
  const how = {
    ...(preset === DEFAULT_PRESET ? {} : { preset }),
    ...(set.length > 0 ? { settings: set } : {}),
  };
  const run = summarise(result, placeOfStore(join(work, name)), {
    stream,
    replay,
    seed,
    ...how,
    wallSeconds,
  });
  await writeFile(record, JSON.stringify({ ...run, datasets: hashes } satisfies StreamRecord));
  return run;
}

function summarise(
  result: RunResult,
  place: Place,
  about: Pick<StreamRun, "stream" | "replay" | "seed" | "preset" | "settings" | "wallSeconds">,
): StreamRun {
  const { resultsMatrix, intervals, episodes, workSeconds, problems } = result;
  for (const problem of problems) console.error(`! ${about.stream}: ${sayProblem(problem, place)}`);
  return {
    ...about,
    ...measureMatrix(resultsMatrix),
    resultsMatrix,
    intervals,
    episodes,
    workSeconds,
  };
}

function print(runs: readonly StreamRun[]): void {
  const oracle = (stream: string) =>
    runs.find((run) => run.stream === stream && run.replay === "oracle")?.averagePerformance;
  printTable(
    [
      ...["stream", "replay", "seed", "AP", "mean AP", "just learned", "worst drop", "forgetting", "BWT"],
      ...["oracle gap", "seconds", "last row"],
    ],
    runs.map((run) => {
      const best = oracle(run.stream);
      const gap = best === undefined || run.replay === "oracle" ? null : best - run.averagePerformance;
      const last = (run.resultsMatrix.at(-1) ?? []).map(score).join(" ");
      return [
        run.stream,
        run.replay,
        run.seed,
        score(run.averagePerformance),
        score(run.meanPerformance),
        score(run.justLearned),
        score(run.worstDrop),
        score(run.forgetting),
        `${score(run.backwardTransfer)}${run.badlyLearnedFirst ? " (badly learned first)" : ""}`,
        score(gap),
        run.wallSeconds.toFixed(0),
        last,
      ];
    }),
  );
}
