/**
 * The hash of each episode of a dataset, by which a dataset that has grown is known again.
 * @module
 */
import { createHash } from "node:crypto";
import { EPISODE_HASH_BYTES, type EpisodeHashes } from "@cugro/protocol";
import { rowsIn } from "./blocks/block_rows.ts";
import type { Dataset, DatasetRows } from "./dataset.ts";
import { rowsOfDataset } from "./dataset_rows.ts";
import { episodesOf } from "./dataset_summary.ts";

/**
 * Hashes of the stored rows: states, actions, rewards, next states and both flags. Neither the episode's place nor what
 * else is known of the steps (`success`) nor any attribute enters: a file may tell more of the same steps later.
 *
 * @param given the dataset
 * @returns a hash and the number of rows of each episode
 */
export function episodeHashes(given: Dataset | DatasetRows): EpisodeHashes {
  const dataset = rowsOfDataset(given);
  const episodes = episodesOf(dataset);
  const rewards = rowsIn(dataset.rewards, 1);
  const hashes = new Uint8Array(episodes.length * EPISODE_HASH_BYTES);
  episodes.forEach(({ start, end }, place) => {
    const hash = createHash("sha256");
    for (const rows of [dataset.states, dataset.actions, rewards, dataset.nextStates]) {
      for (let from = start; from < end; from += rows.blockRows) {
        const part = rows.read(from, Math.min(end, from + rows.blockRows));
        hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      }
    }
    for (const flags of [dataset.terminals, dataset.timeouts]) hash.update(flags.subarray(start, end));
    hashes.set(hash.digest().subarray(0, EPISODE_HASH_BYTES), place * EPISODE_HASH_BYTES);
  });
  return { hashes, rows: Int32Array.from(episodes, ({ start, end }) => end - start) };
}
