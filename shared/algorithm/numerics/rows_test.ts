import { assertEquals, assertNotEquals } from "@std/assert";
import { heldOutRows, takeRows } from "./rows.ts";

Deno.test("heldOutRows() splits 10 % off, the same for the same seed", () => {
  const { train, heldOut } = heldOutRows(1003, 9);
  assertEquals([train.length, heldOut.length], [903, 100]);
  assertEquals([...train, ...heldOut].sort((a, b) => a - b), Array.from({ length: 1003 }, (_, i) => i));
  assertEquals(heldOutRows(1003, 9).heldOut, heldOut);
  assertNotEquals(heldOutRows(1003, 10).heldOut, heldOut);
  assertEquals(heldOutRows(5, 1).heldOut.length, 0);
});

Deno.test("takeRows() takes rows in the order asked for", () => {
  const matrix = Float32Array.of(0, 0.5, 1, 1.5, 2, 2.5);
  assertEquals(takeRows(matrix, 2, Int32Array.of(2, 0, 2)), Float32Array.of(2, 2.5, 0, 0.5, 2, 2.5));
  assertEquals(takeRows(matrix, 1, Int32Array.of(5)), Float32Array.of(2.5));
});
