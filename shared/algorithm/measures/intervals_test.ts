import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { bootstrapInterval, dropInterval, quantile, scoreInterval, successInterval } from "./intervals.ts";
import { mean } from "./results_matrix.ts";
import { createRng } from "../numerics/rng.ts";

Deno.test("quantile() interpolates as numpy does", () => {
  assertEquals(quantile([0, 10], 0.25), 2.5);
  assertEquals(quantile([1, 2, 3], 0.5), 2);
  assertEquals(quantile([7], 0.9), 7);
});

Deno.test("bootstrapInterval() has the width the normal law predicts and is seeded", () => {
  const rng = createRng(1, "values");
  const values = Array.from({ length: 400 }, () => 10 + 2 * rng.normal());
  const [low, high] = bootstrapInterval(values, 0.9, 5);
  const centre = mean(values);
  const spread = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)) / values.length);
  assertAlmostEquals(low, centre - 1.645 * spread, 0.1 * spread);
  assertAlmostEquals(high, centre + 1.645 * spread, 0.1 * spread);
  assertEquals(bootstrapInterval(values, 0.9, 5), [low, high]);
  assert(bootstrapInterval(values, 0.9, 6)[0] !== low);
});

Deno.test("bootstrapInterval() remembers draws, and has the same bounds to the last bit", () => {
  for (const n of [5, 20, 100, 101, 300]) {
    const values = Array.from({ length: n }, (_, i) => 50 * Math.sin(i * n));
    for (const seed of [3, 4, 3]) {
      const rng = createRng(seed, "bootstrap");
      const draws = Float64Array.from(
        { length: 4_000 },
        () => mean(values.map(() => values[rng.integer(n)]!)),
      ).sort();
      const wanted = [quantile(draws, 0.05), quantile(draws, 0.95)].map((bound) => bound.toFixed(12));
      assertEquals(bootstrapInterval(values, 0.9, seed).map((bound) => bound.toFixed(12)), wanted);
      const otherwise = bootstrapInterval(values, 0.9, seed, (sample) => mean(sample));
      assertEquals(bootstrapInterval(values, 0.9, seed), otherwise);
    }
  }
});

Deno.test("bootstrapInterval() covers the true mean about as often as it claims", () => {
  const rng = createRng(2, "coverage");
  let covered = 0;
  for (let trial = 0; trial < 200; trial++) {
    const values = Array.from({ length: 30 }, () => rng.normal());
    const [low, high] = bootstrapInterval(values, 0.9, trial, mean, 400);
    if (low <= 0 && 0 <= high) covered++;
  }
  assert(covered >= 164 && covered <= 194, `${covered} of 200 intervals cover`); // 90 % is 180
});

Deno.test("bootstrapInterval() over seeds is not the one over episodes of a seed (failure mode 28)", () => {
  // Three seeds that differ by far more than their episodes: episodes of one seed look certain, the method is not.
  const seeds = [[60, 61, 62, 61], [90, 91, 90, 91], [75, 74, 75, 76]];
  const episodes = bootstrapInterval(seeds[0]!, 0.9, 0);
  const method = bootstrapInterval(seeds.map(mean), 0.9, 0);
  assert(episodes[1] - episodes[0] < 2);
  assert(method[1] - method[0] > 15);
  assertThrows(() => bootstrapInterval([1], 1), RangeError, "Level");
  assertThrows(() => bootstrapInterval([]), RangeError, "no value");
});

Deno.test("scoreInterval() gives mean and bounds in score", () => {
  const score = scoreInterval([10, 10, 20, 30, 30], { random: 0, good: 40 });
  assertEquals(score.mean, 50);
  assertEquals(score.episodes, 5);
  assert(score.low! >= 25 && score.low! < 50 && score.high! > 50 && score.high! <= 75);
});

Deno.test("dropInterval() pairs episodes with the same start, so their common luck cancels (failure mode 30)", () => {
  const before = [100, 20, 60, 90, 10];
  const after = before.map((score) => score - 12);
  const [low, high] = dropInterval(before, after)!;
  assertAlmostEquals(low, 12, 1e-9);
  assertAlmostEquals(high, 12, 1e-9);
  assertThrows(() => dropInterval([1], [1, 2]), RangeError, "pair");
});

Deno.test("no bound is drawn from fewer than five episodes, whatever they show", () => {
  const few = [10, 11, 12, 13], enough = [...few, 14];
  const anchors = { random: 0, good: 100 };
  assertEquals(scoreInterval(few, anchors), { mean: 11.5, low: null, high: null, episodes: 4 });
  assert(scoreInterval(enough, anchors).low !== null);
  assertEquals(dropInterval(few, few), null);
  assertEquals(dropInterval(enough, enough), [0, 0]);
  assertEquals(successInterval([0, 0, 0, 1]), { mean: 25, low: null, high: null, episodes: 4 });
});

Deno.test("successInterval() is Wilson's, which has a width where no episode or every one succeeds", () => {
  // 90 %, 8 of 10: (0.7361 -+ 0.1953), by hand from the formula with z = 1.645.
  const some = successInterval([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
  assertEquals([some.mean, some.episodes], [80, 10]);
  assertAlmostEquals(some.low!, 54.08, 0.02);
  assertAlmostEquals(some.high!, 93.14, 0.02);
  const none = successInterval(Array.from({ length: 20 }, () => 0));
  assertEquals([none.mean, none.low], [0, 0]);
  assertAlmostEquals(none.high!, 11.92, 0.01);
  const all = successInterval(Array.from({ length: 20 }, () => 1));
  assertAlmostEquals(all.low!, 88.08, 0.01);
});
