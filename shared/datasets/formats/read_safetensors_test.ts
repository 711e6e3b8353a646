/** Strangers' safetensors files, written byte by byte: what is read of them, and what is refused by name. */
import { formatOf } from "./format.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { sourceOf } from "@cugro/hdf5";
import { bytesOf } from "../../hdf5/testing/hdf5_bytes.ts";
import { DatasetError } from "../dataset.ts";
import { readDataset } from "../read_dataset.ts";
import { readSafetensors } from "./read_safetensors.ts";
import { numbersOf } from "./testing/sample.ts";

type Header = Record<string, unknown>;
const values = bytesOf(Float32Array.of(1, 2, 3, 4));
const entry = { dtype: "F32", shape: [4], data_offsets: [0, 16] };

/** Bytes of a file; a header may be its text. */
function file(header: Header | string, data: Uint8Array = values, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const read = (bytes: Uint8Array) =>
  readSafetensors(sourceOf(bytes), "a.safetensors", new Set(["rewards", "actions"]));

function refused(bytes: Uint8Array, ...words: string[]): void {
  const began = performance.now();
  const { message } = assertThrows(() => read(bytes), DatasetError);
  for (const word of ["a.safetensors", ...words]) assertStringIncludes(message, word);
  assertEquals(message.split("\n").length, 1);
  assert(message.length < 1000 && performance.now() - began < 1000);
}

Deno.test("readSafetensors() reads every type of numbers", () => {
  const types: [string, ArrayBufferView, number[]][] = [
    ["F64", Float64Array.of(1e300, -1), [1e300, -1]],
    ["F32", Float32Array.of(0.5, -1), [0.5, -1]],
    ["F16", Float16Array.of(0.5, -1), [0.5, -1]],
    ["BF16", Uint16Array.of(0x3f80, 0xc000), [1, -2]],
    ["I64", BigInt64Array.of(-(2n ** 40n), 5n), [-(2 ** 40), 5]],
    ["I32", Int32Array.of(-7, 5), [-7, 5]],
    ["I16", Int16Array.of(-7, 5), [-7, 5]],
    ["I8", Int8Array.of(-7, 5), [-7, 5]],
    ["U64", BigUint64Array.of(2n ** 40n, 5n), [2 ** 40, 5]],
    ["U32", Uint32Array.of(2 ** 32 - 1, 5), [2 ** 32 - 1, 5]],
    ["U16", Uint16Array.of(65535, 5), [65535, 5]],
    ["U8", Uint8Array.of(255, 5), [255, 5]],
    ["BOOL", Uint8Array.of(1, 0), [1, 0]],
  ];
  for (const [dtype, data, wanted] of types) {
    const bytes = file({ rewards: { dtype, shape: [2], data_offsets: [0, data.byteLength] } }, bytesOf(data));
    const { rewards } = read(bytes).arrays;
    assertEquals(numbersOf(rewards!.data), wanted, dtype);
    assertEquals(rewards!.integer, !/F/.test(dtype));
  }
});

Deno.test("readSafetensors() does not look into tensors that are not used", () => {
  const other = { dtype: "F8_E4M3", shape: [2 ** 40], data_offsets: [16, 20] };
  const { arrays, present } = read(file({ rewards: entry, constructor: other }, new Uint8Array(20)));
  assertEquals(Object.keys(arrays), ["rewards"]);
  assertEquals(present, ["rewards", "constructor"]);
});

Deno.test("readSafetensors() refuses a header before it is parsed, whatever it promises", () => {
  refused(file({ rewards: entry }, values, 2n ** 63n), "header should take 9223372036854775808 bytes");
  refused(file({ rewards: entry }, values, 0n), "not a JSON object");
  refused(file("{" + " ".repeat(5_000_000) + "}"), "at most 4194304");
  refused(file('{"a": ' + "[".repeat(100_000) + "]".repeat(100_000) + "}"), "nested too deep");
  refused(file('{"rewards": {}, "rewards": {}}'), "has the name rewards twice");
  refused(file('{"rewards": {}, "re\\u0077ards": {}}'), "has the name rewards twice");
  refused(file('{"rewards": {"shape": [4], "shape": [2]}}'), "has the name shape twice");
  refused(file('{"\\"' + '\\"'.repeat(1_000_000)), "not a JSON object");
  refused(file("[1]"), "not a JSON object");
  refused(file('{"rewards": nonsense'), "not a JSON object");
  refused(file("{\xff}"));
  refused(new Uint8Array(5), "cut short");
});

Deno.test("readSafetensors() refuses tensors that do not fit the file, by name", () => {
  const wrong: [Header, string][] = [
    [{ rewards: { ...entry, data_offsets: [0, 17] } }, "field rewards: it ends at byte 17"],
    [{ rewards: { ...entry, data_offsets: [1e9, 1e9 + 16] } }, "field rewards: it ends at byte"],
    [{ rewards: { ...entry, data_offsets: [16, 0] } }, "field rewards: its data_offsets"],
    [{ rewards: { ...entry, data_offsets: [-4, 12] } }, "field rewards: its data_offsets"],
    [{ rewards: { ...entry, data_offsets: [0, 12] } }, "4 bytes too many"],
    [{ rewards: { ...entry, data_offsets: [4, 16], shape: [3] } }, "field rewards: 4 bytes before it"],
    [{ rewards: entry, x: { ...entry, data_offsets: [8, 16] } }, "field x: it overlaps"],
    [{ rewards: { ...entry, shape: [2 ** 53, 2 ** 53] } }, "field rewards: its shape"],
    [{ rewards: { ...entry, shape: [2 ** 50, 2 ** 50] } }, "field rewards: its shape takes"],
    [{ rewards: { ...entry, shape: [2.5] } }, "field rewards: its shape"],
    [{ rewards: { ...entry, shape: "4" } }, "field rewards: its shape"],
    [{ rewards: { ...entry, dtype: "constructor" } }, "field rewards: its type is not read"],
    [{ rewards: { ...entry, dtype: 5 } }, "field rewards: its type is missing"],
    [{ rewards: null }, "field rewards: its type is missing"],
    [{ rewards: entry, __metadata__: [] }, "field __metadata__"],
    [{ rewards: entry, __metadata__: { horizon: 5 } }, "field @horizon"],
    [{ rewards: entry, __metadata__: { env: "x".repeat(70_000) } }, "field @env"],
  ];
  for (const [header, words] of wrong) refused(file(header), words);
  refused(file(JSON.stringify({ rewards: entry }).slice(0, -1) + ', "__proto__": {}}'), "field __proto__");
});

Deno.test("text of strangers stays on one line, short and printable", () => {
  const name = `<b>\u202e\n\x1b[31m${"n".repeat(1_000_000)}`;
  const long = file({ [name]: { ...entry, data_offsets: [0, 99] } });
  refused(long, "<b>\\u202e\\u000a\\u001b[31mnnn");
  const missing = file({ [`x\u0007${"y".repeat(500_000)}`]: entry });
  const { message } = assertThrows(() => readDataset(missing, "b\n.safetensors"), DatasetError);
  assertStringIncludes(
    message,
    "b\\u000a.safetensors, field observations: the field is missing; fields present are x\\u0007y",
  );
  assert(message.length < 500 && !message.includes("\n"));
});

Deno.test("formatOf() knows a safetensors file whatever the first bytes of its header's length are", () => {
  // 640 and 35,615 bytes: the lengths begin as a pickle and as gzip do.
  for (const length of [0x0280, 0x8b1f]) {
    const bytes = new Uint8Array(8 + length);
    new DataView(bytes.buffer).setUint32(0, length, true);
    bytes.set(new TextEncoder().encode('{"a":'.padEnd(length)), 8);
    assertEquals(formatOf(sourceOf(bytes)), "safetensors");
  }
  const pickle = Uint8Array.of(0x80, 2, 0x7d, 0x71, 1, 0x58, 4, 0, 0x7b, 0, 0);
  assertEquals(typeof formatOf(sourceOf(pickle)), "object");
});
