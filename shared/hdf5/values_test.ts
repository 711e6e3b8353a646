/** Values are those that the HDF5 library reads itself, whatever layout, index, filter and type a field has. */
import { assertEquals } from "@std/assert";
import { sourceOf } from "./byte_source.ts";
import { openHdf5 } from "./open_hdf5.ts";
import { type Hdf5Writer, makeHdf5, valuesByLibrary, type Version } from "./testing/hdf5_files.ts";

/** Nodes and blocks of every index. */
const SIGNATURES = ["TREE", "FAHD", "FADB", "EAHD", "EAIB", "EASB", "EADB", "BTHD", "BTIN", "BTLF"];

type Field = Parameters<Hdf5Writer["create_dataset"]>[0];
type Filters = Pick<Field, "compression" | "compression_opts">;

function floats(shape: number[]): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i) * 100);
}

/** @returns the signatures of indexes in the file */
async function assertSame(field: Partial<Field> & { shape: number[] }, version: Version): Promise<string[]> {
  const data = field.data ?? floats(field.shape);
  const bytes = await makeHdf5((file) => {
    file.create_dataset({ name: "observations", data, ...field } as Field);
  }, version);
  const plan = openHdf5(sourceOf(bytes)).plan("observations", 1e9);
  const wanted = Array.from(await valuesByLibrary(bytes, "observations"), Number);
  assertEquals(plan.shape, field.shape);
  assertEquals(Array.from(plan.read(), Number), wanted);
  assertEquals(wanted.length, Array.from(data as ArrayLike<number>).length);
  const text = new TextDecoder("latin1").decode(bytes);
  return SIGNATURES.filter((signature) => text.includes(signature));
}

const gzip: Filters = { compression: "gzip", compression_opts: [4] };
const fletcher: Filters = { compression: 3, compression_opts: [] };
/** Layouts and indexes; the number of chunks decides which blocks an index has. */
const LAYOUTS: [string, Partial<Field> & { shape: number[] }][] = [
  ["in one piece", { shape: [40, 3] }],
  ["one chunk", { shape: [40, 3], chunks: [40, 3] }],
  ["one chunk, gzip", { shape: [40, 3], chunks: [40, 3], ...gzip }],
  ["chunks, edges", { shape: [41, 7], chunks: [8, 3] }],
  ["chunks, gzip", { shape: [41, 7], chunks: [8, 3], ...gzip }],
  ["chunks, Fletcher-32", { shape: [41, 7], chunks: [8, 3], ...fletcher }],
  ["three sides", { shape: [9, 5, 4], chunks: [2, 2, 4], ...gzip }],
  ["many chunks (paged)", { shape: [6000], chunks: [2] }],
  ["many chunks (paged), gzip", { shape: [6000], chunks: [3], ...gzip }],
  ["may grow once more", { shape: [41, 7], chunks: [8, 3], maxshape: [100, 7], ...gzip }],
  ["grows along the first side", { shape: [41, 7], chunks: [8, 7], maxshape: [null, 7], ...gzip }],
  ["grows, many chunks", { shape: [9000], chunks: [1], maxshape: [null] }],
  ["grows, many chunks, gzip", { shape: [5000], chunks: [2], maxshape: [null], ...gzip }],
  ["grows along the second side", { shape: [41, 7], chunks: [8, 3], maxshape: [41, null], ...gzip }],
  ["grows along both", { shape: [41, 7], chunks: [8, 3], maxshape: [null, null], ...gzip }],
  ["grows along both, many chunks", { shape: [60, 70], chunks: [1, 2], maxshape: [null, null] }],
];

for (const version of ["earliest", "v108", "v110", "v114", "latest"] as const) {
  Deno.test(`openHdf5() reads every layout of ${version} as the library does`, async () => {
    const seen = new Set<string>();
    for (const [, field] of LAYOUTS) for (const name of await assertSame(field, version)) seen.add(name);
    const isOld = version === "earliest" || version === "v108";
    assertEquals([...seen].sort(), isOld ? ["TREE"] : SIGNATURES.slice(1).sort());
  });
}

Deno.test("openHdf5() reads every type of integers and floats", async () => {
  const types: [NonNullable<Field["dtype"]>, Field["data"]][] = [
    ["<b", Int8Array.of(-128, 5, 127)],
    ["<B", Uint8Array.of(0, 5, 255)],
    ["<h", Int16Array.of(-32768, 5, 32767)],
    ["<H", Uint16Array.of(0, 5, 65535)],
    ["<i", Int32Array.of(-(2 ** 31), 5, 2 ** 31 - 1)],
    ["<I", Uint32Array.of(0, 5, 2 ** 32 - 1)],
    ["<q", BigInt64Array.of(-(2n ** 40n), -1n, 2n ** 53n)],
    ["<Q", BigUint64Array.of(0n, 2n ** 40n + 1n, 2n ** 53n)],
    ["<f", Float32Array.of(-1.5, 1e-40, 3e38)],
    ["<d", Float64Array.of(-1.5, 1e300, Math.PI)],
  ];
  for (const [dtype, data] of types) {
    await assertSame({ shape: [3], data, dtype }, "earliest");
    await assertSame({ shape: [3], data, dtype, chunks: [2] }, "latest");
  }
});
