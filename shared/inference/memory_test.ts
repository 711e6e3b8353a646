import { assert, assertEquals, assertThrows } from "@std/assert";
import { openMemory, plainGrowing, wasmGrowing } from "./memory.ts";

const MB = 1e6;

for (const [name, open] of Object.entries({ plain: plainGrowing, wasm: () => wasmGrowing(400).growing })) {
  Deno.test(`a place keeps its numbers while the ${name} memory grows`, () => {
    const memory = openMemory(open());
    const places = Array.from({ length: 12 }, (_, i) => {
      const address = memory.take(MB);
      memory.floats().fill(i + 1, address / 4, (address + MB) / 4);
      return address;
    });
    for (const [i, address] of places.entries()) {
      const own = memory.floats().subarray(address / 4, (address + MB) / 4);
      assert(own.every((value) => value === i + 1), `place ${i}`);
    }
    assertEquals(new Set(places.map((address) => address % 64)), new Set([0]));
  });
}

Deno.test("places that are given back are joined and given out again, as zeros", () => {
  const memory = openMemory(plainGrowing());
  const [a, b, c, d] = Array.from({ length: 4 }, () => memory.take(1024)) as [number, number, number, number];
  const used = memory.usedBytes();
  memory.floats().fill(7);
  for (const address of [c, a, b, b]) memory.release(address);
  assertEquals(memory.usedBytes(), used / 4);
  const joined = memory.take(3072);
  assertEquals(joined, a, "three neighbours are one place");
  assert(memory.floats().subarray(joined / 4, (joined + 3072) / 4).every((value) => value === 0));
  assertEquals(memory.usedBytes(), used);
  memory.release(joined);
  memory.release(d);
  assertEquals(memory.usedBytes(), 0);
});

Deno.test("take() says how much is in use when there is no more, and goes on once something is given back", () => {
  const memory = openMemory(wasmGrowing(64).growing);
  const places = [memory.take(2 * MB), memory.take(2 * MB)];
  assertThrows(() => memory.take(MB), RangeError, "4 MB are in use; dispose sessions");
  memory.release(places[0]!);
  assertEquals(memory.take(MB), places[0]);
});
