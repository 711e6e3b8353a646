import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { createRng, type Rng } from "@cugro/algorithm/arrays";
import { expOf } from "./exponential.ts";
import { PANEL } from "./kernel_functions.ts";
import { type Kernels, kernelsOf, openKernels } from "./kernels.ts";
import { bitsOf } from "./testing/example_networks.ts";

/** FNV over the answers' bits. */
const GOLDEN = 416465598;
const both = (["wasm", "plain"] as const).map(openKernels);

/** A place with these numbers. */
function placed(kernels: Kernels, numbers: Float32Array): number {
  const address = kernels.memory.take(numbers.length * 4);
  kernels.memory.floats().set(numbers, address / 4);
  return address;
}

const read = (kernels: Kernels, address: number, count: number) =>
  kernels.memory.floats().slice(address / 4, address / 4 + count);

/** Numbers of very different sizes, with what is special among them. */
function wild(rng: Rng, count: number): Float32Array {
  const special = [0, -0, 1e-40, -1e-40, 1e30, -1e30, 88.5, -88.5, 200, -200, 1, -1];
  return Float32Array.from(
    { length: count },
    () =>
      rng.uniform() < 0.2 ? special[rng.integer(special.length)]! : rng.normal() * 10 ** (rng.integer(9) - 4),
  );
}

Deno.test("linear() gives the same bytes in WebAssembly and in TypeScript, at any size", () => {
  const rng = createRng(1, "linear");
  for (let round = 0; round < 60; round++) {
    const [rows, inputs, panels] = [1 + rng.integer(9), 1 + rng.integer(70), 1 + rng.integer(3)];
    const stride = panels * PANEL, ownStarts = rng.uniform() < 0.5;
    const [x, w] = [wild(rng, rows * inputs), wild(rng, panels * inputs * PANEL)];
    const start = wild(rng, ownStarts ? rows * stride : stride);
    const [first, second] = both.map((kernels) => {
      const [xAt, wAt, startAt] = [x, w, start].map((numbers) => placed(kernels, numbers)) as [
        number,
        number,
        number,
      ];
      const y = kernels.memory.take(rows * stride * 4);
      const startStride = ownStarts ? stride * 4 : 0;
      kernels.linear(xAt, inputs * 4, wAt, startAt, startStride, y, stride * 4, rows, inputs, panels);
      const found = bitsOf(read(kernels, y, rows * stride));
      [xAt, wAt, startAt, y].forEach(kernels.memory.release);
      return found;
    });
    assertEquals(first, second, `${rows} rows, ${inputs} inputs, ${panels} panels`);
  }
});

Deno.test("linear() sums from left to right, whatever rows are beside a row", () => {
  // In another order, or with products and sums rounded at once, this is another number.
  const x = Float32Array.of(1e8, 1, -1e8, 1.0001, 1e-3), inputs = x.length;
  const w = new Float32Array(inputs * PANEL).fill(1.0003);
  let expected = Math.fround(0.1);
  for (let i = 0; i < inputs; i++) expected = Math.fround(expected + Math.fround(x[i]! * w[0]!));
  for (const kernels of both) {
    for (const rows of [1, 3, 4, 7]) {
      const xAt = placed(kernels, Float32Array.from({ length: rows * inputs }, (_, i) => x[i % inputs]!));
      const wAt = placed(kernels, w), start = placed(kernels, new Float32Array(PANEL).fill(0.1));
      const y = kernels.memory.take(rows * PANEL * 4);
      kernels.linear(xAt, inputs * 4, wAt, start, 0, y, PANEL * 4, rows, inputs, 1);
      assertEquals([...new Set(read(kernels, y, rows * PANEL))], [expected], `${kernels.name}, ${rows} rows`);
      [xAt, wAt, start, y].forEach(kernels.memory.release);
    }
  }
});

Deno.test("silu(), relu(), add() and layerNorm() give the same bytes in WebAssembly and in TypeScript", () => {
  const rng = createRng(2, "layers");
  for (let round = 0; round < 40; round++) {
    const [rows, columns] = [1 + rng.integer(5), 1 + rng.integer(3 * PANEL)];
    const stride = Math.ceil(columns / PANEL) * PANEL, count = rows * stride;
    const [a, b] = [wild(rng, count), wild(rng, count)];
    a.forEach((_, i) => i % stride >= columns ? a[i] = 0 : 0);
    const [first, second] = both.map((kernels) => {
      const [aAt, bAt] = [placed(kernels, a), placed(kernels, b)];
      const outs = Array.from({ length: 4 }, () => kernels.memory.take(count * 4)) as [
        number,
        number,
        number,
        number,
      ];
      kernels.silu(aAt, outs[0], count);
      kernels.relu(aAt, outs[1], count);
      kernels.add(aAt, bAt, outs[2], count);
      kernels.layerNorm(aAt, outs[3], stride * 4, rows, columns);
      const found = outs.map((address) => read(kernels, address, count));
      [aAt, bAt, ...outs].forEach(kernels.memory.release);
      return found;
    });
    assertEquals(first!.map(bitsOf), second!.map(bitsOf), `${rows} rows of ${columns}`);
    const normed = first![3]!;
    assert(
      normed.every((value, i) => i % stride < columns || Object.is(value, 0)),
      "columns behind a row stay 0",
    );
  }
});

Deno.test("layerNorm() is (x - mean) / sqrt(variance + 1e-5), of the row's own columns", () => {
  const x = Float32Array.of(3, -1, 4, 1, -5), stride = PANEL;
  const mean = x.reduce((a, b) => a + b) / 5;
  const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5 + 1e-5);
  for (const kernels of both) {
    const row = new Float32Array(stride);
    row.set(x);
    const at = placed(kernels, row);
    kernels.layerNorm(at, at, stride * 4, 1, 5);
    read(kernels, at, 5).forEach((value, i) =>
      assertLess(Math.abs(value - (x[i]! - mean) / deviation), 1e-6)
    );
    kernels.memory.release(at);
  }
});

Deno.test("expOf() is exp to 2 units of float32's last place, and finite everywhere", () => {
  for (let x = -86.9; x < 87.9; x += 0.0137) {
    const argument = Math.fround(x);
    assertLess(Math.abs(expOf(argument) / Math.exp(argument) - 1), 2.5e-7, `at ${argument}`);
  }
  assertEquals(expOf(0), 1);
  for (const far of [-1e30, 1e30, -Infinity, Infinity]) assert(Number.isFinite(expOf(far)), `at ${far}`);
  assertLess(expOf(-1e30), 1e-37);
});

Deno.test("the bytes are the same on every machine, in every version", () => {
  // Quotients of small integers: no random numbers, whose logarithms might be another engine's.
  const numbers = (count: number, factor: number) =>
    Float32Array.from({ length: count }, (_, i) => ((i * factor) % 1009 - 504) / 251);
  const rows = 5, inputs = 19, stride = PANEL;
  for (const kernels of both) {
    const [x, w, start] = [numbers(rows * inputs, 7), numbers(inputs * PANEL, 13), numbers(PANEL, 17)].map((
      one,
    ) => placed(kernels, one)) as [number, number, number];
    const y = kernels.memory.take(rows * stride * 4);
    kernels.linear(x, inputs * 4, w, start, 0, y, stride * 4, rows, inputs, 1);
    kernels.layerNorm(y, y, stride * 4, rows, PANEL);
    kernels.silu(y, y, rows * stride);
    const hash = bitsOf(read(kernels, y, rows * stride)).reduce(
      (sum, bits) => Math.imul(sum ^ bits, 0x01000193),
      17,
    );
    assertEquals(hash, GOLDEN, kernels.name);
    [x, w, start, y].forEach(kernels.memory.release);
  }
});

Deno.test("openKernels() takes WebAssembly where there is any, and TypeScript where there is none", () => {
  assertEquals(openKernels().name, "wasm");
  assertEquals(kernelsOf("plain").name, "plain");
  assertEquals(kernelsOf(), kernelsOf("wasm"), "one for all sessions");
  const { WebAssembly: present } = globalThis;
  // An engine without WebAssembly, and one whose WebAssembly has no SIMD: the module is refused.
  const withoutSimd = {
    Memory: present.Memory,
    Module: function () {
      throw new present.CompileError("Wasm SIMD unsupported");
    },
  };
  try {
    for (const other of [undefined, withoutSimd]) {
      Object.assign(globalThis, { WebAssembly: other });
      assertEquals(openKernels().name, "plain");
      assertThrows(() => openKernels("wasm"));
    }
  } finally {
    Object.assign(globalThis, { WebAssembly: present });
  }
});
