import { assert, assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { fitNormaliser } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";
import { noisePairs } from "./noise_pairs.ts";

const size = 2_000;
const rng = createRng(1);
const states = Float32Array.from({ length: 2 * size }, (_, i) => i % 2 === 0 ? 7 : 100 + rng.normal());

Deno.test("noisePairs() is uniform over a task's range, whatever its rows are like, and keeps constants", () => {
  const actions = Float32Array.from({ length: size }, (_, i) => i % 2 === 0 ? -2 : 2);
  const normaliser = fitNormaliser({ states, actions, size, stateDim: 2, actionDim: 1 });
  const drawn = noisePairs(normaliser, size, 3);
  assertEquals([drawn.states.length, drawn.actions.length], [2 * size, size]);
  assert(drawn.states.every((value, i) => i % 2 === 1 || value === 7));
  assert(drawn.actions.every((value) => value >= -2 && value <= 2));
  // The data has no action between its two; uniform noise has half of its own in the middle.
  const middle = drawn.actions.filter((value) => Math.abs(value) < 1).length;
  assertGreater(middle, 0.45 * size);
  assertGreater(0.55 * size, middle);
  assertEquals(noisePairs(normaliser, size, 3), drawn);
  assertNotEquals(noisePairs(normaliser, size, 4), drawn);
});

Deno.test("noisePairs() of discrete actions chooses each as often", () => {
  const actions = Float32Array.from({ length: 3 * size }, (_, i) => i % 3 === 0 ? 1 : 0);
  const normaliser = fitNormaliser({ states, actions, size, stateDim: 2, actionDim: 3 });
  const bounds = { min: new Float32Array(3), max: new Float32Array(3).fill(1) };
  const even = { centre: new Float32Array(3).fill(0.5), halfRange: new Float32Array(3).fill(0.5) };
  const discrete = { ...normaliser, actions: { ...bounds, ...even, classes: 3 } };
  const drawn = noisePairs(discrete, 3_000, 1).actions;
  for (const column of [0, 1, 2]) {
    const chosen = drawn.filter((value, i) => i % 3 === column && value === 1).length;
    assertGreater(chosen, 850);
    assertGreater(1_150, chosen);
  }
  assertEquals(drawn.reduce((sum, value) => sum + value), 3_000);
});
