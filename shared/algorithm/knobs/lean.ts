/**
 * The preset `lean`: `default` at about a quarter of its cost, for comparisons over many seeds. Networks, sampler and gate are
 * `default`'s; trainings are shorter, replay is smaller, and fewer episodes are run.
 * @module
 */
import type { Hyperparameters } from "./hyperparameters.ts";

/** The differences from `default`. */
export const LEAN = {
  stateSteps: 1_000,
  behaviorSteps: 1_200,
  maxGeneratorSteps: 1_400,
  criticSteps: 1_000,
  maxCriticSteps: 1_200,
  criticBatchSize: 256,
  replayPairsPerTask: 10_000,
  replayPairs: 40_000,
  evaluationEpisodes: 10,
  distil: "none",
} as const satisfies Partial<Hyperparameters>;
