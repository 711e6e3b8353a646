import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createRng } from "../numerics/rng.ts";
import { averageInterval, gainOf } from "./gains.ts";

/** Scores around a mean, with a start that is easy or hard for all. */
function scores(about: number, starts: readonly number[], seed: number): number[] {
  const noise = createRng(seed, "noise").normals(starts.length);
  return starts.map((start, i) => about + 20 * start + noise[i]!);
}

const STARTS = Array.from(createRng(1, "starts").normals(40));

Deno.test("a paired gain has the narrow interval of differences, one of other starts the wide one of both", () => {
  const ours = [scores(90, STARTS, 2), scores(70, STARTS, 3)];
  const theirs = [scores(87, STARTS, 4), scores(68, STARTS, 5)];
  const paired = gainOf(ours, theirs, { paired: true });
  const apart = gainOf(ours, theirs, { paired: false });
  assertAlmostEquals(paired.gain, 2.5, 0.6);
  assertAlmostEquals(paired.gain, apart.gain, 1e-9);
  const width = ([low, high]: readonly number[]) => high! - low!;
  // Over 40 starts, of two tasks: z90 * sqrt(2 * variance / 40) with variance 1 of noise, and 401 of both sides.
  assertAlmostEquals(width(paired.interval!), 2 * 1.645 * Math.sqrt(2 * 0.5 / 40), 0.15);
  assertAlmostEquals(width(apart.interval!), 2 * 1.645 * Math.sqrt(2 * 0.5 * 401 / 40), 3);
  assert(paired.interval![0] > 0 && apart.interval![0] < 0, "only in pairs is it seen");
});

Deno.test("from fewer than five episodes there is no interval, and fewer pairs are those of the shorter side", () => {
  const found = gainOf([[1, 2, 3, 4, 5, 6]], [[0, 1, 2, 3]], { paired: true });
  assertEquals([found.interval, found.episodes], [null, 4]);
  assertEquals(gainOf([[1, 2]], [[0, 2]], { paired: false }).interval, null);
  assertEquals(averageInterval([[1, 3], [5, 7, 9]]), { mean: 4.5, low: null, high: null, episodes: 2 });
});

Deno.test("the mean over tasks has an interval that covers it, narrower than that of one task", () => {
  const tasks = [2, 3, 4, 5].map((seed) =>
    scores(80, Array.from(createRng(seed, "starts").normals(40)), seed)
  );
  const all = averageInterval(tasks), one = averageInterval(tasks.slice(0, 1));
  const width = ({ low, high }: typeof all) => high! - low!;
  assert(all.low! < all.mean && all.mean < all.high!);
  assertAlmostEquals(width(all) / width(one), 0.5, 0.15);
});
