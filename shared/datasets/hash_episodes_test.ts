import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { decodeEpisodes, encodeEpisodes, EPISODE_HASH_BYTES } from "@cugro/protocol";
import { exampleDataset } from "../../tests/fakes/example_dataset.ts";
import type { Dataset } from "./dataset.ts";
import { episodeHashes } from "./hash_episodes.ts";
import { encodeDataset } from "./stored.ts";
import { readDataset } from "./read_dataset.ts";

const LENGTH = 10;

/** The dataset with its episodes in another order. */
function inOrder(dataset: Dataset, order: readonly number[]): Dataset {
  const rows = order.flatMap((episode) =>
    Array.from({ length: LENGTH }, (_, step) => episode * LENGTH + step)
  );
  const floats = (array: Float32Array, width: number) =>
    Float32Array.from(rows.flatMap((row) => [...array.subarray(row * width, (row + 1) * width)]));
  const flags = (array: Uint8Array) => Uint8Array.from(rows, (row) => array[row]!);
  return {
    ...dataset,
    states: floats(dataset.states, 2),
    nextStates: floats(dataset.nextStates, 2),
    actions: floats(dataset.actions, 1),
    rewards: floats(dataset.rewards, 1),
    terminals: flags(dataset.terminals),
    timeouts: flags(dataset.timeouts),
    size: rows.length,
  };
}

const hashesOf = (dataset: Dataset) => {
  const { hashes } = episodeHashes(dataset);
  return Array.from(
    { length: hashes.length / EPISODE_HASH_BYTES },
    (_, n) => hashes.slice(n * EPISODE_HASH_BYTES, (n + 1) * EPISODE_HASH_BYTES).toHex(),
  );
};

Deno.test("episodeHashes() are those of the episodes, wherever they stand, through any file", async () => {
  const dataset = exampleDataset(8, LENGTH);
  const all = hashesOf(dataset);
  assertEquals(new Set(all).size, 8);
  assertEquals([...episodeHashes(dataset).rows], Array(8).fill(LENGTH));
  assertEquals(hashesOf(inOrder(dataset, [3, 1])), [all[3], all[1]]);
  const { dataset: read } = await readDataset(encodeDataset(dataset), "walk.safetensors");
  assertEquals(hashesOf({ ...read, success: new Uint8Array(80), metadata: {} }), all);
});

Deno.test("episodeHashes() differ by any number or flag of a row, in its own episode alone", () => {
  const dataset = exampleDataset(3, LENGTH);
  const all = hashesOf(dataset);
  for (const name of ["states", "actions", "rewards", "nextStates", "terminals"] as const) {
    const changed = { ...dataset, [name]: dataset[name].slice() };
    // The last row of the second episode.
    const width = dataset[name].length / dataset.size;
    changed[name][(2 * LENGTH - 1) * width] = changed[name][(2 * LENGTH - 1) * width]! + 1;
    const found = hashesOf(changed);
    assertEquals([found[0], found[2]], [all[0], all[2]], name);
    assertNotEquals(found[1], all[1], name);
  }
});

Deno.test("decodeEpisodes() reads what was written, and no other tensors", () => {
  const episodes = episodeHashes(exampleDataset(4, LENGTH));
  assertEquals(decodeEpisodes(encodeEpisodes(episodes)), episodes);
  assertThrows(() => decodeEpisodes(encodeDataset(exampleDataset())), SyntaxError, "hashes of episodes");
});
