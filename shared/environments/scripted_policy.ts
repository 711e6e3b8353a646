/**
 * Policies that are code instead of a network.
 * @module
 */
import type { EnvironmentInfo } from "./families.ts";
import { mazeAct } from "./maze/maze_policy.ts";
import { type PolicyFile, shippedPolicy, type Snapshot } from "./policy.ts";
import type { Act } from "./rollout.ts";

/** A policy that is code, at three qualities. */
export interface ScriptedPolicy {
  /** the robot it moves */
  readonly model: string;
  /**
   * Acts at one quality.
   * @param goal what the policy gets as its task (`policyGoal()`)
   * @param noiseSeeds one seed per environment
   */
  act(snapshot: Snapshot, goal: readonly number[], noiseSeeds: readonly number[]): Act;
}

/** By robot. */
const SCRIPTED: Readonly<Record<string, ScriptedPolicy>> = { point: { model: "point", act: mazeAct } };

/**
 * Whether a policy is code.
 *
 * @param policy of a family
 * @returns false for weights
 */
export function isScripted(policy: PolicyFile | ScriptedPolicy): policy is ScriptedPolicy {
  return "act" in policy;
}

/**
 * The policy that comes with this room for a family.
 *
 * @param info of the family
 * @returns trained snapshots, or a policy that is written down
 * @throws {RangeError} when there is none
 */
export async function familyPolicy(
  { model }: Pick<EnvironmentInfo, "model">,
): Promise<PolicyFile | ScriptedPolicy> {
  return SCRIPTED[model] ?? await shippedPolicy(model);
}
