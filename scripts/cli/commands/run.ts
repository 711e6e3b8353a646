/**
 * `cugro run` and `cugro add`: the main job. Files in, versions out.
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { presets } from "@cugro/algorithm";
import { addUploaded, createLearner, learnerExists, loadFacts, reviseConfig } from "@cugro/learners";
import type { Store } from "@cugro/store";
import type { ArrivalFact } from "@cugro/protocol";
import type { Command } from "commander";
import { learn } from "../embedded/learn.ts";
import { DEFAULT_STORE, openForReading, openForWriting } from "../embedded/session.ts";
import { run as runRemotely } from "../remote/run.ts";
import { add as addRemotely } from "../remote/act.ts";
import { orRemote } from "../remote/connect.ts";
import { type Flags, judgeFlags } from "./flags.ts";
import { printJson, UsageError, wholeNumber } from "./output.ts";
import { parsePreset, parseSettings, repeatable } from "./settings.ts";
import { printResult, readResult } from "./result.ts";
import { writeReport } from "./report.ts";

interface RunOptions extends Flags {
  store: string;
  workers: number;
  json?: boolean;
}

/** Adds the commands. */
export function registerRun(program: Command): void {
  const runCommand = program.command("run")
    .description("learn dataset files one after the other; resumes where it stopped")
    .argument("[files...]", "datasets in the order of their tasks (.hdf5 or .safetensors)")
    .requiredOption("--learner <name>", "name of the learner; made if there is none")
    .option("--store <folder>", "folder that holds everything", DEFAULT_STORE)
    .option("--preset <name>", `${Object.keys(presets).join(", ")} (default: default)`)
    .addOption(repeatable("--set <knob=value>", "change a knob; may be repeated"))
    .option("--replay <source>", "generated, none or oracle (the same as --set replay=...)")
    .option("--seed <n>", "seed of a new learner (default: 0)", wholeNumber("--seed", 0))
    .option("--workers <n>", "worker processes", wholeNumber("--workers", 1), navigator.hardwareConcurrency)
    .option("--from-next-task", "on an existing learner: use the given knobs for the tasks not yet started")
    .option("--json", "print one JSON document at the end");
  orRemote(runCommand, run, runRemotely);
  const addCommand = program.command("add")
    .description("hand a dataset to a learner without learning it now")
    .argument("<files...>")
    .requiredOption("--learner <name>", "whose task it becomes")
    .option("--store <folder>", "folder that holds everything, or s3://bucket/prefix", DEFAULT_STORE);
  orRemote(addCommand, add, addRemotely);
}

async function run(paths: string[], options: RunOptions): Promise<void> {
  const files = await readFiles(paths);
  // A file that an earlier run was told about is no fault of this one, unless it is named again.
  const history = new Set<number>();
  const end = await learn({
    folder: options.store,
    learner: options.learner,
    workers: options.workers,
    prepare: async ({ store }) => {
      await settle(store, options, files.length > 0);
      const { rejections } = await loadFacts(store, options.learner);
      for (const { seq } of rejections) history.add(seq);
      for (const { seq } of await addFiles(store, options.learner, files)) history.delete(seq);
    },
  });
  const store = await openForReading(options.store);
  const result = await readResult(store, options.learner, (arrival) => !history.has(arrival));
  if (end === "interrupted") {
    console.error(
      `Stopped. Nothing is lost: the same command goes on, or: cugro run --learner ${options.learner} --store ${options.store}`,
    );
    Deno.exitCode = 130;
  } else {
    const report = await writeReport(store, options.learner, options.store);
    if (!options.json) printResult(result);
    console.error(`report: ${report}`);
    if (result.problems.length > 0) Deno.exitCode = 1;
  }
  if (options.json) printJson(result);
}

/** Files are read before anything is opened: a wrong path costs nothing. */
async function readFiles(paths: readonly string[]): Promise<{ name: string; bytes: Uint8Array }[]> {
  const missing: string[] = [];
  const files = await Promise.all(paths.map(async (path) => {
    try {
      return { name: basename(path), bytes: new Uint8Array(await readFile(path)) };
    } catch {
      missing.push(path);
      return { name: "", bytes: new Uint8Array() };
    }
  }));
  if (missing.length > 0) throw new UsageError(`Cannot read ${missing.join(", ")}: is the path right?`);
  return files;
}

async function addFiles(
  store: Store,
  learner: string,
  files: readonly { name: string; bytes: Uint8Array }[],
): Promise<ArrivalFact[]> {
  const arrivals: ArrivalFact[] = [];
  for (const { name, bytes } of files) {
    const { arrival, added } = await addUploaded({ store, learner, fileName: name, body: bytes });
    arrivals.push(arrival);
    console.error(added ? `${name}: handed to ${learner}` : `${name}: ${learner} has it already`);
  }
  return arrivals;
}

/** Makes the learner, or checks that the flags fit the one there is. */
async function settle(store: Store, options: RunOptions, hasFiles: boolean): Promise<void> {
  const name = options.learner;
  if (await learnerExists(store, name)) return await adjust(store, options);
  if (!hasFiles) {
    throw new UsageError(
      `There is no learner "${name}" in ${options.store}; name the files of its first tasks`,
    );
  }
  const overrides = parseSettings(options.set, options.replay);
  const preset = parsePreset(options.preset ?? "default");
  await createLearner({ store, name, seed: options.seed ?? 0, preset, overrides });
}

/** Flags of a learner that exists: they must fit, or be meant for the tasks to come. */
async function adjust(store: Store, options: RunOptions): Promise<void> {
  const { learner, configs } = await loadFacts(store, options.learner);
  const change = judgeFlags({ ...configs.at(-1)!, seed: learner.seed }, options);
  if (!change) return;
  const revised = await reviseConfig({ store, name: learner.name, ...change.settings });
  console.error(`configuration ${revised.revision} holds from task ${revised.fromTask} on:\n${change.list}`);
}

async function add(
  paths: string[],
  { learner, store: folder }: { learner: string; store: string },
): Promise<void> {
  const files = await readFiles(paths);
  const store = await openForWriting(folder);
  try {
    await addFiles(store, learner, files);
  } finally {
    await store.close();
  }
  console.error(`cugro run --learner ${learner} --store ${folder} learns what is waiting`);
}
