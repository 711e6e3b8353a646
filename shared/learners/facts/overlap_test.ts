import { assertEquals } from "@std/assert";
import { EPISODE_HASH_BYTES } from "@cugro/protocol";
import { compareEpisodes, relationOf } from "./overlap.ts";

/** Episodes named by letters; an upper-case one is long. */
function episodes(names: string) {
  const hashes = new Uint8Array(names.length * EPISODE_HASH_BYTES);
  for (const [n, name] of [...names].entries()) hashes[(n + 1) * EPISODE_HASH_BYTES - 1] = name.charCodeAt(0);
  return { hashes, rows: Int32Array.from(names, (name) => name < "a" ? 100 : 10) };
}

const compare = (older: string, newer: string) => compareEpisodes(episodes(older), episodes(newer));

Deno.test("compareEpisodes() counts what is known, added and gone, whatever the order", () => {
  assertEquals(compare("abC", "abCdE"), {
    known: { episodes: 3, rows: 120 },
    added: { episodes: 2, rows: 110 },
    gone: { episodes: 0, rows: 0 },
    leading: true,
  });
  assertEquals(compare("abC", "EbaCd").leading, false);
  assertEquals(compare("abC", "bX").gone, { episodes: 2, rows: 110 });
  // One that stands there twice is known once if the older has it once.
  assertEquals([compare("aab", "abc").gone.episodes, compare("ab", "aab").added.episodes], [1, 1]);
  assertEquals([compare("ab", "xy").leading, compare("ab", "xy").known.episodes], [false, 0]);
});

Deno.test("relationOf() tells what has grown from a part, the same and another", () => {
  const twenty = "abcdefghijklmnopqrst";
  const cases: [older: string, newer: string, relation: string][] = [
    ["abcd", "abcde", "grown"],
    ["abcd", "dcba", "same"],
    ["abcd", "abc", "part"],
    ["abcd", "ab", "part"],
    ["abcd", "wxyz", "other"],
    // The last episode was cut by the export, and is whole now.
    ["abcd", "abcDe", "grown"],
    ["abc", "abxyz", "other"],
    ["abcd", "abxyzuv", "other"],
    // A full buffer lets go of its oldest: one in twenty may be gone.
    [twenty + twenty, twenty.slice(2) + twenty + "uvw", "grown"],
    [twenty + twenty, twenty.slice(3) + twenty + "uvw", "other"],
    ["a", "ab", "grown"],
    ["a", "b", "other"],
  ];
  for (const [older, newer, relation] of cases) {
    assertEquals(relationOf(compare(older, newer)), relation, `${older} ${newer}`);
  }
});
