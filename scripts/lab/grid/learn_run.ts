/**
 * One run of a grid, with the learner or the learners that it takes.
 * @module
 */
import { UsageError } from "../../cli/commands/output.ts";
import { sayProblem } from "../../cli/commands/problems.ts";
import { parseSettings } from "../../cli/commands/settings.ts";
import type { Learners, ShownStatus } from "../../cli/learners/learners.ts";
import type { GridRun } from "./grid_file.ts";
import { measureRun, measureSeparate, workOf } from "./measured_run.ts";
import { methodOf } from "./methods.ts";
import { differencesOf, GRID_SETTINGS, inputsOf, type RunInputs, type RunRecord } from "./run_record.ts";

/** A run whose data is there. */
export interface PreparedRun {
  run: GridRun;
  files: string[];
  inputs: RunInputs;
  record?: RunRecord;
}

/** A run that cannot be finished, for reasons of its own. */
export class RunFailed extends Error {
  override name = "RunFailed";
}

/** Learns a run, from wherever it was left. @returns undefined where it was stopped @throws {RunFailed} */
export async function runOnce(
  learners: Learners,
  { run, files, inputs }: PreparedRun,
  options: { workers: number },
): Promise<RunRecord | undefined> {
  if (methodOf(run.method).learners === "one") {
    const status = await learn(learners, run, run.id, files, options);
    return status && { inputs, run: measureRun(run, status), work: workOf(status) };
  }
  const statuses: ShownStatus[] = [];
  for (const [index, file] of files.entries()) {
    const status = await learn(learners, run, `${run.id}-task${index + 1}`, [file], options);
    if (!status) return undefined;
    statuses.push(status);
  }
  const work = Object.assign({}, ...statuses.map(workOf));
  return { inputs, run: measureSeparate(run, statuses), work };
}

/** One learner, made where there is none, until nothing is left to do. */
async function learn(
  learners: Learners,
  run: GridRun,
  name: string,
  files: readonly string[],
  { workers }: { workers: number },
): Promise<ShownStatus | undefined> {
  const overrides = parseSettings([...run.settings, ...GRID_SETTINGS]);
  const known = await learners.find(name);
  if (known) {
    const differences = differencesOf(
      { seed: known.seed, knobs: known.config.knobs, datasets: [] },
      inputsOf(run, []),
    );
    if (differences.length > 0) {
      throw new UsageError(
        `${learners.place.name} has a learner ${name} with ${
          differences.join("; ")
        }: give another folder with --work`,
      );
    }
  } else await learners.create({ name, seed: run.seed, preset: run.preset, overrides });
  for (const file of files) await learners.add(name, file, undefined, { asNewTask: true });
  const end = await learners.learn(name, { workers, waitForRoom: WAIT_FOR_ROOM_MINUTES });
  if (end === "interrupted") return undefined;
  const status = await learners.status(name);
  for (const problem of status.problems) {
    if (problem.subject.learner === name) console.error(`! ${sayProblem(problem, learners.place)}`);
  }
  const lacking = files.length - status.validVersions.length;
  if (end === "deleted" || lacking > 0) {
    throw new RunFailed(
      `${name} ended ${end === "deleted" ? "as it was deleted" : `without ${lacking} of its versions`}: ` +
        (status.problems.map(({ message }) => message).join("; ") || "no problem is known"),
    );
  }
  return status;
}

const WAIT_FOR_ROOM_MINUTES = 30;
