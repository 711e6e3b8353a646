/**
 * One run of many that are compared: a learner, made where there is none, until nothing is left to do. What another run has done
 * already is not done again, and a run that was stopped goes on.
 * @module
 */
import {
  type KnobName,
  knobs as allKnobs,
  type PresetName,
  resolveHyperparameters,
} from "@cugro/algorithm/knobs";
import { UsageError } from "../commands/print_output.ts";
import { problemText } from "../commands/problems_command.ts";
import { parseSettings } from "../commands/knob_options.ts";
import type { Reading } from "@cugro/protocol";
import type { KnownLearner, Learners, WholeStatus } from "../learners/learners.ts";

/** Knobs that such runs have beside those they are compared by: a version counts whatever it has lost. */
export const RUN_SETTINGS: readonly string[] = ["gate=observe"];

/** A run that cannot be finished, for reasons of its own. */
export class RunFailed extends Error {
  override name = "RunFailed";
}

/** A learner of a run. */
export interface RunLearner {
  name: string;
  seed: number;
  preset: PresetName;
  /** `knob=value`, in order. */
  settings: readonly string[];
  /** Settings of the last file's task. */
  lastTask?: readonly string[];
}

/** How it is learnt. `reading`: how its files must be read. */
export interface LearningOptions {
  workers: number;
  reading?: Reading | undefined;
}

const WAIT_FOR_ROOM_MINUTES = 30;

/**
 * Learns it.
 *
 * @param learners in a store or behind a gateway
 * @param one name, seed and knobs
 * @param files in the order of their tasks
 * @param options workers, reading, display
 * @returns undefined where it was stopped
 * @throws {RunFailed}
 */
export async function learnOne(
  learners: Learners,
  one: RunLearner,
  files: readonly string[],
  options: LearningOptions,
): Promise<WholeStatus | undefined> {
  const { name, seed, preset, lastTask } = one;
  const known = await learners.find(name);
  if (known) refuseOther(learners, one, known);
  else await learners.create({ name, seed, preset, overrides: parseSettings(one.settings) });
  if (!lastTask) return await learnFiles(learners, name, files, options);
  if (!await learnFiles(learners, name, files.slice(0, -1), options, files.length)) return undefined;
  const isTurned = known && differences(known, one, lastTask).length === 0;
  if (!isTurned) await learners.configure(name, { overrides: parseSettings(lastTask) });
  return await learnFiles(learners, name, files, options);
}

/** @throws {UsageError} where a learner of this name has other knobs */
function refuseOther(learners: Learners, one: RunLearner, known: KnownLearner): void {
  const found = differences(known, one);
  if (found.length === 0 || (one.lastTask && differences(known, one, one.lastTask).length === 0)) return;
  throw new UsageError(
    `${learners.place.name} has a learner ${one.name} with ${found.join("; ")}: choose another store or name`,
  );
}

function differences(
  { seed, config }: KnownLearner,
  one: RunLearner,
  more: readonly string[] = [],
): string[] {
  const knobs = resolveHyperparameters(one.preset, parseSettings([...one.settings, ...more]));
  return differencesOf({ seed, knobs: config.knobs }, { seed: one.seed, knobs: { ...knobs } });
}

/** A run's seed and knobs. */
export interface SeedAndKnobs {
  seed: number;
  knobs: Record<string, unknown>;
}

/**
 * What differs between two runs' seeds and knobs, in words; empty where nothing does.
 *
 * @param was of the existing run
 * @param wanted of the new one
 * @returns a phrase each
 */
export function differencesOf(was: SeedAndKnobs, wanted: SeedAndKnobs): string[] {
  const knobs = [...new Set([...Object.keys(was.knobs), ...Object.keys(wanted.knobs)])];
  // A run from before a knob existed has the value that its absence means.
  const of = ({ knobs }: SeedAndKnobs, knob: string) => knobs[knob] ?? allKnobs[knob as KnobName]?.absent;
  return [
    ...was.seed === wanted.seed ? [] : [`seed ${was.seed} instead of ${wanted.seed}`],
    ...knobs.filter((knob) => of(was, knob) !== of(wanted, knob))
      .map((knob) => `${knob} ${of(was, knob)} instead of ${of(wanted, knob)}`),
  ];
}

/** @param most a learner that was left later may have that number of versions already */
async function learnFiles(
  learners: Learners,
  name: string,
  files: readonly string[],
  { workers, reading }: LearningOptions,
  most = files.length,
): Promise<WholeStatus | undefined> {
  for (const file of files) await learners.add(name, file, reading, { asNewTask: true });
  const end = await learners.learn(name, { workers, waitForRoom: WAIT_FOR_ROOM_MINUTES });
  if (end === "interrupted") return undefined;
  const status = await learners.whole(name);
  for (const problem of status.problems) {
    if (problem.subject.learner === name) console.error(`! ${problemText(problem, learners.place)}`);
  }
  const versions = status.validVersions.length;
  if (end === "idle" && versions >= files.length && versions <= most) return status;
  throw new RunFailed(
    `${name} ended ${
      end === "deleted" ? "as it was deleted" : `with ${versions} of ${files.length} versions`
    }: ` + (status.problems.map(({ message }) => message).join("; ") || "no problem is known"),
  );
}
