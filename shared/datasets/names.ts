/**
 * Which fields and attributes a file may hold: whatever has another name is neither read nor judged.
 * @module
 */

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

/** What an array stands for. */
export type FieldName = keyof typeof FIELD_NAMES;

/** Attributes that say something of the data; the last two are this project's own. */
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
] as const;

/** Fields that a reader reads: the known ones, and the one that a reward is made of. */
export function wantedFields(reward?: string): ReadonlySet<string> {
  const known: string[] = Object.values(FIELD_NAMES).flat();
  const field = reward?.startsWith("distance:") ? reward.slice("distance:".length) : reward;
  return new Set(field === undefined ? known : [...known, field]);
}

/** Names of fields that hold 0 and 1. */
export const FLAG_NAMES: readonly string[] = [
  ...FIELD_NAMES.terminals,
  ...FIELD_NAMES.timeouts,
  ...FIELD_NAMES.dones,
  ...FIELD_NAMES.mask,
  ...FIELD_NAMES.success,
];
