/**
 * The hash of each episode of a dataset, by which a dataset that has grown is known again.
 * @module
 */
import { createHash } from "node:crypto";
import { EPISODE_HASH_BYTES, type EpisodeHashes } from "@cugro/protocol";
import type { Dataset } from "./dataset.ts";
import { episodesOf } from "./episodes.ts";

/**
 * Hashes of the stored rows: states, actions, rewards, next states and both flags. Neither the episode's place nor what
 * else is known of the steps (`success`) nor any attribute enters: a file may tell more of the same steps later.
 */
export function episodeHashes(dataset: Dataset): EpisodeHashes {
  const episodes = episodesOf(dataset);
  const arrays = [
    { data: dataset.states, width: dataset.stateDim },
    { data: dataset.actions, width: dataset.actionDim },
    { data: dataset.rewards, width: 1 },
    { data: dataset.nextStates, width: dataset.stateDim },
    { data: dataset.terminals, width: 1 },
    { data: dataset.timeouts, width: 1 },
  ];
  const hashes = new Uint8Array(episodes.length * EPISODE_HASH_BYTES);
  episodes.forEach(({ start, end }, place) => {
    const hash = createHash("sha256");
    for (const { data, width } of arrays) {
      const part = data.subarray(start * width, end * width);
      hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    }
    hashes.set(hash.digest().subarray(0, EPISODE_HASH_BYTES), place * EPISODE_HASH_BYTES);
  });
  return { hashes, rows: Int32Array.from(episodes, ({ start, end }) => end - start) };
}
