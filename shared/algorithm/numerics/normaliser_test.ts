import { assertAlmostEquals, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import {
  classesOf,
  denormalise,
  fitNormaliser,
  normalise,
  normalisedLimits,
  type Normaliser,
  normaliserFromStored,
  normaliserToStored,
} from "./normaliser.ts";
import { createRng } from "./rng.ts";

const N = 5_000;

/** Rows whose dimensions are given one by one. */
function rowsOf(...dims: ((n: number) => number)[]): Float32Array {
  return Float32Array.from(
    { length: N * dims.length },
    (_, i) => dims[i % dims.length]!(Math.floor(i / dims.length)),
  );
}

function fit(states: Float32Array, stateDim: number): Normaliser {
  const actions = createRng(1).uniforms(N * 2, -1, 1);
  return fitNormaliser({ states, actions, size: N, stateDim, actionDim: 2 });
}

Deno.test("normalise() and denormalise() are inverse for each task's own normaliser, and not for another's", () => {
  const rng = createRng(2);
  const first = rowsOf(() => 5 + 0.1 * rng.normal(), () => rng.normal());
  const second = rowsOf(() => -3 + 2 * rng.normal(), () => 10 + rng.normal());
  const [one, two] = [fit(first, 2), fit(second, 2)];
  const back = denormalise(normalise(first, one.states), one.states);
  first.forEach((value, i) => assertAlmostEquals(back[i]!, value, 1e-5));
  const wrong = denormalise(normalise(first, one.states), two.states);
  assertNotEquals(wrong[0]!.toFixed(1), first[0]!.toFixed(1));
  const inside = normalise(first, one.states).filter((x) => Math.abs(x) <= 1).length / first.length;
  assertAlmostEquals(inside, 0.998, 0.001);
});

Deno.test("fitNormaliser() maps a constant dimension to 0 and gives exactly its constant back", () => {
  const rng = createRng(3);
  const states = rowsOf(() => 0.1, () => rng.normal(), () => -1234.567, () => 0);
  const { states: bounds } = fit(states, 4);
  const rows = normalise(states, bounds);
  assertEquals([rows[0], rows[2], rows[3]].map(Math.abs as (x: number | undefined) => number), [0, 0, 0]);
  // Whatever the network's output, the constant comes back to the bit.
  const back = denormalise(Float32Array.of(0.7, 0, -3, 5), bounds);
  assertEquals([back[0], back[2], back[3]], [Math.fround(0.1), Math.fround(-1234.567), 0]);
  assertEquals(bounds.halfRange.every((x) => x > 0), true);
});

Deno.test("fitNormaliser() does not blow a nearly constant dimension up to full range", () => {
  const rng = createRng(4);
  const states = rowsOf(
    () => rng.normal(),
    () => rng.normal(),
    () => 0.5 + 1e-6 * rng.normal(),
    () => 0.3 + 1e-3 * rng.normal(),
  );
  const { states: bounds } = fit(states, 4);
  const spread = (d: number) => {
    const { low, high } = normalisedLimits(bounds);
    return high[d]! - low[d]!;
  };
  assertLess(spread(2), 0.01);
  assertLess(spread(3), 0.5);
  assertAlmostEquals(spread(0), 2.3, 0.4);
});

Deno.test("fitNormaliser() is not squeezed by outliers, and keeps the true minimum and maximum", () => {
  const rng = createRng(5);
  const states = rowsOf((n) => n === 17 ? 1e6 : n === 18 ? -1e6 : rng.normal());
  const { states: bounds } = fit(states, 1);
  assertLess(bounds.halfRange[0]!, 4);
  assertLess(Math.abs(bounds.centre[0]!), 0.5);
  assertEquals([bounds.min[0], bounds.max[0]], [-1e6, 1e6]);
  // Training data is not clipped: the outlier keeps its place.
  assertAlmostEquals(denormalise(normalise(states, bounds), bounds)[17]!, 1e6, 1);
});

Deno.test("fitNormaliser() keeps the scale of a rare indicator whose percentiles are equal", () => {
  const states = rowsOf((n) => n === 100 ? 1 : 0);
  const { states: bounds } = fit(states, 1);
  assertEquals(normalise(Float32Array.of(0, 1), bounds), Float32Array.of(0, 1));
});

Deno.test("normalise() clamps observed states to a multiple of the task's own limits", () => {
  const states = rowsOf((n) => -1 + (2 * n) / (N - 1), () => 7);
  const { states: bounds } = fit(states, 2);
  const clamped = normalise(Float32Array.of(100, 9, -100, 7), bounds, 1.5);
  const { low, high } = normalisedLimits(bounds);
  assertAlmostEquals(clamped[0]!, 1.5 * high[0]!, 1e-6);
  assertAlmostEquals(clamped[2]!, 1.5 * low[0]!, 1e-6);
  assertAlmostEquals(clamped[1]!, 0, 0);
});

Deno.test("normaliserToStored() holds 4 numbers a dimension, no rows, and is read back exactly", () => {
  const rng = createRng(6);
  const normaliser = fit(rowsOf(() => rng.normal(), () => rng.normal(), () => rng.normal()), 3);
  const stored = normaliserToStored(normaliser);
  assertEquals(Object.values(stored).reduce((sum, { data }) => sum + data.length, 0), 4 * (3 + 2));
  assertEquals(normaliserFromStored(stored), normaliser);
  delete stored["states.min"];
  assertThrows(() => normaliserFromStored(stored), RangeError, '"states.min" is missing');
});

Deno.test("fitNormaliser() refuses wrong shapes and values that are not finite", () => {
  assertThrows(() => fit(new Float32Array(7), 2), RangeError, "states must be [5000, 2]");
  assertThrows(() => fit(rowsOf((n) => n === 3 ? NaN : 0), 1), RangeError, "states[3, 0] must be finite");
});

Deno.test("a normaliser of discrete actions leaves one-hot rows alone, and makes samples one-hot", () => {
  const actions = Float32Array.of(1, 0, 0, 0, 0, 1);
  const states = Float32Array.of(2, 4);
  const normaliser = fitNormaliser({
    states,
    actions,
    size: 2,
    stateDim: 1,
    actionDim: 3,
    discreteActions: 3,
  });
  assertEquals(normalise(actions, normaliser.actions), actions);
  const samples = Float32Array.of(0.2, 0.9, -0.1, 0.4, 0.4, 0.3);
  assertEquals([...denormalise(samples, normaliser.actions)], [0, 1, 0, 1, 0, 0]);
  assertEquals([...classesOf(samples, 3)], [1, 0]);
  assertEquals(normaliserFromStored(normaliserToStored(normaliser)), normaliser);
  const continuous = fitNormaliser({ states, actions, size: 2, stateDim: 1, actionDim: 3 });
  assertEquals("actions.classes" in normaliserToStored(continuous), false);
});
