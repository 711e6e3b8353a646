/** Whatever a file does, the next one is read as ever: in one process, as an import service reads file after file. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { memoryUsage } from "node:process";
import { deflateSync } from "node:zlib";
import { DatasetError } from "../dataset.ts";
import { datasetHash, encodeDataset } from "../stored.ts";
import { readDataset } from "../read_dataset.ts";
import { bytesOf, type FieldBytes, hdf5Bytes, TYPE } from "../../hdf5/testing/hdf5_bytes.ts";
import { goodFields } from "../testing/good_fields.ts";
import type { ReadingLimits } from "./isolation_limits.ts";
import { readIsolated } from "./read_isolated.ts";

const MAGIC = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const good = () => hdf5Bytes(goodFields());
const usual = datasetHash((await readDataset(good(), "good")).dataset);

/** The good file's hash, read now. */
async function hashNow(bytes = good()): Promise<string> {
  return datasetHash((await readIsolated(bytes, "good")).dataset);
}

async function verdict(bytes: Uint8Array, limits?: ReadingLimits): Promise<string> {
  const { message } = await assertRejects(
    () => readIsolated(bytes.slice(), "bad.hdf5", {}, limits),
    DatasetError,
  );
  assertStringIncludes(message, "bad.hdf5");
  assertEquals(message.split("\n").length, 1);
  return message;
}

const other = (fields: Record<string, Partial<FieldBytes>>) => {
  const all = goodFields();
  for (const [name, field] of Object.entries(fields)) all[name] = { ...all[name]!, ...field };
  return hdf5Bytes(all);
};

Deno.test("readIsolated() reads what readDataset() reads, of either format, and takes the bytes", async () => {
  const bytes = good();
  const judged = await readDataset(good(), "good");
  assertEquals(await readIsolated(bytes, "good"), judged);
  assertEquals(bytes.length, 0);
  const part = new Uint8Array([0, ...encodeDataset(judged.dataset)]).subarray(1);
  assertEquals((await readIsolated(part, "good")).dataset, judged.dataset);
});

Deno.test("after 3,000 files of nine bytes, and files cut at any byte, a good file is read as ever", async () => {
  for (let i = 0; i < 3000; i++) await verdict(Uint8Array.of(...MAGIC, i & 0xff));
  const whole = good();
  for (let i = 1; i <= 12; i++) await verdict(whole.subarray(0, Math.floor(whole.length * i / 13)));
  assertEquals(await hashNow(), usual);
});

Deno.test("no value of a file shows in the file read after it", async () => {
  const marked = other({ rewards: { data: bytesOf(new Float32Array(100).fill(1234.5)) } });
  assertEquals((await readIsolated(marked, "first")).dataset.rewards[7], 1234.5);
  for (const rewards of [{ external: "/etc/passwd" }, { chunk: { filters: [[3]] } }]) {
    await verdict(other({ rewards }));
  }
  assertEquals(await hashNow(), usual);
});

Deno.test("a verdict depends on the bytes alone, and memory does not stay", async () => {
  const rows = 200_000;
  const large = (columns: number) => ({ shape: [rows, columns], data: new Uint8Array(4 * rows * columns) });
  const plenty = () => hdf5Bytes({ ...goodFields(), observations: { ...large(2), type: TYPE.float(4) } });
  const never = other({
    observations: { shape: [125_000_000, 4], chunk: { shape: [65_536, 4], filters: [[1, 4]] } },
  });
  const bomb = other({
    rewards: { chunk: { filters: [[1, 9]] }, data: deflateSync(new Uint8Array(80_000_000)) },
  });
  const before = memoryUsage.rss();
  const first = [await verdict(never), await verdict(bomb)];
  await verdict(plenty());
  for (let i = 0; i < 6; i++) assertEquals([await verdict(never), await verdict(bomb)], first);
  assertEquals(await hashNow(), usual);
  assert(memoryUsage.rss() - before < 500e6, `${memoryUsage.rss() - before} bytes more`);
});

Deno.test("a thread that takes too long, too much, or fails is one rejection of its file", async () => {
  const rows = 1_800_000;
  const slow = other({
    observations: {
      shape: [rows, 2],
      type: TYPE.float(8),
      data: deflateSync(new Uint8Array(16 * rows)),
      chunk: { filters: [[1, 4]] },
    },
  });
  assertStringIncludes(await verdict(slow, { timeMs: 0 }), "takes more than 0.0 s");
  // Less than any process grows by, also one that has memory left from before.
  assertStringIncludes(await verdict(slow, { bytes: -(2 ** 40) }), "MiB, far more than a file of this size");
  const { message } = await assertRejects(
    () => readIsolated(good(), "bad.hdf5", { reward: 5 as never }),
    DatasetError,
  );
  assertStringIncludes(message, "bad.hdf5: the file is damaged: reading it failed");
  assertEquals(await hashNow(), usual);
});

Deno.test("files read at the same time do not meet", async () => {
  const hashes = await Promise.all([hashNow(), verdict(other({ rewards: { external: "x" } })), hashNow()]);
  assertEquals([hashes[0], hashes[2]], [usual, usual]);
});
