/**
 * What has become of arrivals, and the jobs that read them and measure their datasets. Pure.
 * @module
 */
import { type ArrivalFact, createJob, deriveSeed, jobId, type JobOf } from "@cugro/protocol";
import { heldOutSeed, importSeed } from "../planning/seeds.ts";
import type { LearnerFacts } from "./learner_facts.ts";
import type { TaskData } from "./task_revisions.ts";

/**
 * The job that reads an arrival. It reads no knobs: what is measured of a dataset does not depend on them.
 *
 * @param arrival one of the learner's
 * @param learner its seed
 * @returns a job of `dataset.import`
 */
export function importJob(
  { learner }: Pick<LearnerFacts, "learner">,
  arrival: ArrivalFact,
): JobOf<"dataset.import"> {
  const { key, etag, again, reading } = arrival;
  // A job of its own each time: a process that remembers the first one's failure would refuse the second arrival too.
  const once = again === undefined ? {} : { again };
  const read = reading === undefined ? {} : { reading };
  const fields = { key, etag, ...once, ...read, heldOutSeed: heldOutSeed(learner.seed) };
  return createJob("dataset.import", importSeed(learner.seed), fields, {});
}

/**
 * Numbers of the arrivals that have become a task, or a revision of one.
 *
 * @param facts tasks and revisions
 * @returns their sequence numbers
 */
export function acceptedArrivals({ tasks, revisions }: Pick<LearnerFacts, "tasks" | "revisions">): number[] {
  return [...tasks, ...revisions].map(({ arrival }) => arrival);
}

/**
 * Arrivals that are neither a task, nor a revision of one, nor rejected yet, in order.
 *
 * @param facts of the learner
 * @returns those that are still to be decided
 */
export function openArrivals(facts: LearnerFacts): ArrivalFact[] {
  const resolved = new Set([...acceptedArrivals(facts), ...facts.rejections.map((fact) => fact.seq)]);
  return facts.arrivals.filter(({ seq }) => !resolved.has(seq));
}

/**
 * The job that measures a dataset in the coordinates of a normaliser: once more under another id where a file was
 * rejected since it had failed.
 *
 * @param facts the learner's seed, and which files were rejected
 * @param data the dataset, and the normaliser of its task
 * @returns a job of `dataset.measure`
 */
export function measureJob(
  { learner, rejections }: Pick<LearnerFacts, "learner" | "rejections">,
  { datasetHash, normaliser }: Pick<TaskData, "datasetHash" | "normaliser">,
): JobOf<"dataset.measure"> {
  const make = (again: { again?: number }) =>
    createJob(
      "dataset.measure",
      deriveSeed(learner.seed, "dataset.measure", 0, 0, 1),
      { heldOutSeed: heldOutSeed(learner.seed), ...again },
      { dataset: { dataset: datasetHash }, normaliser: { artifact: normaliser } },
    );
  let job = make({});
  for (const { seq, failedJob } of rejections) if (failedJob === jobId(job)) job = make({ again: seq });
  return job;
}
