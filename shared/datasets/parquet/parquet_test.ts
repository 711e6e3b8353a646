/** What is refused of a Parquet file, and how soon; files of tools with a few bytes changed. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { memoryUsage } from "node:process";
import { sourceOf } from "@cugro/hdf5";
import { DatasetError } from "../dataset.ts";
import { wantedFields } from "../field_names.ts";
import { readParquet } from "../formats/read_parquet.ts";
import { chooseColumns } from "../formats/table_columns.ts";
import { sample } from "../formats/testing/sample.ts";
import { readRuns } from "./runs.ts";
import { unpackSnappy } from "./snappy.ts";
import { ParquetFault, readStruct } from "./thrift.ts";

function refused(bytes: Uint8Array, ...words: string[]): void {
  const began = performance.now();
  const { message } = assertThrows(
    () => readParquet(sourceOf(bytes), "a.parquet", wantedFields()),
    DatasetError,
  );
  for (const word of ["a.parquet", ...words]) assertStringIncludes(message, word);
  assert(performance.now() - began < 1000 && message.split("\n").length === 1);
}

const reader = (bytes: number[]) => {
  const view = new DataView(Uint8Array.from(bytes).buffer);
  return { view, at: 0, end: bytes.length };
};

Deno.test("runs and packed bits of any width are read, and never beyond what they stand for", () => {
  assertEquals([...readRuns(Uint8Array.of(0x06, 5, 0x03, 0b10101010), 3, 5)].slice(0, 3), [5, 5, 5]);
  for (const width of [1, 2, 3, 7, 8, 13, 31, 32]) {
    const values = Array.from({ length: 16 }, (_, i) => (i * 2654435761) % 2 ** width);
    let bits = 0n;
    for (const [i, value] of values.entries()) bits |= BigInt(value) << BigInt(i * width);
    const packed = Array.from({ length: 2 * width }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
    assertEquals([...readRuns(Uint8Array.from([5, ...packed]), width, 16)], values, `${width} bits`);
  }
  const endless = Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 1);
  const before = memoryUsage.rss();
  assertEquals([...readRuns(endless, 1, 3)], [1, 1, 1]);
  assert(memoryUsage.rss() - before < 50e6);
  for (const bad of [[0], [2], [0x81], [0x03], [0x80, 0x80, 0x80, 0x80, 0x80, 1]]) {
    assertThrows(() => readRuns(Uint8Array.from(bad), 9, 5), ParquetFault);
  }
});

Deno.test("structures that are long, deep or cut are refused at once", () => {
  const nested = new Array<number>(100_000).fill(0x1c);
  const lists = [0x19, ...new Array<number>(100_000).fill(0x19)];
  const long = [0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x0f, 2];
  for (const bytes of [nested, lists, long, [0x15], [0x18, 9, 1], [0x1b, 0], []]) {
    assertThrows(() => readStruct(reader(bytes)), ParquetFault);
  }
});

Deno.test("Snappy's copies and literals are read, and no length leads back", () => {
  assertEquals([...unpackSnappy(Uint8Array.of(7, 0x04, 1, 2, 0x05, 2), 7)].slice(0, 6), [1, 2, 1, 2, 1, 2]);
  assertEquals([...unpackSnappy(Uint8Array.of(4, 0xf0, 1, 8, 9, 0x06, 1, 0), 4)], [8, 9, 9, 9]);
  for (
    const bad of [[2, 0xfc, 0xf0, 0xff, 0xff, 0xff, 1], [9, 0x04, 1, 2, 0x05, 3], [3, 0x04, 1, 2, 0x05, 2], [
      2,
      0x04,
      1,
      2,
      0,
    ], [2, 0]]
  ) assertThrows(() => unpackSnappy(Uint8Array.from(bad), bad[0]!), ParquetFault);
});

Deno.test("a file that is cut, or whose footer is another's, is refused by name", () => {
  const good = sample("lists_snappy.parquet");
  refused(good.subarray(0, -1), "its end is missing");
  refused(good.subarray(0, good.length / 2), "its end is missing");
  const large = good.slice();
  new DataView(large.buffer).setUint32(good.length - 8, 2 ** 31, true);
  refused(large, "is damaged or cut short");
  refused(Uint8Array.of(...good.subarray(0, 4), ...good.subarray(-8)), "is damaged or cut short");
});

Deno.test("every cut and every changed byte of a page is a fault of its column, or other numbers", () => {
  for (const name of ["lists_none.parquet", "lists_zstd.parquet", "columns.parquet"]) {
    const good = sample(name);
    for (let at = 4; at < 2000; at += 7) {
      const bytes = good.slice();
      bytes[at] = bytes[at]! ^ 0xff;
      try {
        readParquet(sourceOf(bytes), "a.parquet", wantedFields());
      } catch (error) {
        assert(error instanceof DatasetError, `${name}, byte ${at}: ${error}`);
      }
    }
  }
});

Deno.test("columns are chosen by name and number", () => {
  const chosen = (names: string[], more: string[] = []) =>
    Object.fromEntries(chooseColumns(names, new Set([...wantedFields(), ...more]), "f"));
  assertEquals(
    chosen(["obs_10", ...Array.from({ length: 10 }, (_, i) => `obs_${i}`)]).observations?.at(-1),
    "obs_10",
  );
  assertEquals(chosen(["state.1", "state.2", "act[0]", "x"], ["x"]), {
    observations: ["state.1", "state.2"],
    actions: ["act[0]"],
    x: ["x"],
  });
  assertEquals(chosen(["observation.state", "action", "next.reward", "episode_index"]), {
    observations: ["observation.state"],
    actions: ["action"],
    rewards: ["next.reward"],
    episode_index: ["episode_index"],
  });
  for (
    const [names, word] of [[["obs_0", "obs_2"], "obs_2"], [["obs_0", "obs_00"], "obs_0"], [
      ["act", "act"],
      "two columns",
    ]] as const
  ) {
    const { message } = assertThrows(() => chosen([...names]), DatasetError);
    assertStringIncludes(message, word);
  }
});
