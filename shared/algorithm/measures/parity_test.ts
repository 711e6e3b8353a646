import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createRng } from "../numerics/rng.ts";
import { actionParity, isParitySure, scoreParity } from "./parity.ts";

const sampler = Array.from(createRng(1).normals(60), (z) => 90 + 10 * z);
/** Scores of the same episodes: some points less, give or take. */
const less = (points: number, spread: number) =>
  Array.from(createRng(2).normals(60), (z, i) => sampler[i]! - points + spread * z);

Deno.test("scoreParity() passes what is hardly worse in the same episodes, whatever episodes differ by", () => {
  const found = scoreParity(less(1, 3), sampler);
  assertEquals([found.passed, found.reason], [true, undefined]);
  assertAlmostEquals(found.difference, -1, 1);
  // Unpaired, the same scores have a bound of twice the episodes' own spread.
  assertAlmostEquals(found.low!, -1.6, 1);
});

Deno.test("scoreParity() refuses what is worse on average, or may be much worse, and says so", () => {
  assertStringIncludes(scoreParity(less(4, 3), sampler).reason!, "points below the sampler on average");
  const unsure = scoreParity(sampler.map((score, i) => score - 0.5 + (i % 2 === 0 ? 40 : -40)), sampler);
  assertEquals([unsure.passed, unsure.difference > -2], [false, true]);
  assertStringIncludes(
    unsure.reason!,
    "(judged by the lower 90 % bound of 60 episodes), where 6.0 are allowed",
  );
  const few = scoreParity([90, 91], [90, 91]);
  assertEquals([few.passed, few.low, few.reason], [false, undefined, "too few episodes for a bound"]);
  assertThrows(() => scoreParity([1], sampler), RangeError);
});

Deno.test("isParitySure() says when the interval is on one side of what may be lost", () => {
  const first = (scores: readonly number[]) => scores.slice(0, 20);
  const sure = (points: number, spread: number) => isParitySure(first(less(points, spread)), first(sampler));
  assertEquals([sure(0, 1), sure(6, 3)], [true, true]);
  assertEquals(sure(2, 3), false);
  const wide = sampler.map((score, i) => score + (i % 2 === 0 ? 40 : -40));
  assertEquals(isParitySure(wide, sampler), false);
  assertEquals(isParitySure([90, 91], [90, 91]), false, "of too few episodes nothing is sure");
});

Deno.test("actionParity() asks for actions as near as the sampler's own, and for their value", () => {
  assertEquals(actionParity({ distance: 0.1, own: 0.08, valueDifference: 0 }), { passed: true });
  assertEquals(actionParity({ distance: 0.04, own: 0, valueDifference: -0.01 }).passed, true);
  assertStringIncludes(
    actionParity({ distance: 0.2, own: 0.08, valueDifference: 0 }).reason!,
    "20.0 % of the range",
  );
  assertStringIncludes(
    actionParity({ distance: 0, own: 0, valueDifference: -0.3 }).reason!,
    "0.30 spreads less",
  );
  assertEquals(
    actionParity({ distance: 0.05004, own: 0, valueDifference: 0 }).reason,
    "its actions are 5.004 % of the range from the sampler's: at most 5.0 % is allowed",
  );
  assertStringIncludes(
    actionParity({ distance: 0, own: 0, valueDifference: -0.0503 }).reason!,
    "0.0503 spreads less by the critic, where 0.05 are allowed",
  );
});
