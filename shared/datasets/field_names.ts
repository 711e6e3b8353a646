/**
 * Which fields and attributes a file may hold: whatever has another name is neither read nor judged.
 * @module
 */

import type { ReadOptions } from "./notice.ts";

/** Names of each array, the first found is taken; those of D4RL, Gymnasium, Minari and of this project. */
export const FIELD_NAMES = {
  states: ["observations", "states"],
  actions: ["actions"],
  rewards: ["rewards"],
  nextStates: ["next_observations", "nextStates", "next_states"],
  terminals: ["terminals", "terminations", "terminated"],
  timeouts: ["timeouts", "truncations", "truncated", "timeout"],
  dones: ["dones", "done"],
  episodeIds: ["episode_id", "episode_ids", "episode_index"],
  episodeEnds: ["episode_ends"],
  mask: ["mask"],
  success: ["success"],
} as const;

/** The meaning of an array. */
export type FieldName = keyof typeof FIELD_NAMES;

/** Attributes that say something of the data; `env_spec` and `action_space` are Minari's, `goal_observable` is of Meta-World's tasks. */
export const ATTRIBUTE_NAMES = [
  "env",
  "family",
  "goal",
  "horizon",
  "return_random",
  "return_final_policy",
  "action_limit",
  "discrete_actions",
  "reward_rule",
  "environment",
  "env_spec",
  "action_space",
  "goal_observable",
] as const;

/**
 * Fields that a reader reads: the known ones, those that a reward is made of, and those that stand for others.
 *
 * @param options reward rule and map of fields
 * @returns names of fields
 */
export function wantedFields(
  { reward, map = {} }: Pick<ReadOptions, "reward" | "map"> = {},
): ReadonlySet<string> {
  const known = Object.values(FIELD_NAMES).filter(([array]) => !Object.hasOwn(map, array)).flat() as string[];
  const field = reward?.startsWith("distance:") ? reward.slice("distance:".length) : reward;
  return new Set([...known, ...field === undefined ? [] : [field], ...Object.values(map).flat()]);
}

/** Names of fields that hold 0 and 1. */
export const FLAG_NAMES: readonly string[] = [
  ...FIELD_NAMES.terminals,
  ...FIELD_NAMES.timeouts,
  ...FIELD_NAMES.dones,
  ...FIELD_NAMES.mask,
  ...FIELD_NAMES.success,
];
