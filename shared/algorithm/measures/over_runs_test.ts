import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  differenceOver,
  interquartileMeanOver,
  meanOver,
  probabilityOfImprovement,
  type Scores,
} from "./over_runs.ts";

// Drawn by numpy (seed 7) and computed by rliable 1.2.0 with 20,000 resamples.
const OURS: Scores = [
  [90.01, 92.99, 87.26, 81.09, 85.45, 80.08],
  [90.6, 103.4, 85.08, 83.8, 94.9, 93.57],
  [91.05, 80.7, 89.71, 96.95, 76.56, 85.42],
  [70.99, 77.1, 71.58, 87.65, 77.33, 92.71],
  [91.57, 88.13, 64.83, 84.61, 89.51, 91.13],
];
const THEIRS: Scores = [
  [90.01, 79.31, 72.3, 74.68, 100.85, 74.69],
  [85.54, 98.38, 77.83, 84.44, 87.55, 86.89],
  [68.85, 87.07, 105.02, 64.34, 98.03, 87.67],
  [77.02, 114.01, 96.67, 69.21, 87.04, 94.07],
];

function assertInterval(
  { low, high }: { low: number | null; high: number | null },
  to: number[],
  within: number,
) {
  assertAlmostEquals(low!, to[0]!, within);
  assertAlmostEquals(high!, to[1]!, within);
}

Deno.test("the interquartile mean and its stratified interval are those of rliable", () => {
  const found = interquartileMeanOver(OURS);
  assertAlmostEquals(found.value, 86.95, 1e-9);
  assertInterval(found, [83.75375, 89.460640625], 0.35);
  assertEquals(found.runs, 5);
});

Deno.test("the probability of improvement and its interval are those of rliable, ties counting half", () => {
  const found = probabilityOfImprovement(OURS, THEIRS);
  assertAlmostEquals(found.value, 0.5291666666666668, 1e-12);
  assertInterval(found, [0.39166666666666666, 0.6749999999999999], 0.03);
  assertEquals(found.runs, 4, "as many as the method with fewer runs has");
  assertEquals(probabilityOfImprovement([[1, 1]], [[1, 0]]).value, 0.75);
});

Deno.test("from fewer than three runs there is no interval", () => {
  assertEquals(meanOver([1, 3]), { value: 2, low: null, high: null, runs: 2 });
  const { low, high } = meanOver([1, 2, 3]);
  assertEquals([low, high], [1, 3]);
});

Deno.test("a difference is paired by run: what the seeds share drops out", () => {
  const found = differenceOver([101, 52, 78], [100, 50, 75]);
  assertEquals([found.value, found.low, found.high], [2, 1, 3]);
  assertThrows(() => differenceOver([1], []), RangeError, "in pairs");
});

Deno.test("runs with other tasks cannot be put together", () => {
  assertThrows(
    () => interquartileMeanOver([[1, 2], [1]]),
    RangeError,
    "Every run must have 2 tasks: one has 1",
  );
  assertThrows(() => interquartileMeanOver([]), RangeError, "no run");
  assertThrows(() => probabilityOfImprovement([[1, 2]], [[1]]), RangeError, "the same tasks");
});
