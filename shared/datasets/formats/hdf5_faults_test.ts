/** What is refused of an HDF5 file, by name, and what does no harm; files made byte by byte, one fault each. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { deflateSync } from "node:zlib";
import { sourceOf } from "@cugro/hdf5";
import { DatasetError } from "../dataset.ts";
import { readDataset } from "../read_dataset.ts";
import { readHdf5 } from "./read_hdf5.ts";
import { datasetHash } from "../stored.ts";
import { bytesOf, type FieldBytes, hdf5Bytes, le, TYPE } from "../../hdf5/testing/hdf5_bytes.ts";
import { goodFields } from "../testing/good_fields.ts";
import { fletcher32 } from "../../hdf5/checksums.ts";

const good = goodFields();
const hash = async (bytes: Uint8Array<ArrayBuffer>) => datasetHash((await readDataset(bytes, "f")).dataset);
const usual = await hash(hdf5Bytes(good));

/** The good file with other fields. */
function file(fields: Record<string, Partial<FieldBytes>>, more: Parameters<typeof hdf5Bytes>[1] = {}) {
  const changed = Object.entries(fields).map(([name, field]) => [name, { ...good[name], ...field }]);
  return hdf5Bytes({ ...good, ...Object.fromEntries(changed) }, more);
}

async function refused(bytes: Uint8Array, ...words: string[]): Promise<void> {
  const { message } = await assertRejects(async () => await readDataset(bytes, "walk.hdf5"), DatasetError);
  for (const word of ["walk.hdf5", ...words]) assertStringIncludes(message, word);
  assertEquals(message.split("\n").length, 1);
}

function without(name: string): Record<string, FieldBytes> {
  return Object.fromEntries(Object.entries(good).filter(([field]) => field !== name));
}

const packed = (name: string) => deflateSync(Uint8Array.from(good[name]!.data!));
const whole = (name: string) => Uint8Array.from(good[name]!.data!);

Deno.test("types that are no plain numbers are refused by name", async () => {
  const data = new Uint8Array(800);
  const wrong: [number[], string][] = [
    [TYPE.text(8), "text"],
    [TYPE.bits(4), "bit fields"],
    [TYPE.opaque(8), "opaque"],
    [
      TYPE.compound([["r", TYPE.float(4), 4], ["x", TYPE.float(4), 4]]),
      "a compound type with the members r, x",
    ],
    [TYPE.colours(), "an enumeration"],
    [TYPE.reference(), "references"],
    [TYPE.integer(4, { precision: 12 }), "12 bits"],
  ];
  for (const [type, word] of wrong) {
    await refused(file({ rewards: { type, data } }), "field rewards", word);
  }
});

Deno.test("numbers of either byte order and of 16 bits are read", async () => {
  const floats = new Float32Array(whole("observations").buffer);
  const big = new Uint8Array(1200);
  floats.forEach((value, i) => new DataView(big.buffer).setFloat32(4 * i, value));
  assertEquals(await hash(file({ observations: { type: TYPE.float(4, true), data: big } })), usual);
  const half = file({
    rewards: { type: TYPE.float(2), data: bytesOf(Float16Array.of(0.5, ...new Array(99).fill(-2))) },
  });
  assertEquals((await readDataset(half, "f")).dataset.rewards.slice(0, 2), Float32Array.of(0.5, -2));
  const brain = file({ rewards: { type: TYPE.bfloat(), data: bytesOf(new Uint16Array(100).fill(0x3fc0)) } });
  assertEquals((await readDataset(brain, "f")).dataset.rewards[0], 1.5);
  const flags = file({ timeouts: { type: TYPE.flags() } });
  assertEquals(await hash(flags), usual);
});

Deno.test("values in other files, links to them and links to nowhere are refused", async () => {
  await refused(file({ rewards: { external: "/etc/passwd" } }), "field rewards", "other files");
  const target: [string, string] = ["/etc/passwd", "/x"];
  await refused(
    hdf5Bytes(without("rewards"), { links: { rewards: { external: target } } }),
    "rewards",
    "other files",
  );
  await refused(
    hdf5Bytes(without("rewards"), { links: { rewards: { soft: "/none" } } }),
    "rewards",
    "leads nowhere",
  );
  await refused(
    hdf5Bytes(without("observations"), { links: { observations: { group: [] } } }),
    "field observations",
    "it is a group without fields",
  );
});

Deno.test("parts that are not used do no harm, whatever they are", async () => {
  const links = {
    gone: { soft: "/none" },
    away: { external: ["/etc/passwd", "/x"] as [string, string] },
    g: { group: [] },
  };
  const fields = {
    huge: { shape: [2 ** 40, 3], type: TYPE.float(4) },
    words: { shape: [100], type: TYPE.text(4), data: new Uint8Array(400) },
    packed: {
      shape: [100],
      type: TYPE.float(4),
      chunk: { filters: [[32001, 1, 2]] },
      data: new Uint8Array(9),
    },
    __proto__x: { shape: [1], type: TYPE.float(4), external: "/etc/passwd" },
  };
  assertEquals(await hash(file(fields, { links })), usual);
});

Deno.test("chunks are read only whole: filters, checksums, masks and lengths", async () => {
  const rewards = (data: Uint8Array, filters: number[][], mask = 0) =>
    file({ rewards: { data, chunk: { filters, mask } } });
  assertEquals(await hash(rewards(packed("rewards"), [[1, 4]])), usual);
  const summed = Uint8Array.from([...whole("rewards"), ...le(fletcher32(whole("rewards")), 4)]);
  assertEquals(await hash(rewards(summed, [[3]])), usual);
  assertEquals(await hash(rewards(whole("rewards"), [[1, 4]], 1)), usual, "a filter that the chunk skipped");
  const changed = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => i === at ? byte ^ 1 : byte);
  const damaged: [Uint8Array, number[][], number?][] = [
    [changed(packed("rewards"), 50), [[1, 4]]],
    [packed("rewards").subarray(0, 300), [[1, 4]]],
    [deflateSync(whole("rewards").subarray(4)), [[1, 4]]],
    [deflateSync(new Uint8Array(80_000_000)), [[1, 4]]],
    [packed("rewards"), [[1, 4]], 1],
    [changed(summed, 7), [[3]]],
    [changed(summed, 401), [[3]]],
    [summed, [[3]], 1],
  ];
  for (const [data, filters, mask] of damaged) {
    await refused(rewards(data, filters, mask), "field rewards", "its data is damaged");
  }
  await refused(rewards(packed("rewards"), [[32001, 1]]), "field rewards", "32001", "use gzip");
});

Deno.test("a field that was never written is refused, or told where it holds flags", async () => {
  const { data: _rewards, ...rewards } = good.rewards!;
  await refused(hdf5Bytes({ ...good, rewards }), "field rewards", "ever written");
  await refused(
    hdf5Bytes({ ...good, rewards: { ...rewards, chunk: { filters: [[1, 4]] } } }),
    "rewards",
    "ever written",
  );
  const { data: _flags, ...terminals } = good.terminals!;
  const { notices, dataset } = await readDataset(hdf5Bytes({ ...good, terminals }), "f");
  assertEquals(datasetHash(dataset), usual);
  assertEquals(notices[0]?.code, "values-never-written");
  assertEquals(notices[0]?.field, "terminals");
  const ones = { ...terminals, messages: [[0x05, [3, 0x2a, ...le(1, 4), 1]]] as [number, number[]][] };
  await refused(hdf5Bytes({ ...good, terminals: ones }), "field terminals", "ever written");
});

Deno.test("more values than a file can hold are refused before anything is allocated", async () => {
  const sizes: Partial<FieldBytes>[] = [
    { shape: [10_000_000, 3], chunk: { shape: [2 ** 16, 3], filters: [[1, 4]] } },
    { chunk: { shape: [2 ** 28, 3], filters: [[1, 4]] } },
  ];
  for (const size of sizes) {
    await refused(file({ observations: size }), "field observations", "file of this size");
  }
  for (const shape of [[2 ** 40, 3], [2 ** 31, 2 ** 31, 2 ** 31]]) {
    await refused(file({ observations: { shape } }), "field observations");
  }
  const began = performance.now();
  await refused(file({ observations: { shape: [1e15, 3], chunk: { shape: [1, 1] } } }), "observations");
  assert(performance.now() - began < 1000);
});

Deno.test("attributes: only known ones, of any type, in one sentence", async () => {
  const scalar = (type: number[], values: ArrayBufferView) => ({ type, data: Array.from(bytesOf(values)) });
  const attributes = {
    horizon: scalar(TYPE.integer(8), BigInt64Array.of(25n)),
    goal: { type: TYPE.float(2), shape: [2], data: Array.from(bytesOf(Float16Array.of(0.5, -1))) },
    env: { type: TYPE.text(4), data: [87, 97, 108, 107] },
    noise: { type: TYPE.opaque(4), data: [0, 0, 0, 0] },
  };
  const { dataset: { metadata } } = await readDataset(file({}, { attributes }), "f");
  assertEquals(metadata, { horizon: 25, goal: [0.5, -1], env: "Walk" });
  const wrong = {
    horizon: [{ type: TYPE.flags(), data: [1] }, { type: TYPE.float(8), shape: null, data: [] }],
    goal: [{ type: TYPE.float(4), shape: null, data: [] }, { type: TYPE.opaque(4), data: [1, 2, 3, 4] }],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) await refused(file({}, { attributes: { [name]: value } }), `field @${name}`);
  }
});

Deno.test("damaged headers and files that are still open are told apart", async () => {
  const bytes = hdf5Bytes(good);
  await refused(hdf5Bytes(good, { open: true }), "still open for writing", "h5clear");
  for (const length of [9, 47, 60, 500, bytes.length - 100]) {
    await refused(bytes.subarray(0, length), "damaged or cut short");
  }
  const behindBlock = new Uint8Array(512 + bytes.length);
  behindBlock.set(bytes, 512);
  assertEquals(await hash(behindBlock), usual, "behind a user block");
  const root = bytes.lastIndexOf(0x4f);
  const broken = Uint8Array.from(bytes);
  broken[root + 20] = broken[root + 20]! ^ 1;
  await refused(broken);
});

Deno.test("only what is wanted is opened, and a field longer than the file is damage", () => {
  const wanted = new Set(["rewards"]);
  const text = file({ observations: { type: TYPE.text(12) } });
  assertEquals(Object.keys(readHdf5(sourceOf(text), "f", wanted).arrays), ["rewards"]);
  const { message } = assertThrows(
    () => readHdf5(sourceOf(file({ rewards: { shape: [90_000] } })), "f", wanted),
    Error,
  );
  assertStringIncludes(message, "rewards");
});
