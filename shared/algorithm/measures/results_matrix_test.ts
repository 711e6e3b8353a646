import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { forwardTransfer, meanOverTraining } from "./forward_transfer.ts";
import {
  averagePerformance,
  backwardTransfer,
  episodeSucceeded,
  forgetting,
  interquartileMean,
  isBadlyLearnedFirst,
  justLearned,
  normalisedScore,
} from "./results_matrix.ts";

const matrix = [[90, null, null], [80, 100, null], [70, 95, 60]];

Deno.test("normalisedScore() puts tasks of any reward scale on one scale and never clips (failure mode 27)", () => {
  const plain = { random: -20, good: 180 };
  const swimmer = { random: -500, good: 4_500 }; // the same task with 25 times the reward
  assertEquals(normalisedScore(80, plain), 50);
  assertEquals(normalisedScore(2_000, swimmer), 50);
  assertEquals(normalisedScore(220, plain), 120);
  assertEquals(normalisedScore(-40, plain), -10);
  assertEquals(normalisedScore(-150, { random: -200, good: -100 }), 50);
  assertThrows(() => normalisedScore(1, { random: 3, good: 3 }), RangeError, "differ");
});

Deno.test("averagePerformance(), backwardTransfer() and forgetting() follow their definitions", () => {
  assertEquals(averagePerformance(matrix), 75);
  assertEquals(backwardTransfer(matrix), (70 - 90 + 95 - 100) / 2);
  assertAlmostEquals(forgetting(matrix)!, (20 + 5) / 2);
  assertEquals(justLearned(matrix), [90, 100, 60]);
});

Deno.test("backwardTransfer() has no value for one task, and gains count as gains", () => {
  assertEquals(backwardTransfer([[88]]), null);
  assertEquals(averagePerformance([[88]]), 88);
  assertEquals(forgetting([[88]]), null);
  assertEquals(forgetting([[50, null], [58, 90]]), -8);
  assertEquals(backwardTransfer([[50, null], [58, 90]]), 8);
  assertThrows(() => averagePerformance([]), RangeError, "without a score");
});

Deno.test("results summaries compare with the version that learnt a task when a task between was parked", () => {
  // Task 2 was parked: version 2 knows tasks 1 and 3.
  const stepped = [[90, null, null], [84, null, 70]];
  assertEquals(averagePerformance(stepped), 77);
  assertEquals(backwardTransfer(stepped), -6);
  assertEquals(forgetting(stepped), 6);
});

Deno.test("forgetting() counts from the best a task ever was, where transfer from what it was at first hides the loss", () => {
  const risen = [[60, null, null], [95, 80, null], [70, 80, 90]];
  assertEquals(backwardTransfer(risen), 5);
  assertEquals(forgetting(risen), 12.5);
});

Deno.test("isBadlyLearnedFirst() tells gains after a bad start from gains after a good one", () => {
  // Hopper, two thirds of the steps: each task is learnt to 59 to 88 and gains later.
  const bad = [[59, null, null], [75, 88, null], [73, 88, 76]];
  assertEquals(backwardTransfer(bad), 7);
  assert(isBadlyLearnedFirst(bad));
  // Cheetah: learnt to 95, and still a little better later.
  assert(!isBadlyLearnedFirst([[95, null], [99, 97]]));
  // A bad start alone is no gain, and one task has no transfer.
  assert(!isBadlyLearnedFirst([[59, null], [60, 88]]));
  assert(!isBadlyLearnedFirst([[59]]));
});

Deno.test("interquartileMean() ignores outliers", () => {
  assertEquals(interquartileMean([1_000, 2, 3, 4, 5, 6, 7, -1_000]), 4.5);
  assertEquals(interquartileMean([5]), 5);
  assertEquals(interquartileMean([1, 2, 3]), 2);
});

Deno.test("episodeSucceeded() counts success at any step (failure mode 30)", () => {
  assert(episodeSucceeded([false, true, false]));
  assert(!episodeSucceeded([false, false]));
});

Deno.test("forwardTransfer() is 0 for learning as alone and 1 for instant mastery", () => {
  assertEquals(forwardTransfer([50, 60], [50, 60]), 0);
  assertEquals(forwardTransfer([100], [40]), 1);
  assertEquals(forwardTransfer([20], [60]), -1);
  assertEquals(meanOverTraining({ steps: [0, 10, 30], values: [0, 100, 100] }), (500 + 2_000) / 30);
  assertThrows(() => forwardTransfer([90], [100]), RangeError, "below 100");
});
