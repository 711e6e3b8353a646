/**
 * Acting in this thread without a tensor library: from stored weights and normalisers to actions. See README.md.
 * @module
 */
export {
  type CriticInput,
  type InferenceSession,
  openCritic,
  openSession,
  openSharedSession,
  type SharedSession,
} from "./session.ts";
export type {
  InferenceActing,
  InferenceKnobs,
  KnownTask,
  KnownTasks,
  SessionInput,
} from "./session_input.ts";
export {
  type JoinedInput,
  type JoinedSession,
  joinMemory,
  type SharedMemory,
  sharedMemory,
} from "./joined_session.ts";
export type { DrawnNoise, NoiseSource } from "./drawn_noise.ts";
export type { SelectionKnobs } from "./array_selection.ts";
export type { KernelName, WorkPlace } from "./kernels.ts";
export type { Opened } from "./decisions.ts";
export type { Judge, PlacedJudge } from "./critic_judge.ts";
export type { PlacedInput, PlacedLayer, PlacedLinear, PlacedNetwork } from "./placed_network.ts";
export type { Network, NetworkCall } from "./network.ts";
