/**
 * The same `cugro run` with compiled steps and with eager ones, in turns: wall time, work, and what was learnt.
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { score } from "../../cli/commands/print_output.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { runChild } from "../../cli/embedded/child_run.ts";
import { quantile } from "./processes.ts";
import { streamFiles } from "../streams/stream_files.ts";

interface CompiledOptions {
  tasks: number;
  rounds: number;
  workers: number;
  out: string;
}

interface Run {
  compile: "on" | "off";
  round: number;
  /** Of the whole command. */
  wallSeconds: number;
  /** Of all jobs together. */
  workSeconds: number;
  averagePerformance: number;
  backwardTransfer: number;
  resultsMatrix: (number | null)[][];
  /** Of the machine, over the last five minutes, when the run had ended. */
  loadAverage: number;
}

/**
 * Runs on, off, on, off ... on the first tasks of a stream, preset `default`, and writes `compiled_run.json`.
 *
 * @param folder of a stream's files
 * @param options tasks, rounds, workers and output
 */
export async function compiled(
  folder: string,
  { tasks, rounds, workers, out }: CompiledOptions,
): Promise<void> {
  const files = (await streamFiles(folder)).slice(0, tasks);
  const runs: Run[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const compile of ["on", "off"] as const) {
      runs.push(await runOnce(files, { compile, round, workers }));
    }
  }
  const median = (compile: Run["compile"]) =>
    quantile(runs.filter((run) => run.compile === compile).map(({ wallSeconds }) => wallSeconds), 0.5);
  const ratio = median("on") / median("off");
  await mkdir(out, { recursive: true });
  const report = { stream: basename(folder), tasks: files.length, workers, seed: 0, ratio, runs };
  await writeFile(join(out, "compiled_run.json"), JSON.stringify(report, null, 1) + "\n");
  printTable(
    ["compiled", "round", "wall s", "work s", "AP", "BWT", "load"],
    runs.map((run) => [
      run.compile,
      run.round,
      run.wallSeconds.toFixed(0),
      run.workSeconds.toFixed(0),
      score(run.averagePerformance),
      score(run.backwardTransfer),
      run.loadAverage.toFixed(1),
    ]),
  );
  console.log(`wall time of compiled runs: ${ratio.toFixed(2)} of eager ones (medians)`);
}

async function runOnce(
  files: readonly string[],
  { compile, round, workers }: Pick<Run, "compile" | "round"> & { workers: number },
): Promise<Run> {
  const store = await mkdtemp(join(tmpdir(), "cugro-compiled-"));
  try {
    const names = ["--learner", "compiled", "--store", store, "--seed", "0", "--workers", String(workers)];
    const { result, wallSeconds } = await runChild(
      `${compile} ${round}`,
      [...files, ...names, "--set", "gate=observe"],
      undefined,
      { CUGRO_COMPILE: compile },
    );
    const { averagePerformance, backwardTransfer, resultsMatrix, workSeconds } = result;
    return {
      ...{ compile, round, wallSeconds, workSeconds, resultsMatrix },
      averagePerformance: averagePerformance ?? NaN,
      backwardTransfer: backwardTransfer ?? NaN,
      loadAverage: loadavg()[1] ?? NaN,
    };
  } finally {
    await rm(store, { recursive: true, force: true });
  }
}
