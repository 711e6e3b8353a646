/**
 * Flags of `cugro run` compared with an existing learner.
 * @module
 */
import type { PresetName } from "@cugro/algorithm";
import { configDifferences } from "@cugro/learners";
import type { JsonObject } from "@cugro/protocol";
import { UsageError } from "./print_output.ts";
import { parsePreset, parseSettings } from "./knob_options.ts";

/** Flags of `cugro run` about a learner. */
export interface Flags {
  learner: string;
  preset?: string;
  set: string[];
  replay?: string;
  seed?: number;
  fromNextTask?: boolean;
}

/** A new configuration that the flags ask for; `list` is for a person. */
export interface ConfigChange {
  settings: { preset?: PresetName; overrides: Record<string, string> };
  list: string;
}

/**
 * Flags must fit an existing learner, or be meant for the tasks to come.
 *
 * @param current the learner's newest configuration, and its seed.
 * @returns what to change; undefined: nothing.
 * @throws {UsageError} naming what differs.
 */
export function judgeFlags(
  current: { seed: number; preset: string; knobs: Record<string, unknown> },
  flags: Flags,
): ConfigChange | undefined {
  const { learner: name, seed = current.seed, fromNextTask } = flags;
  const overrides = parseSettings(flags.set, flags.replay);
  const preset = flags.preset === undefined ? undefined : parsePreset(flags.preset);
  const knobs = current.knobs as JsonObject;
  const differences = configDifferences({ learner: current, configs: [{ preset: current.preset, knobs }] }, {
    seed,
    overrides,
    ...(preset === undefined ? {} : { preset }),
  });
  if (differences.length === 0) return undefined;
  const list = differences.map(({ knob, current, wanted }) =>
    `  ${knob}: ${current} now, ${wanted} asked for`
  )
    .join("\n");
  if (!fromNextTask) {
    throw new UsageError(
      `The learner "${name}" has another configuration:\n${list}\nLeave these flags out to continue with its own, or add --from-next-task to use them for tasks not yet started`,
    );
  }
  if (differences.some(({ knob }) => knob === "seed")) {
    throw new UsageError(`The seed of "${name}" is ${current.seed} and cannot change: start another learner`);
  }
  return { settings: { overrides, ...(preset === undefined ? {} : { preset }) }, list };
}
