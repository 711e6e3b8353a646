/**
 * Task families, robots on MuJoCo in WebAssembly and a maze: vectorised stepping, rollouts, trained policies, data collection.
 *
 * Nothing here writes to disk, reads a clock or draws an unseeded random number.
 *
 * @example
 * ```ts
 * import { findTask } from "@cugro/environments";
 * import { assertEquals } from "@std/assert";
 *
 * const sizes = { stateDim: 17, actionDim: 6 };
 * assertEquals(findTask({ family: "cheetah-vel", goal: [2] }, sizes), { task: { family: "cheetah-vel", goal: [2] } });
 * assertEquals(findTask({ family: undefined, goal: undefined }, sizes), { task: null });
 * ```
 *
 * @module
 */
export {
  collectDataset,
  type CollectedDataset,
  type CollectedTransitions,
  type CollectionOptions,
  type CollectionProgress,
} from "./collect.ts";
export {
  type EnvironmentInfo,
  familyInfo,
  findTask,
  goalFault,
  listFamilies,
  policyGoal,
  type TaskSpec,
} from "./families.ts";
export {
  type Layer,
  type Policy,
  policyAct,
  type PolicyFile,
  readPolicy,
  shippedPolicy,
  type Snapshot,
  SNAPSHOTS,
} from "./policy.ts";
export type { PolicyMix } from "./policy_mix.ts";
export {
  type Act,
  type Episode,
  randomAct,
  randomReturn,
  rollout,
  rolloutRecorded,
  type RolloutResult,
} from "./rollout.ts";
export { familyPolicy, type ScriptedPolicy } from "./scripted_policy.ts";
export type { StepResult, VectorEnvironment } from "./stepped_environment.ts";
export { openVectorEnvironment } from "./vector_environment.ts";
export type { Dynamics } from "./dynamics.ts";
export type { RewardLaw } from "./rewards.ts";
export type {
  BodyFacts,
  CompiledFacts,
  GeomFacts,
  HealthyBound,
  JointFacts,
  ObservationPart,
  RobotFacts,
  StatePart,
} from "./robots.ts";
