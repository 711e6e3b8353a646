import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { heldOutRows, splitRows, takeRows, trainingRows } from "./row_splits.ts";

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

Deno.test("trainingRows() are all rows up to the limit; of more, that many, rising, the same for the same seed", () => {
  assertEquals([...trainingRows(5, 5, 1)], [0, 1, 2, 3, 4]);
  for (const [size, limit] of [[1_001, 1_000], [5_000, 1_234], [300_000, 20_000], [7, 3]] as const) {
    const rows = trainingRows(size, limit, 3);
    assertEquals(rows.length, limit);
    assert(rows.every((row, i) => row < size && (i === 0 || row > rows[i - 1]!)));
    assertEquals(trainingRows(size, limit, 3), rows);
    assertNotEquals(trainingRows(size, limit, 4), rows);
  }
});

Deno.test("trainingRows() are runs, a part of every stage of a task", () => {
  const [size, limit] = [3_000_000, 1_000_000];
  const rows = trainingRows(size, limit, 3);
  const runs = 1 + rows.reduce((sum, row, i) => sum + Number(i > 0 && row !== rows[i - 1]! + 1), 0);
  // One for each of 256 parts, one more of each that goes round, and one at the end of the ring.
  assert(runs >= 200 && runs <= 2 * 256 + 1, `${runs} runs`);
  const stages = new Int32Array(64);
  for (const row of rows) stages[Math.floor(row * 64 / size)]!++;
  // Where a stage begins and ends within a part, the part's run may lie on either side.
  assert(stages.every((count) => Math.abs(count - limit / 64) <= 2 * limit / 256), `${stages}`);
});

Deno.test("trainingRows() takes every row with the same probability", () => {
  const [size, limit, seeds] = [1_000, 300, 4_000];
  const taken = new Int32Array(size);
  for (let seed = 0; seed < seeds; seed++) for (const row of trainingRows(size, limit, seed)) taken[row]!++;
  for (const [row, count] of taken.entries()) {
    assert(Math.abs(count / seeds - 0.3) < 0.035, `row ${row}: ${count}`);
  }
});

Deno.test("splitRows() holds those rows out that are held out of the whole", () => {
  const rows = trainingRows(5_000, 1_200, 3);
  const [part, whole] = [splitRows(rows, 5_000, 9), heldOutRows(5_000, 9)];
  const heldOut = new Set(whole.heldOut);
  assertEquals(part.heldOut, rows.filter((row) => heldOut.has(row)));
  assertEquals(part.train, rows.filter((row) => !heldOut.has(row)));
  assert(part.heldOut.length > 60 && part.heldOut.length < 180);
});
