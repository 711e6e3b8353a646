/**
 * How good estimates are: every version of finished runs is estimated by the code that jobs run, and compared with the
 * simulator's score. The stores are only read.
 * @module
 */
import { codeVersion } from "@cugro/telemetry";
import {
  estimateJobs,
  type LearnerFacts,
  listLearners,
  loadFacts,
  readEstimate,
  validVersions,
} from "@cugro/learners";
import { createHandlers } from "@cugro/policy-evaluation";
import { jobId, type JobOf, type JsonObject, parseJob, type VersionFact } from "@cugro/protocol";
import { knobs } from "@cugro/algorithm/knobs";
import type { Store } from "@cugro/store";
import { openCompute } from "@cugro/tensors";
import { type JobContext, type JobHandlers, openInput, readInput } from "@cugro/worker";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { openForReading } from "../../cli/learners/stores_of_flags.ts";
import { UsageError } from "../../cli/commands/print_output.ts";
import { streamOf } from "../../cli/runs/summarise_seeds.ts";
import { recordPath, type RunRecord } from "../grid/run_record.ts";
import { type CalibratedRun, measureCalibration, printCalibration } from "./calibration_measures.ts";
import { drawCalibration } from "./picture.ts";

/**
 * Estimates what is missing, compares, prints the table, writes JSON and picture.
 *
 * @param folders stores of finished runs
 * @param options where jobs and results go
 * @throws {UsageError} where a folder has no learner
 */
export async function calibration(
  folders: string[],
  { work, out, known }: { work: string; out: string; known?: boolean },
): Promise<void> {
  const stores = (await Promise.all(folders.map(storesIn))).flat();
  if (stores.length === 0) throw new UsageError(`There is no learner's store in ${folders.join(", ")}`);
  await mkdir(work, { recursive: true });
  const { compile } = await openCompute();
  const handlers = createHandlers({ compile });
  const runs: CalibratedRun[] = [];
  for (const folder of stores) runs.push(...await runsOf(folder, { work, handlers, known }));
  const result = measureCalibration(runs);
  await mkdir(out, { recursive: true });
  await writeFile(
    join(out, "calibration.json"),
    JSON.stringify({ made: { code: codeVersion }, ...result }, null, 1) + "\n",
  );
  await writeFile(join(out, "calibration.svg"), drawCalibration(result));
  printCalibration(result);
}

/** Folders that hold a learner: the folder itself, or those in it. */
async function storesIn(folder: string): Promise<string[]> {
  const isStore = (path: string) =>
    stat(join(path, "learners")).then((found) => found.isDirectory(), () => false);
  if (await isStore(folder)) return [folder];
  const inside = (await readdir(folder).catch(() => [])).sort().map((name) => join(folder, name));
  const are = await Promise.all(inside.map(isStore));
  return inside.filter((_, i) => are[i]);
}

interface Means {
  work: string;
  handlers: JobHandlers;
  /** The last estimated version ends a run: versions after it were not estimated then either. */
  known: boolean | undefined;
}

async function runsOf(folder: string, means: Means): Promise<CalibratedRun[]> {
  const store = await openForReading(folder);
  const runs: CalibratedRun[] = [];
  try {
    for (const name of await listLearners(store)) {
      const facts = await loadFacts(store, name);
      console.error(`${basename(folder)}, ${name}: ${validVersions(facts).length} versions`);
      const stream = await recordedStream(folder, name);
      runs.push({ ...await runOf(store, facts, means), ...stream === undefined ? {} : { stream } });
    }
  } finally {
    await store.close();
  }
  return runs;
}

/** What a grid says that a learner of its store has learnt: runs have labels, which a name alone does not tell from streams. */
async function recordedStream(store: string, learner: string): Promise<string | undefined> {
  // The method with a learner for each task names these after the run.
  const run = learner.replace(/-task\d+$/, "");
  const text = await readFile(recordPath(dirname(store), run), "utf8").catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : streamOf((JSON.parse(text) as RunRecord).run);
}

async function runOf(store: Store, facts: LearnerFacts, means: Means): Promise<CalibratedRun> {
  const estimated: VersionFact[] = [];
  for (const version of validVersions(facts)) {
    const row: VersionFact["row"] = version.row.map(({ estimate: _, ...cell }) => cell);
    const jobs = estimateJobs(facts, { ...version, row }, estimated);
    for (const { task, job } of jobs) {
      const metrics = await metricsOf(store, job, means);
      if (!metrics) return { name: facts.learner.name, versions: estimated };
      const cell = row.find((one) => one.task === task)!;
      const before = estimated.findLast((one) => one.task === task)?.row.find((one) => one.task === task)
        ?.estimate;
      const { anchors } = facts.tasks.find((one) => one.task === task)!;
      cell.estimate = readEstimate({
        job: jobId(job),
        task,
        metrics,
        anchors,
        ...(task === version.task ? {} : { before }),
      });
    }
    estimated.push({ ...version, row });
  }
  return { name: facts.learner.name, versions: estimated };
}

/** The job's measurements, made now or in an earlier run of this experiment. */
async function metricsOf(
  store: Store,
  job: JobOf<"policy.estimate">,
  { work, handlers, known: only }: Means,
): Promise<JsonObject | undefined> {
  const id = jobId(job);
  const record = join(work, `${id}.json`);
  const known = await readFile(record, "utf8").catch(() => undefined);
  if (known !== undefined) return JSON.parse(known);
  if (only) return undefined;
  const parsed = parseJob(job, (name) => name in knobs) as JobContext<"policy.estimate">;
  const start = performance.now();
  const keptOf = (kept: string) => join(work, `${kept}.safetensors`);
  const context: JobContext<"policy.estimate"> = {
    ...parsed,
    jobId: id,
    read: async (input) =>
      input.name === "network" && "job" in input.ref
        ? new Uint8Array(await readFile(keptOf(input.ref.job)))
        : await readInput(store, job.kind, input),
    open: async (input) => await openInput(store, job.kind, input),
    ...{ store, checkpoint: undefined, progress: () => {}, tick: () => Promise.resolve(), profile: {} },
  };
  const { outputs, metrics } = await handlers["policy.estimate"]!(context);
  if (outputs.network) await writeFile(keptOf(id), outputs.network);
  await writeFile(record, JSON.stringify(metrics));
  const seconds = ((performance.now() - start) / 1_000).toFixed(0);
  console.error(`  task ${parsed.config.task} in the version of task ${parsed.config.newTask}: ${seconds} s`);
  return metrics;
}
