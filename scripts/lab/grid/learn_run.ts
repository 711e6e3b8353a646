/**
 * One run of a grid, with the learner or the learners that it takes.
 * @module
 */
import type { Learners, WholeStatus } from "../../cli/learners/learners.ts";
import { learnOne, RUN_SETTINGS } from "../../cli/runs/learn_one.ts";
import type { GridRun } from "./grid_file.ts";
import { measureLast, measureRun, measureSeparate, workOf } from "./measured_run.ts";
import { methodOf } from "./methods.ts";
import type { RunInputs, RunRecord } from "./run_record.ts";

/** A run whose data is there. */
export interface PreparedRun {
  run: GridRun;
  files: string[];
  inputs: RunInputs;
  record?: RunRecord;
}

/** Learns a run, from wherever it was left. @returns undefined where it was stopped @throws {RunFailed} */
export async function runOnce(
  learners: Learners,
  { run, files, inputs }: PreparedRun,
  options: { workers: number },
): Promise<RunRecord | undefined> {
  const { learners: how, lastTask } = methodOf(run.method);
  const { seed, preset } = run;
  const settings = [...run.settings, ...RUN_SETTINGS];
  if (how === "one a task") {
    const statuses: WholeStatus[] = [];
    for (const [index, file] of files.entries()) {
      const one = { name: `${run.id}-task${index + 1}`, seed, preset, settings };
      const status = await learnOne(learners, one, [file], options);
      if (!status) return undefined;
      statuses.push(status);
    }
    const work = Object.assign({}, ...statuses.map(workOf));
    return { inputs, run: measureSeparate(run, statuses), work };
  }
  const one = { name: run.id, seed, preset, settings, ...lastTask && files.length > 1 ? { lastTask } : {} };
  const status = await learnOne(learners, one, files, options);
  if (!status) return undefined;
  return { inputs, run: (lastTask ? measureLast : measureRun)(run, status), work: workOf(status) };
}
