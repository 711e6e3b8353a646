/**
 * The episodes of a dataset by their hashes: by them a dataset that has grown is known again.
 * @module
 */
import { decodeTensors, encodeTensors } from "./safetensors.ts";

/** Bytes of one hash. Two different episodes among a million have the same one once in 10^26 datasets. */
export const EPISODE_HASH_BYTES = 16;

/** Episodes in the order of the dataset. */
export interface EpisodeHashes {
  /** `[episodes, 16]` */
  hashes: Uint8Array;
  /** Rows of each, `[episodes]`. */
  rows: Int32Array;
}

/**
 * Bytes of the artifact that holds them.
 *
 * @param episodes hashes of `EPISODE_HASH_BYTES` each, and how many rows each episode has
 * @returns bytes of a tensor file
 */
export function encodeEpisodes({ hashes, rows }: EpisodeHashes): Uint8Array {
  return encodeTensors({
    hashes: { shape: [rows.length, EPISODE_HASH_BYTES], data: hashes },
    rows: { shape: [rows.length], data: rows },
  });
}

/**
 * What {@link encodeEpisodes} wrote.
 *
 * @param bytes of {@link encodeEpisodes}
 * @returns hashes one behind the other, and rows `[episodes]`
 * @throws {SyntaxError} for other bytes
 */
export function decodeEpisodes(bytes: Uint8Array): EpisodeHashes {
  const { hashes, rows } = decodeTensors(bytes).tensors;
  const isRight = hashes?.data instanceof Uint8Array && rows?.data instanceof Int32Array &&
    hashes.data.length === rows.data.length * EPISODE_HASH_BYTES;
  if (!isRight) throw new SyntaxError("Cannot read hashes of episodes as there are none in these bytes");
  return { hashes: hashes.data as Uint8Array, rows: rows.data as Int32Array };
}
