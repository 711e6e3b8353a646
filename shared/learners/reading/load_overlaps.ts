/**
 * Compares the files that wait with the tasks that there are, as far as the hashes of their episodes are there.
 * @module
 */
import { getArtifact, MissingInputError } from "@cugro/store";
import { datasetKey, decodeEpisodes, type EpisodeHashes, jobId, type JobOf } from "@cugro/protocol";
import { measureJob, openArrivals } from "../facts/arrival_jobs.ts";
import { hasFailed, type LearnerFacts } from "../facts/learner_facts.ts";
import { compareEpisodes, type Overlap, pairOf } from "../facts/overlap.ts";
import type { TaskData } from "../facts/task_revisions.ts";
import { comparedData, fileOf, growthOf, hashesOf, type Imported, mayHold } from "../planning/task_growth.ts";
import type { FactSource } from "./fact_cache.ts";
import { loadJobStates } from "./load_jobs.ts";

/**
 * Compares datasets that have not been compared yet, and asks about the jobs that the others need.
 *
 * @param source store and cache
 * @param facts of the learner, whose overlaps and jobs are added to
 */
export async function learnOfOverlaps(source: FactSource, facts: LearnerFacts): Promise<void> {
  for (const arrival of openArrivals(facts)) {
    const file = arrival.asNewTask ? undefined : fileOf(facts, arrival);
    if (!file) continue;
    const tasks = facts.tasks.map(({ task }) => comparedData(facts, task));
    for (const data of tasks.filter((one) => mayHold(one, file))) {
      const pair = pairOf(file.datasetHash, data.datasetHash);
      if (facts.overlaps.has(pair)) continue;
      const overlap = source.cache.overlaps.get(pair) ?? await overlapOf(source, facts, file, data);
      if (overlap === undefined) continue;
      facts.overlaps.set(pair, overlap);
      // What is unknown now may be known later, when a dataset was restored.
      if (overlap) source.cache.overlaps.set(pair, overlap);
    }
    const growth = growthOf(facts, file);
    if (growth.kind === "grown") await loadStates(source, facts, growth.job);
  }
}

/** Undefined while a measurement is to be made; null where it cannot be. */
async function overlapOf(
  source: FactSource,
  facts: LearnerFacts,
  file: Imported,
  data: TaskData,
): Promise<Overlap | null | undefined> {
  let isMeasured = true;
  for (const one of [file, data]) {
    if (hashesOf(facts, one) !== undefined) continue;
    const job = measureJob(facts, one);
    await loadStates(source, facts, job);
    if (hashesOf(facts, one) !== undefined) continue;
    if (hasFailed(facts.jobs.get(jobId(job)))) return null;
    if (await source.store.head(datasetKey(one.datasetHash)) === undefined) return null;
    isMeasured = false;
  }
  if (!isMeasured) return undefined;
  const newer = await readHashes(source, hashesOf(facts, file)!);
  const older = await readHashes(source, hashesOf(facts, data)!);
  return newer && older ? compareEpisodes(older, newer) : null;
}

async function loadStates(
  source: FactSource,
  facts: LearnerFacts,
  job: JobOf<"dataset.measure">,
): Promise<void> {
  await loadJobStates(source, [{ id: jobId(job), kind: job.kind }], facts.jobs);
}

/**
 * Reads the hashes of a dataset's episodes.
 *
 * @param artifact its hash
 * @returns null where it is gone, or is something else
 * @throws {StoreError} where the store cannot be read
 */
export async function readHashes(
  { store }: Pick<FactSource, "store">,
  artifact: string,
): Promise<EpisodeHashes | null> {
  try {
    return decodeEpisodes(await getArtifact(store, artifact));
  } catch (error) {
    if (error instanceof MissingInputError || error instanceof SyntaxError) return null;
    throw error;
  }
}
