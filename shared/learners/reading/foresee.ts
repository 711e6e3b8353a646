/**
 * What a file will become, before it is handed over.
 * @module
 */
import type { Store } from "@cugro/store";
import type { EpisodeHashes } from "@cugro/protocol";
import { compareEpisodes, pairOf } from "../facts/overlap.ts";
import { describeRevision } from "../facts/task_revisions.ts";
import { comparedData, growthOf, type Imported, mayHold } from "../planning/task_growth.ts";
import { loadFacts } from "./load.ts";
import { readHashes } from "./load_overlaps.ts";

/** A dataset that somebody has read, and the hashes of its episodes. */
export type ReadDataset =
  & Pick<Imported, "datasetHash" | "stateDim" | "actionDim" | "discreteActions" | "size">
  & {
    episodes: EpisodeHashes;
  };

/**
 * That a dataset is a task's with more rows, in a sentence; undefined where it is not, or that takes an import to tell.
 *
 * @param name the learner's
 * @param read a dataset and the hashes of its episodes
 * @returns without a full stop
 * @throws {RangeError} when there is no such learner.
 */
export async function foreseeRevision(
  store: Store,
  name: string,
  { episodes, ...read }: ReadDataset,
): Promise<string | undefined> {
  const facts = await loadFacts(store, name);
  // Its hashes need not be stored anywhere: all comparisons are made here.
  const file = { ...read, normaliser: "", episodeHashes: "" };
  for (const { task } of facts.tasks) {
    const data = comparedData(facts, task);
    if (!mayHold(data, file)) continue;
    const known = data.episodeHashes === undefined ? null : await readHashes({ store }, data.episodeHashes);
    const pair = pairOf(file.datasetHash, data.datasetHash);
    facts.overlaps.set(pair, known && compareEpisodes(known, episodes));
  }
  const growth = growthOf(facts, file);
  if (growth.kind !== "grown") return undefined;
  const { data: { task }, overlap } = growth;
  const revision = facts.revisions.filter((fact) => fact.task === task).length + 1;
  return describeRevision({ ...overlap, task, revision, size: file.size });
}
