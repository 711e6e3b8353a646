/**
 * `cugro run` and `cugro add`: the main job. Files in, versions out.
 * @module
 */
import { presets } from "@cugro/algorithm/arrays";
import type { Becoming } from "@cugro/client";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { HandedOver, KnownLearner, LearnEnd, Learners, ShownStatus } from "../learners/learners.ts";
import { invocation, quoted } from "../learners/invocation.ts";
import { commandLine, DEFAULT_STORE, learningCommand, type Place } from "../learners/place.ts";
import type { Flags } from "./flags.ts";
import { settle } from "../learners/settle.ts";
import {
  isOnTerminal,
  openPageIfAsked,
  type PageFlags,
  stayUntilCtrlC,
  withPageOptions,
} from "../page/page_options.ts";
import { type PythonFlags, refuseUnrunnable, usePython, withPythonOptions } from "./python_options.ts";
import { type ReadFlags, readingOfFlags, withReadOptions } from "./read_options.ts";
import { printJson, UsageError, wholeNumber } from "./print_output.ts";
import { refuseUnreadable } from "./readable.ts";
import { writeReport } from "./report_command.ts";
import { hasFaults, printResult, resultOf, type RunResult } from "./result.ts";
import { repeatable } from "./knob_options.ts";

/** A week. */
const MOST_MINUTES = 10_080;

interface RunOptions extends Flags, ReadFlags, PythonFlags, Becoming, PageFlags {
  workers: number;
  waitForRoom: number;
  json?: boolean;
}

/** Adds the commands. */
export function registerRun(program: Command): void {
  const runCommand = program.command("run")
    .argument("[files...]", "datasets in the order of their tasks: files, or folders of LeRobot or Minari")
    .requiredOption("--learner <name>", "name of the learner; created if it does not exist")
    .option("--store <folder>", "folder that holds everything", DEFAULT_STORE)
    .option("--preset <name>", `${Object.keys(presets).join(", ")} (default: default)`)
    .addOption(repeatable("--set <knob=value>", "change a knob; may be repeated"))
    .option(
      "--replay <source>",
      "generated, none, oracle, multitask, noise or real-buffer (the same as --set replay=...)",
    )
    .option("--seed <n>", "seed of a new learner (default: 0)", wholeNumber("--seed", 0))
    .option("--workers <n>", "worker processes", wholeNumber("--workers", 1), navigator.hardwareConcurrency)
    .option("--wait-for-room <minutes>", "minutes to wait for space on a full disk", minutes, 30)
    .option("--from-next-task", "on an existing learner: use the given knobs for the tasks not yet started")
    .option("--json", "print one JSON document at the end");
  onLearners(withPageOptions(withBecoming(withPythonOptions(withReadOptions(runCommand)))), run);
  const addCommand = program.command("add")
    .argument("<files...>")
    .requiredOption("--learner <name>", "learner that the files are handed to")
    .option(...STORE_FLAG);
  onLearners(withBecoming(withReadOptions(addCommand)), add);
}

function withBecoming(command: Command): Command {
  return command.option(
    "--as-new-task",
    "make each file a new task, even if it extends a task's dataset or is part of one",
  );
}

/** A number of minutes from the command line. */
function minutes(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= MOST_MINUTES) return value;
  throw new UsageError(
    `--wait-for-room must be a number of minutes from 0 to ${MOST_MINUTES}: current value is ${text}`,
  );
}

async function run(learners: Learners, paths: string[], options: RunOptions): Promise<void> {
  const { learner, json } = options;
  refuseBucket(learners.place);
  usePython(options);
  const { environment } = readingOfFlags(options) ?? {};
  // A cluster's Python is configured there.
  const runsHere = learners.place.kind === "folder";
  if (runsHere && environment !== undefined && environment !== "none") await refuseUnrunnable(environment);
  await refuseUnreadable(paths);
  const known = await settle(learners, options, paths.length > 0);
  const page = await openPageIfAsked(learners, learner, options);
  try {
    const end = await learnAll(learners, paths, options, known);
    if (!page || end !== "idle" || !options.stay || json || !isOnTerminal()) return;
    if (learners.place.kind === "folder") await stayUntilCtrlC(learners, options, page);
  } finally {
    await page?.close();
  }
}

/** Hands the files over, learns, and prints the result. */
async function learnAll(
  learners: Learners,
  paths: string[],
  options: RunOptions,
  known: KnownLearner | undefined,
): Promise<LearnEnd> {
  const { learner, json } = options;
  // A rejection from an earlier run is not reported again, unless its file is named again.
  const history = new Set(known?.rejected);
  const handed = await handOver(learners, learner, paths, options);
  for (const { seq } of handed) history.delete(seq);
  const end = await learners.learn(learner, options);
  if (end === "deleted") {
    const again = commandLine(learners.place, `learner restore ${learner}`);
    throw new UsageError(
      `The learner "${learner}" was deleted meanwhile, and its work is stopped. Back again: ${again}`,
    );
  }
  const status = await learners.status(learner);
  const result = resultOf(status, (arrival) => !history.has(arrival));
  printUnlearnt(learners.place, status, handed);
  for (const { task } of cancelledSince(status.tasks, known)) {
    console.error(
      `task ${task} was cancelled, and its work is stopped; learnt again: ` +
        commandLine(learners.place, `retry ${task} --learner ${learner}`),
    );
  }
  if (end === "idle") {
    const report = await reportOf(learners, learner);
    if (!json) printResult(result, status, learners.place);
    console.error(`report: ${report}`);
  } else console.error(describeInterruption(learners.place, learner));
  Deno.exitCode = exitCodeOf(end, result);
  if (json) printJson(result);
  return end;
}

/** Tasks that were cancelled while this command ran. */
function cancelledSince(tasks: ShownStatus["tasks"], known: KnownLearner | undefined): ShownStatus["tasks"] {
  return tasks.filter(({ task, attempt, state }) =>
    state === "cancelled" && !known?.cancelled.includes(`${task}/${attempt}`)
  );
}

function exitCodeOf(end: LearnEnd, result: RunResult): number {
  if (end === "interrupted") return 130;
  return hasFaults(result) ? 1 : 0;
}

function refuseBucket({ kind, name }: Place): void {
  if (kind !== "bucket") return;
  throw new UsageError(
    `This command works on this machine and needs a folder: ${name} is a bucket. Files that are added there ` +
      `(${invocation()} add FILES --learner NAME --store ${
        quoted(name)
      }) are learnt by the cluster that serves it; ${invocation()} pull gets a learner out`,
  );
}

type Handed = HandedOver & { path: string };

/** For files that arrived before and whose task was cancelled or withdrawn: prints the command that learns them. */
function printUnlearnt(
  place: Place,
  { learner: { name }, tasks }: ShownStatus,
  handed: readonly Handed[],
): void {
  for (const { path, seq, added } of handed) {
    const found = tasks.find(({ arrival }) => arrival === seq);
    if (added || !found || !["cancelled", "withdrawn"].includes(found.state)) continue;
    const again = commandLine(place, `retry ${found.task} --learner ${name}`);
    console.error(
      `${path} is not learnt: it is task ${found.task}'s, which was ${found.state}; learnt again: ${again}`,
    );
  }
}

/** Hands files over, one after the other: their order is that of the tasks. */
async function handOver(
  learners: Learners,
  learner: string,
  paths: readonly string[],
  flags: ReadFlags & Becoming,
): Promise<Handed[]> {
  const handed: Handed[] = [];
  for (const path of paths) {
    const { asNewTask = false } = flags;
    const one = await learners.add(learner, path, readingOfFlags(flags), { asNewTask });
    handed.push({ ...one, path });
    console.error(`${path}: ${describeHandedOver(learner, one)}`);
  }
  return handed;
}

function describeHandedOver(learner: string, { added, reason }: HandedOver): string {
  if (added) return `handed to ${learner}`;
  return reason === null ? `${learner} has it already` : `${learner} has rejected it before: ${reason}`;
}

/** The path of a page, or the command that writes it. */
async function reportOf(learners: Learners, learner: string): Promise<string> {
  const { place } = learners;
  if (place.kind === "gateway") return commandLine(place, `report --learner ${learner}`);
  return await writeReport(learners, learner);
}

function describeInterruption(place: Place, learner: string): string {
  const again = commandLine(place, `run --learner ${learner}`);
  return place.kind === "gateway"
    ? `No longer following; the cluster goes on. To follow again: ${again}`
    : `Stopped. Nothing is lost: the same command resumes, or: ${again}`;
}

async function add(
  learners: Learners,
  paths: string[],
  { learner, ...flags }: { learner: string } & ReadFlags & Becoming,
): Promise<void> {
  await refuseUnreadable(paths);
  for (const path of flags.asNewTask ? [] : paths) {
    const forecast = await learners.foresee(learner, path, readingOfFlags(flags));
    if (forecast !== undefined) console.error(`${path}: ${forecast}`);
  }
  const handed = await handOver(learners, learner, paths, flags);
  if (handed.some(({ added }) => !added)) {
    printUnlearnt(learners.place, await learners.status(learner), handed);
  }
  const next = learningCommand(learners.place, learner);
  if (next !== undefined) console.error(`${next} learns what is waiting`);
}
