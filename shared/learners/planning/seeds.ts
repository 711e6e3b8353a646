/**
 * Seeds of jobs that depend on the learner and a task alone, wherever such a job is made. Pure.
 * @module
 */
import { deriveSeed, RANDOM_EPISODES } from "@cugro/protocol";

/** Seed of the split into training and held-out rows: the same in import, training and evaluation. */
export function heldOutSeed(learnerSeed: number): number {
  return deriveSeed(learnerSeed, "held-out", 0, 0, 1);
}

/** Seed of all imports. */
export function importSeed(learnerSeed: number): number {
  return deriveSeed(learnerSeed, "dataset.import", 0, 0, 1);
}

/** The episodes of random actions whose mean return scores 0: those that an import runs. */
export function randomEpisodes(learnerSeed: number): { count: number; seed: number } {
  return { count: RANDOM_EPISODES, seed: importSeed(learnerSeed) };
}

/** Every version acts with the same noise in the states that a task is remembered by. */
export function estimateSeed(learnerSeed: number, task: number): number {
  return deriveSeed(learnerSeed, "policy.estimate", task, 0, 1);
}

/** Every version starts its episodes of a task in the same states: neither the version nor the attempt enters. */
export function evaluationSeed(learnerSeed: number, task: number): number {
  return deriveSeed(learnerSeed, "policy.evaluate", task, 0, 1);
}
