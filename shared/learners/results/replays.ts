/**
 * How far the replay of old tasks was from real data, version by version. Pure.
 * @module
 */
import type { JsonObject, VersionFact } from "@cugro/protocol";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import { knobsOfVersion } from "../facts/knobs_of_facts.ts";

/**
 * The replay of one old task in one version. `generation`: how often it had been made from generated samples before; `job`: the
 * evaluation that measured it; `allowed`: how many times the floor the gate allows.
 */
export interface ReplayFidelity {
  version: number;
  task: number;
  generation: number;
  job: string;
  allowed: number;
  fidelity: JsonObject;
}

/**
 * The replays that a version was trained with and that were measured.
 *
 * @param facts of the learner
 * @param version its fact
 * @returns distances in the task's normalised units, and what is allowed
 */
export function replaysOf(facts: LearnerFacts, version: VersionFact): ReplayFidelity[] {
  const measured = version.row.filter(({ fidelity }) => fidelity !== null);
  if (measured.length === 0) return [];
  const { maxReplayDistance: allowed } = knobsOfVersion(facts, version);
  const { tasks } = version;
  return measured.map(({ task, job, fidelity }) => ({
    ...{ version: version.version, task, job, allowed, fidelity: fidelity! },
    generation: Math.max(0, tasks.length - 1 - tasks.indexOf(task) - 1),
  }));
}
