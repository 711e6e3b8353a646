import { assert, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import { InvalidInputError } from "../numerics/errors.ts";
import { fitNormaliser } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";
import { fitSketch } from "./sketch.ts";
import { familiarOf, heldOutDistances, unusualAmong } from "./unusual.ts";

const STATE_DIM = 4, ACTION_DIM = 1;

/** States of two ways to move, far from Gaussian: the third number follows from the first, the last never changes. */
function statesOf(count: number, seed: number, shift = 0): Float32Array {
  const rng = createRng(seed, "unusual.test");
  const rows = new Float32Array(count * STATE_DIM);
  for (let row = 0; row < count; row++) {
    const first = rng.uniform() < 0.3 ? 30 + 2 * rng.normal() : 10 * rng.normal() ** 3 / 4;
    rows.set([first, rng.uniform() - 0.5, first / 2 + 0.1 * rng.normal() + shift, 7], row * STATE_DIM);
  }
  return rows;
}

const cache = new Map<number, ReturnType<typeof fitKnown>>();
const known = (size: number) => {
  const found = cache.get(size) ?? fitKnown(size);
  cache.set(size, found);
  return found;
};

function fitKnown(size: number) {
  const states = statesOf(size, 1), actions = createRng(2).uniforms(size, -1, 1);
  const rows = { states, actions, size, stateDim: STATE_DIM, actionDim: ACTION_DIM };
  const normaliser = fitNormaliser(rows);
  const sketch = fitSketch({ ...rows, seed: 5, normaliser });
  const distances = heldOutDistances(sketch, states, STATE_DIM);
  return { bounds: normaliser.states, sketch, familiar: familiarOf(sketch, STATE_DIM, distances) };
}

const shareOf = (flags: boolean[]) => flags.filter((flag) => flag).length / flags.length;

Deno.test("unusualAmong() flags one in a thousand rows of the task, and ranks the others evenly", () => {
  const { percentiles, outOfDistribution } = unusualAmong(known(4_000), statesOf(20_000, 9));
  assertGreater(shareOf(outOfDistribution), 0.0002);
  assertLess(shareOf(outOfDistribution), 0.003);
  for (const percent of [10, 50, 90, 99]) {
    const below = shareOf(percentiles!.map((value) => value <= percent));
    assertLess(Math.abs(below - percent / 100), 0.02, `${below} of the rows are below percentile ${percent}`);
  }
  assertEquals(outOfDistribution, percentiles!.map((value) => value > 99.9));
});

Deno.test("unusualAmong() flags what breaks a relation between numbers, each of them usual in itself", () => {
  const task = known(4_000);
  assertGreater(shareOf(unusualAmong(task, statesOf(1_000, 9, 3)).outOfDistribution), 0.9);
  // Inside the range of every number, so that the range alone does not tell.
  const { outOfDistribution } = unusualAmong({ ...task, familiar: undefined }, statesOf(1_000, 9, 3));
  assertLess(shareOf(outOfDistribution), 0.1);
});

Deno.test("unusualAmong() flags noise, and a number that changes where it never did", () => {
  const task = known(4_000);
  const noise = createRng(3).normals(1_000 * STATE_DIM).map((value) => 40 * value);
  assertGreater(shareOf(unusualAmong(task, noise).outOfDistribution), 0.99);
  const usual = statesOf(1, 4);
  assertEquals(unusualAmong(task, usual).outOfDistribution, [false]);
  usual[3]! += 1;
  assertEquals(unusualAmong(task, usual), { percentiles: [100], outOfDistribution: [true] });
});

Deno.test("unusualAmong() knows the range of a task whose distances were not kept, and says that it has no percentiles", () => {
  const { bounds, sketch } = known(4_000);
  const rows = statesOf(20_000, 9);
  for (const familiar of [undefined, familiarOf(sketch, STATE_DIM), familiarOf(sketch, STATE_DIM, [1, 2])]) {
    const { percentiles, outOfDistribution } = unusualAmong({ familiar, bounds }, rows);
    assertEquals(percentiles, null);
    // Two of 4,001 rows for each number that changes.
    assertLess(shareOf(outOfDistribution), 0.005);
  }
  const far = Float32Array.of(1e6, 0, 0, 7);
  assertEquals(unusualAmong({ familiar: undefined, bounds }, far).outOfDistribution, [true]);
});

Deno.test("familiarOf() refuses a sketch of fewer dimensions; few rows and equal ones are measured all the same", () => {
  const { sketch } = known(200);
  assertThrows(() => familiarOf(sketch, 6), InvalidInputError, "a sketch of 5");
  const states = new Float32Array(8 * STATE_DIM).fill(3), actions = new Float32Array(8);
  const same = fitSketch({ states, actions, size: 8, stateDim: STATE_DIM, actionDim: ACTION_DIM, seed: 1 });
  const distances = heldOutDistances(same, states, STATE_DIM);
  const judged = unusualAmong({
    familiar: familiarOf(same, STATE_DIM, distances),
    bounds: { min: states, max: states },
  }, states);
  assert(judged.outOfDistribution.every((flag) => !flag));
});
