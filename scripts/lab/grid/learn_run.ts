/**
 * One run of a grid, with the learner or the learners that it takes.
 * @module
 */
import { UsageError } from "../../cli/commands/output.ts";
import { sayProblem } from "../../cli/commands/problems.ts";
import { parseSettings } from "../../cli/commands/settings.ts";
import type { KnownLearner, Learners, ShownStatus } from "../../cli/learners/learners.ts";
import type { GridRun } from "./grid_file.ts";
import { measureLast, measureRun, measureSeparate, workOf } from "./measured_run.ts";
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
  const { learners: how, lastTask } = methodOf(run.method);
  if (how === "one a task") {
    const statuses: ShownStatus[] = [];
    for (const [index, file] of files.entries()) {
      const status = await learn(learners, { run, name: `${run.id}-task${index + 1}` }, [file], options);
      if (!status) return undefined;
      statuses.push(status);
    }
    const work = Object.assign({}, ...statuses.map(workOf));
    return { inputs, run: measureSeparate(run, statuses), work };
  }
  const one = { run, name: run.id, ...lastTask && files.length > 1 ? { lastTask } : {} };
  const status = await learn(learners, one, files, options);
  if (!status) return undefined;
  return { inputs, run: (lastTask ? measureLast : measureRun)(run, status), work: workOf(status) };
}

interface OneLearner {
  run: GridRun;
  name: string;
  /** Settings of the last file's task. */
  lastTask?: readonly string[];
}

/** One learner, made where there is none, until nothing is left to do. */
async function learn(
  learners: Learners,
  one: OneLearner,
  files: readonly string[],
  options: { workers: number },
): Promise<ShownStatus | undefined> {
  const { run, name, lastTask } = one;
  const overrides = parseSettings([...run.settings, ...GRID_SETTINGS]);
  const known = await learners.find(name);
  if (known) refuseOther(learners, one, known);
  else await learners.create({ name, seed: run.seed, preset: run.preset, overrides });
  if (!lastTask) return await learnFiles(learners, name, files, options);
  if (!await learnFiles(learners, name, files.slice(0, -1), options, files.length)) return undefined;
  const isTurned = known && differs(known, run, lastTask).length === 0;
  if (!isTurned) await learners.configure(name, { overrides: parseSettings(lastTask) });
  return await learnFiles(learners, name, files, options);
}

/** @throws {UsageError} where a learner of this name has other knobs */
function refuseOther(learners: Learners, { run, name, lastTask }: OneLearner, known: KnownLearner): void {
  const differences = differs(known, run);
  if (differences.length === 0 || (lastTask && differs(known, run, lastTask).length === 0)) return;
  throw new UsageError(
    `${learners.place.name} has a learner ${name} with ${
      differences.join("; ")
    }: give another folder with --work`,
  );
}

function differs(known: KnownLearner, run: GridRun, more: readonly string[] = []): string[] {
  const wanted = inputsOf({ ...run, settings: [...run.settings, ...more] }, []);
  return differencesOf({ seed: known.seed, knobs: known.config.knobs, datasets: [] }, wanted);
}

/** @param most a learner that was left later may have so many versions already */
async function learnFiles(
  learners: Learners,
  name: string,
  files: readonly string[],
  { workers }: { workers: number },
  most = files.length,
): Promise<ShownStatus | undefined> {
  for (const file of files) await learners.add(name, file, undefined, { asNewTask: true });
  const end = await learners.learn(name, { workers, waitForRoom: WAIT_FOR_ROOM_MINUTES });
  if (end === "interrupted") return undefined;
  const status = await learners.status(name);
  for (const problem of status.problems) {
    if (problem.subject.learner === name) console.error(`! ${sayProblem(problem, learners.place)}`);
  }
  const versions = status.validVersions.length;
  if (end === "idle" && versions >= files.length && versions <= most) return status;
  throw new RunFailed(
    `${name} ended ${
      end === "deleted" ? "as it was deleted" : `with ${versions} of ${files.length} versions`
    }: ` + (status.problems.map(({ message }) => message).join("; ") || "no problem is known"),
  );
}

const WAIT_FOR_ROOM_MINUTES = 30;
