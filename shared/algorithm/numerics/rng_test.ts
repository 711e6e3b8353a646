import { assertAlmostEquals, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import { createRng } from "./rng.ts";

Deno.test("createRng() follows xoshiro128** of its authors", () => {
  // State (1, 2, 3, 4): first outputs of the published C code.
  const rng = createRng([1, 2, 3, 4]);
  const words = Array.from({ length: 4 }, () => rng.uniform() * 2 ** 32);
  assertEquals(words, [11520, 0, 5927040, 70819200]);
});

Deno.test("createRng() gives the same numbers for the same seed, others for another seed or stream", () => {
  const first = createRng(7, "noise").normals(8);
  assertEquals(createRng(7, "noise").normals(8), first);
  assertNotEquals(createRng(8, "noise").normals(8), first);
  assertNotEquals(createRng(7, "times").normals(8), first);
  assertNotEquals(createRng(7 + 2 ** 32, "noise").normals(8), first);
});

Deno.test("createRng() goes on from a position as if it had never stopped", () => {
  const rng = createRng(3);
  rng.normals(1001);
  const saved = JSON.parse(JSON.stringify(rng.state()));
  const rest = rng.normals(500);
  assertEquals(createRng(saved).normals(500), rest);
});

Deno.test("createRng() refuses an invalid position", () => {
  assertThrows(() => createRng([0, 0, 0, 0]), RangeError, "not all 0");
  assertThrows(() => createRng([1, 2, 3]), RangeError, "four numbers");
});

Deno.test("normals() have the moments and the tails of a normal", () => {
  const n = 400_000;
  const draws = createRng(11).normals(n);
  const moment = (power: number) => draws.reduce((sum, x) => sum + x ** power, 0) / n;
  assertAlmostEquals(moment(1), 0, 0.006);
  assertAlmostEquals(moment(2), 1, 0.008);
  assertAlmostEquals(moment(3), 0, 0.02);
  assertAlmostEquals(moment(4), 3, 0.06);
  const beyond = (limit: number) => draws.filter((x) => Math.abs(x) > limit).length / n;
  assertAlmostEquals(beyond(1), 0.3173, 0.003);
  assertAlmostEquals(beyond(2), 0.0455, 0.0015);
  // 3.4426 is where the last layer of the Ziggurat ends and its tail begins.
  assertAlmostEquals(beyond(3.4426) * n, 0.000576 * n, 60);
});

Deno.test("normals() have no correlation with their neighbours", () => {
  const draws = createRng(5).normals(200_000);
  let sum = 0;
  for (let i = 1; i < draws.length; i++) sum += draws[i]! * draws[i - 1]!;
  assertLess(Math.abs(sum / draws.length), 0.01);
});

Deno.test("uniforms(), integer() and permutation() stay in range and reach all of it", () => {
  const rng = createRng(2);
  const uniforms = rng.uniforms(10_000, -2, 3);
  assertEquals(uniforms.every((x) => x >= -2 && x <= 3), true);
  assertAlmostEquals(uniforms.reduce((a, b) => a + b) / 10_000, 0.5, 0.06);
  assertEquals(new Set(Array.from({ length: 500 }, () => rng.integer(7))).size, 7);
  const order = rng.permutation(100);
  assertNotEquals([...order], [...order].sort((a, b) => a - b));
  assertEquals([...order].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
});
