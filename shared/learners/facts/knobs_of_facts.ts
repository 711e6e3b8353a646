/**
 * Which knobs hold for a task, for one of its datasets, and for a version.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import type { ConfigFact, VersionFact } from "@cugro/protocol";
import { attemptsAt, type TaskData } from "./task_revisions.ts";
import { readKnobs } from "../planning/knob_subsets.ts";
import type { LearnerFacts } from "./learner_facts.ts";

/**
 * The configuration revision that holds for a task.
 * @param facts configurations of the learner
 * @param task its number
 * @returns the newest that begins at this task or before
 * @throws {Error} for a learner without any, which no release has made
 */
export function configOf(facts: Pick<LearnerFacts, "configs">, task: number): ConfigFact {
  const config = facts.configs.filter(({ fromTask }) => fromTask <= task).at(-1) ?? facts.configs[0];
  if (!config) throw new Error("This learner has no configuration fact (config/1.json)");
  return config;
}

/** The facts that knobs are read from. */
export type KnobFacts = Pick<LearnerFacts, "configs" | "attempts" | "tasks" | "revisions">;

/**
 * The knobs for the attempt that counts at a task as it was accepted.
 * @param facts of the learner
 * @param task its number
 * @returns all knobs, with the overrides of the attempt
 */
export function knobsOfTask(facts: KnobFacts, task: number): Hyperparameters {
  const config = configOf(facts, task);
  const attempt = attemptsAt(facts, { task, revision: 0 }).at(-1);
  return readKnobs(config.preset, config.knobs, attempt?.overrides);
}

/**
 * The knobs for a task with one of its datasets, beside the tasks that are known. A revision is learnt as the newest of
 * these would be: what was changed since its task was first learnt stays.
 * @param facts of the learner
 * @param data the task with one of its datasets
 * @param known numbers of the tasks beside it
 * @returns all knobs, with the overrides of the attempt
 */
export function knobsOfData(facts: KnobFacts, data: TaskData, known: readonly number[]): Hyperparameters {
  if (data.revision === 0) return knobsOfTask(facts, data.task);
  const config = configOf(facts, Math.max(data.task, ...known));
  return readKnobs(config.preset, config.knobs, attemptsAt(facts, data).at(-1)?.overrides);
}

/**
 * The knobs that a version was learnt with, and acts with.
 * @param facts of the learner
 * @param version its fact
 * @returns all knobs, with the overrides of its attempt
 */
export function knobsOfVersion(facts: KnobFacts, version: VersionFact): Hyperparameters {
  const { task, revision, tasks, attempt } = version;
  const config = configOf(facts, revision === undefined ? task : Math.max(...tasks));
  const asked = facts.attempts.find((fact) => fact.task === task && fact.attempt === attempt);
  return readKnobs(config.preset, config.knobs, asked?.overrides);
}
