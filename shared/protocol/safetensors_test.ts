import { Buffer } from "node:buffer";
import { assertEquals, assertThrows } from "@std/assert";
import { decodeTensors, encodeTensors, type TensorFile } from "./safetensors.ts";

const sample: TensorFile = {
  states: { shape: [2, 3], data: new Float32Array([1, -2.5, 3, NaN, Infinity, -0]) },
  flags: { shape: [3], data: new Uint8Array([0, 1, 255]) },
  tasks: { shape: [2], data: new Int32Array([-1, 7]) },
  empty: { shape: [0, 4], data: new Float32Array(0) },
  scalar: { shape: [], data: new Float32Array([2]) },
};

Deno.test("decodeTensors() gives back what encodeTensors() wrote", () => {
  const { tensors, metadata } = decodeTensors(encodeTensors(sample, { b: "2", a: "ü" }));
  assertEquals({ ...tensors }, sample);
  assertEquals(metadata, { a: "ü", b: "2" });
});

Deno.test("encodeTensors() gives one byte sequence for one content", () => {
  const reversed = Object.fromEntries(Object.entries(sample).reverse());
  assertEquals(encodeTensors(reversed, { a: "1", b: "2" }), encodeTensors(sample, { b: "2", a: "1" }));
});

Deno.test("encodeTensors() aligns header and data", () => {
  const bytes = encodeTensors(sample);
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assertEquals(headerBytes % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
  for (const entry of Object.values(header) as { dtype: string; data_offsets: number[] }[]) {
    if (entry.dtype !== "U8") assertEquals(entry.data_offsets[0]! % 4, 0);
  }
});

Deno.test("decodeTensors() reads a file another writer laid out", () => {
  const header =
    '{"x":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},"f":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
  const bytes = new Uint8Array(8 + header.length + 5);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes[8 + header.length] = 9;
  new DataView(bytes.buffer).setFloat32(8 + header.length + 1, 1.5, true);
  const { tensors } = decodeTensors(bytes);
  assertEquals([tensors.x!.data[0], tensors.f!.data[0]], [1.5, 9]);
});

Deno.test("encodeTensors() refuses a shape that does not fit", () => {
  const bad = { x: { shape: [2, 2], data: new Float32Array(3) } };
  assertThrows(
    () => encodeTensors(bad),
    RangeError,
    "Cannot write x as its shape [2,2] does not fit its 3 values",
  );
});

function withHeader(header: string, dataBytes: number): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
}

Deno.test("decodeTensors() gives arrays of their own, also from a Buffer out of a pool", () => {
  const file = encodeTensors({ a: { shape: [3], data: Float32Array.of(1, 2, 3) } });
  const buffer = Buffer.allocUnsafe(file.length);
  buffer.set(file);
  const { a } = decodeTensors(buffer).tensors;
  buffer.fill(0);
  assertEquals(a?.data, Float32Array.of(1, 2, 3));
  assertEquals(a?.data.buffer.byteLength, 12);
});

Deno.test("decodeTensors() says what is wrong with damaged bytes", () => {
  const good = encodeTensors(sample);
  const cases: [Uint8Array, string][] = [
    [good.subarray(0, 4), "it has 4 bytes"],
    [good.subarray(0, 40), "its header should take"],
    [good.subarray(0, good.length - 1), "it is cut off"],
    [new Uint8Array([...good, 0]), "its tensors take"],
    [withHeader("[]", 0), "not a JSON object"],
    [withHeader('{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}', 8), "x has type F64"],
    [withHeader('{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4), "x has the shape [-1]"],
    [
      withHeader('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4),
      "x [2] needs 8 bytes and has 4",
    ],
    [withHeader('{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2), "x begins at byte 1"],
    [withHeader('{"__metadata__":{"a":1}}', 0), "__metadata__"],
  ];
  for (const [bytes, message] of cases) assertThrows(() => decodeTensors(bytes), SyntaxError, message);
});

Deno.test("decodeTensors() survives every cut and every changed header byte without another kind of error", () => {
  const good = encodeTensors({ x: { shape: [2], data: new Float32Array([1, 2]) } });
  for (let index = 0; index < good.length - 8; index++) {
    for (const value of [0, 0x22, 0x7f, 0xff]) {
      const bytes = good.slice();
      bytes[index] = value;
      try {
        decodeTensors(bytes);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }
  }
});
