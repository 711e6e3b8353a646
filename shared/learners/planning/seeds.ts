/**
 * Seeds of jobs that depend on the learner and a task alone, wherever such a job is made. Pure.
 * @module
 */
import { deriveSeed, RANDOM_EPISODES } from "@cugro/protocol";

/**
 * Seed of the split into training and held-out rows: the same in import, training and evaluation.
 *
 * @param learnerSeed the learner's
 * @returns a whole number from 0 to 2^32 - 1
 */
export function heldOutSeed(learnerSeed: number): number {
  return deriveSeed(learnerSeed, "held-out", 0, 0, 1);
}

/**
 * Seed of all imports.
 *
 * @param learnerSeed the learner's
 * @returns a whole number from 0 to 2^32 - 1
 */
export function importSeed(learnerSeed: number): number {
  return deriveSeed(learnerSeed, "dataset.import", 0, 0, 1);
}

/**
 * The episodes of random actions whose mean return scores 0: those that an import runs.
 *
 * @param learnerSeed the learner's
 * @returns how many, and the seed of their start states
 */
export function randomEpisodes(learnerSeed: number): { count: number; seed: number } {
  return { count: RANDOM_EPISODES, seed: importSeed(learnerSeed) };
}

/**
 * Seed of the noise that every version acts with in the states that a task is remembered by: the same for all
 * versions.
 *
 * @param learnerSeed the learner's
 * @param task its number
 * @returns a whole number from 0 to 2^32 - 1
 */
export function estimateSeed(learnerSeed: number, task: number): number {
  return deriveSeed(learnerSeed, "policy.estimate", task, 0, 1);
}

/**
 * Seed of the start states of a task's episodes: the same for all versions and attempts.
 *
 * @param learnerSeed the learner's
 * @param task its number
 * @returns a whole number from 0 to 2^32 - 1
 */
export function evaluationSeed(learnerSeed: number, task: number): number {
  return deriveSeed(learnerSeed, "policy.evaluate", task, 0, 1);
}
