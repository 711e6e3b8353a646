/**
 * `cugro sweep`: the same datasets, learnt with every seed and every combination of knobs, and then compared.
 * @module
 */
import type { Command } from "commander";
import { onLearners } from "../../learners/learners_of_flags.ts";
import type { Learners } from "../../learners/learners.ts";
import { commandLine, DEFAULT_STORE } from "../../learners/place.ts";
import { compare } from "../../runs/compare_learners.ts";
import { type ComparedLearner, readOne } from "../../runs/compared_learners.ts";
import { parseSeeds, type SweepRun, sweepRuns } from "../../runs/knob_grid.ts";
import { learnMany } from "../../runs/learn_many.ts";
import { learnOne } from "../../runs/learn_one.ts";
import { withExamples } from "../judged_file.ts";
import { score, UsageError, wholeNumber } from "../print_output.ts";
import { type PythonFlags, usePython, withPythonOptions } from "../python_options.ts";
import { type ReadFlags, readingOfFlags, withReadOptions } from "../read_options.ts";
import { refuseUnreadable } from "../readable.ts";
import { parsePreset, repeatable } from "../knob_options.ts";
import { type ComparisonFlags, showComparison, withComparisonFlags } from "./compare_command.ts";

interface SweepOptions extends ComparisonFlags, ReadFlags, PythonFlags {
  learner: string;
  seeds: string;
  set: string[];
  preset: string;
  parallel: number;
  workers: number;
  dryRun?: boolean;
}

/** Adds the command. */
export function registerSweep(program: Command): void {
  const command = program.command("sweep")
    .argument("<files...>", "datasets in the order of their tasks")
    .requiredOption("--learner <name>", "prefix of the learners' names")
    .option("--store <folder>", "folder that holds everything", DEFAULT_STORE)
    .option("--seeds <seeds>", "e.g. 0..4 or 0,3,7", "0..2")
    .addOption(repeatable("--set <knob=values>", "values of a knob, separated by commas; may be repeated"))
    .option("--preset <name>", "preset of all learners", "default")
    .option("--parallel <n>", "learners at a time; they share the workers", wholeNumber("--parallel", 1), 1)
    .option("--workers <n>", "worker processes", wholeNumber("--workers", 1), navigator.hardwareConcurrency)
    .option("--dry-run", "only list the learners");
  onLearners(withComparisonFlags(withPythonOptions(withReadOptions(command))), sweep);
  withExamples(
    command,
    "cugro sweep task1.hdf5 task2.hdf5 --learner alpha --seeds 0..4 --set inverseTemperature=10,20",
  );
}

async function sweep(learners: Learners, files: string[], options: SweepOptions): Promise<void> {
  const { learner, seeds, set, preset, dryRun } = options;
  if (learners.place.kind === "bucket") {
    throw new UsageError("cugro sweep learns on this machine and needs a folder, or a gateway with --url");
  }
  const runs = sweepRuns(learner, { seeds: parseSeeds(seeds), settings: set, preset: parsePreset(preset) });
  usePython(options);
  await refuseUnreadable(files);
  for (const { name, settings } of runs) console.error(`${name}: ${settings.join(" ")}`);
  console.error(`${runs.length} learners of ${files.length} task${files.length === 1 ? "" : "s"}`);
  if (dryRun) return;
  const done: SweepRun[] = [];
  const ended = await learnMany(runs, options.parallel, async (run) => {
    const status = await learnOne(learners, run, files, {
      workers: options.workers,
      reading: readingOfFlags(options),
    });
    if (!status) return false;
    done.push(run);
    const average = `average performance ${score(status.averagePerformance)}`;
    console.error(`${done.length} of ${runs.length} learnt: ${run.name}, ${average}`);
    return true;
  });
  if (ended.stopped) {
    console.error("Stopped. Nothing is lost: the same command resumes");
    Deno.exitCode = 130;
    return;
  }
  for (const sentence of ended.failed) console.error(`! ${sentence}`);
  if (ended.failed.length > 0) Deno.exitCode = 1;
  await conclude(learners, runs.filter((run) => done.includes(run)), options);
}

/** Compares the learners, in the order in which they are listed. */
async function conclude(learners: Learners, runs: readonly SweepRun[], flags: SweepOptions): Promise<void> {
  if (runs.length < 2) {
    const words = `status --learner ${runs[0]?.name ?? flags.learner}`;
    return console.error(`There is nothing to compare: ${commandLine(learners.place, words)}`);
  }
  const compared: ComparedLearner[] = [];
  for (const { name } of runs) compared.push(await readOne(learners, name, name));
  const about = `${runs.length} learners of cugro sweep --learner ${flags.learner} --seeds ${flags.seeds}` +
    flags.set.map((one) => ` --set ${one}`).join("");
  await showComparison(learners, compare(compared), about, flags);
}
