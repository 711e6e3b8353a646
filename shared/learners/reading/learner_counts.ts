/**
 * What a learner's jobs have taken: bytes, and seconds of work.
 * @module
 */
import type { JobKind, VersionFact } from "@cugro/protocol";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import { dataOfTask } from "../facts/task_revisions.ts";
import type { JobStatus } from "./job_statuses.ts";

/**
 * Raw data of all tasks against what the newest version keeps; shards as the newest version used them.
 *
 * @param facts of the learner
 * @param jobs those of all of its tasks
 * @param newest its newest valid version
 * @returns bytes of what is stored for it
 */
export function byteCounts(facts: LearnerFacts, jobs: readonly JobStatus[], newest: VersionFact | undefined) {
  const outputs = (id: string | undefined) =>
    Object.entries(jobs.find((job) => job.id === id)?.outputs ?? {});
  const weights = (id: string | undefined) =>
    outputs(id).find(([name]) => name === "weights")?.[1].bytes ?? 0;
  const makers = [newest?.stateGenerator, newest?.behaviorGenerator, newest?.proposer, newest?.actor];
  const shards = jobs.filter(({ id, kind }) => kind === "actions.label" && newest?.jobs.includes(id));
  return {
    rawData: facts.tasks.reduce((sum, { task }) => sum + dataOfTask(facts, task).at(-1)!.bytes, 0),
    generators: makers.reduce((sum, id) => sum + weights(id), 0),
    critic: weights(newest?.critic),
    shards: shards.flatMap(({ id }) => outputs(id)).reduce((sum, [, { bytes }]) => sum + bytes, 0),
  };
}

/**
 * @param jobs those of all of its tasks
 * @returns seconds of work, by kind; nothing for kinds without
 */
export function secondsPerKind(jobs: readonly JobStatus[]): Partial<Record<JobKind, number>> {
  const seconds: Partial<Record<JobKind, number>> = {};
  for (const job of jobs) {
    if (job.seconds !== null) seconds[job.kind] = (seconds[job.kind] ?? 0) + job.seconds;
  }
  return seconds;
}
