/**
 * A learner before it learns: created, or checked against the flags.
 * @module
 */
import type { KnownLearner, Learners } from "./learners.ts";
import { type Flags, judgeFlags } from "../commands/flags.ts";
import { UsageError } from "../commands/print_output.ts";
import { parsePreset, parseSettings } from "../commands/knob_options.ts";

/**
 * Makes the learner, or checks that the flags fit the one there is, which is returned.
 *
 * @param learners in a store or behind a gateway
 * @param options flags and the learner's name
 * @param hasFiles whether there are files to learn from
 * @returns the learner as it was before; undefined if it was made
 * @throws {UsageError} where flags do not fit, or there is neither learner nor file
 */
export async function settle(
  learners: Learners,
  options: Flags & { learner: string },
  hasFiles: boolean,
): Promise<KnownLearner | undefined> {
  const { learner: name, seed = 0 } = options;
  const known = await learners.find(name);
  if (known) await adjust(learners, known, options);
  else if (hasFiles) {
    const overrides = parseSettings(options.set, options.replay);
    await learners.create({ name, seed, preset: parsePreset(options.preset ?? "default"), overrides });
  } else {
    const { kind, name: where } = learners.place;
    throw new UsageError(
      `There is no learner "${name}" ${
        kind === "gateway" ? "at" : "in"
      } ${where}; name the files of its first tasks`,
    );
  }
  return known;
}

/** Flags of a learner that exists: they must fit, or be meant for the tasks to come. */
async function adjust(
  learners: Learners,
  { seed, config }: KnownLearner,
  options: Flags & { learner: string },
): Promise<void> {
  const change = judgeFlags({ seed, ...config }, options);
  if (!change) return;
  const { revision, fromTask } = await learners.configure(options.learner, change.settings);
  console.error(`configuration ${revision} holds from task ${fromTask} on:\n${change.list}`);
}
