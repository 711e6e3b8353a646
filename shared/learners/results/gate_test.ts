import { assertEquals, assertMatch } from "@std/assert";
import { scoreInterval, successInterval } from "@cugro/algorithm/arrays";
import type { RowCell, VersionFact } from "@cugro/protocol";
import { judgeVersion } from "./gate.ts";

const knobs = {
  ...{
    gate: "enforce" as const,
    maxForgetting: 10,
    maxAverageDrop: 5,
    maxReplayDistance: 4,
    maxEstimatedDrop: 20,
  },
  minNewTaskScore: 0,
};
const hash = "0".repeat(64);

function cell(task: number, scores: number[], fidelity: RowCell["fidelity"] = null): RowCell {
  const summary = { meanScore: null, low: null, high: null, valueEstimate: null };
  return { task, job: hash, returns: scores, scores, fidelity, ...summary };
}

function version(...row: RowCell[]): VersionFact {
  return { version: 1, row } as Partial<VersionFact> as VersionFact;
}

const scattered = (mean: number, spread: number, n = 20) =>
  Array.from({ length: n }, (_, index) => mean + (index % 2 ? spread : -spread));

/** A cell with its summary, as decisions make it. */
function scored(task: number, scores: number[]): RowCell {
  const anchors = { random: 0, good: 100, source: "test" };
  const { mean: meanScore, low, high } = scoreInterval(scores, anchors, 0);
  return { ...cell(task, scores), meanScore, low, high };
}

Deno.test("judgeVersion() parks a version that is worse than random in its new task, first or not, and says so", () => {
  const first = judgeVersion({ knobs, task: 1, row: [scored(1, scattered(-50, 5))], earlier: [] });
  assertEquals(first.decision, "parked");
  assertMatch(
    first.reasons.join(),
    /^the new task 1 scores -50\.0, at most -4\d\.\d \(judged by the upper 90 % bound of 20 episodes\), where 0\.0 \(random\) must be reached$/,
  );
  const earlier = [version(cell(1, scattered(95, 2)))];
  const row = [cell(1, scattered(96, 2)), scored(2, [-87, -88, -86, -87, -89])];
  const later = judgeVersion({ knobs, task: 2, row, earlier });
  assertEquals([later.decision, later.reasons.length], ["parked", 1]);
  const observed = judgeVersion({ knobs: { ...knobs, gate: "observe" }, task: 2, row, earlier });
  assertEquals([observed.decision, observed.reasons], ["published", later.reasons]);
});

Deno.test("judgeVersion() asks of a new task what is set, no more, and nothing of what may be chance", () => {
  const judge = (minNewTaskScore: number | "none", scores: number[]) =>
    judgeVersion({ knobs: { ...knobs, minNewTaskScore }, task: 1, row: [scored(1, scores)], earlier: [] });
  assertEquals(judge(0, scattered(1, 5)).reasons, []);
  assertEquals(judge(0, [-60, 70]).reasons, []);
  assertEquals(judge(0, [-87, -88, -87, -86]).reasons, [], "no bound is drawn from four episodes");
  assertEquals(judge(50, scattered(40, 1)).reasons.length, 1);
  assertEquals(judge(-100, scattered(-50, 5)).reasons, []);
  assertEquals(judge("none", scattered(-500, 5)).reasons, []);
  const blind = judgeVersion({ knobs, task: 1, row: [cell(1, [])], earlier: [] });
  assertEquals(blind.reasons, [], "without a simulator there is no score");
});

Deno.test("judgeVersion() parks a version that surely forgot, and says what", () => {
  const earlier = [version(cell(1, scattered(95, 2)))];
  const verdict = judgeVersion({
    knobs,
    task: 2,
    row: [cell(1, scattered(70, 3)), cell(2, scattered(90, 1))],
    earlier,
  });
  assertEquals(verdict.decision, "parked");
  assertEquals(verdict.reasons.length, 1);
  assertMatch(
    verdict.reasons[0]!,
    /^task 1 fell from 95\.0 to 70\.0, by more than 24\.\d points \(judged by the lower 90 % bound of 20 episodes\), where 10\.0/,
  );
});

Deno.test("judgeVersion() does not park for what may be chance", () => {
  const earlier = [version(cell(1, scattered(95, 0)))];
  const noisy = [95, 95, 95, 95, 95, 95, 95, 95, 95, -30];
  assertEquals(judgeVersion({ knobs, task: 2, row: [cell(1, noisy)], earlier }).decision, "published");
  assertEquals(judgeVersion({ knobs, task: 2, row: [cell(1, [0])], earlier }).decision, "published");
});

Deno.test("judgeVersion() compares with the best earlier version, not the last", () => {
  const earlier = [version(cell(1, scattered(95, 1))), version(cell(1, scattered(80, 1)))];
  assertEquals(
    judgeVersion({ knobs, task: 3, row: [cell(1, scattered(79, 1))], earlier }).decision,
    "parked",
  );
});

Deno.test("judgeVersion() finds a drop of all tasks that no single task proves", () => {
  // Task 1 and 2 lose 14 points on average; the noise of each hides it, and cancels in their mean.
  const before = scattered(90, 0);
  const earlier = [version(cell(1, before), cell(2, before))];
  const row = [cell(1, scattered(76, 40)), cell(2, scattered(76, -40))];
  const verdict = judgeVersion({ knobs, task: 3, row, earlier });
  assertEquals(verdict.decision, "parked");
  assertMatch(verdict.reasons.join(), /^all earlier tasks together fell by 14\.0 points/);
});

Deno.test("judgeVersion() finds a collapse of the average since the parent that no limit on a task does", () => {
  // Three tasks lose 7 points each: no one of them 10, and together no 10 either.
  const before = scattered(90, 3);
  const earlier = [version(...[1, 2, 3].map((task) => cell(task, before)))];
  const row = [1, 2, 3].map((task) => cell(task, scattered(83, 3)));
  const judge = (limit: number | "none") =>
    judgeVersion({ knobs: { ...knobs, maxAverageDrop: limit }, task: 4, row, earlier });
  const { decision, reasons } = judge(5);
  assertEquals([decision, reasons.length], ["parked", 1]);
  assertMatch(
    reasons[0]!,
    /^the average over the 3 tasks that version 1 knew fell from 90\.0 to 83\.0, by more than 7\.0 points \(judged by the lower 90 % bound of 20 episodes\), where 5\.0 may be lost$/,
  );
  assertEquals(judge(8).reasons, []);
  assertEquals(judge("none").reasons, []);
  const one = judgeVersion({ knobs, task: 4, row: row.slice(0, 1), earlier });
  assertEquals(one.reasons, [], "one task is no average: its own limit holds");
});

Deno.test("judgeVersion() measures the average against the parent, not against the best of long ago", () => {
  const rows = (mean: number) => [1, 2].map((task) => cell(task, scattered(mean, 1)));
  const earlier = [version(...rows(95)), version(...rows(89))];
  // 9 below the best of each, and 3 below the parent.
  assertEquals(judgeVersion({ knobs, task: 3, row: rows(86), earlier }).reasons, []);
});

/** A cell of a simulator that tells success. */
function succeeded(task: number, success: number[]): RowCell {
  const { mean: meanScore, low, high } = successInterval(success);
  return { ...cell(task, success.map((share) => 100 * share)), success, meanScore, low, high };
}

const rate = (successes: number, n = 20) => Array.from({ length: n }, (_, i) => i < successes ? 1 : 0);

Deno.test("judgeVersion() judges by success where there is one, and does not compare it with returns", () => {
  const earlier = [version(succeeded(1, rate(18)))];
  const verdict = judgeVersion({
    knobs,
    task: 2,
    row: [succeeded(1, rate(6)), succeeded(2, rate(19))],
    earlier,
  });
  assertEquals(verdict.decision, "parked");
  assertMatch(
    verdict.reasons.join(),
    /^task 1 fell from 90\.0 to 30\.0 % success, by more than \d\d\.\d points/,
  );
  const byReturns = [version(cell(1, scattered(95, 1)))];
  const row = [succeeded(1, rate(1)), succeeded(2, rate(19))];
  assertEquals(judgeVersion({ knobs, task: 2, row, earlier: byReturns }).reasons, []);
  const floor = { ...knobs, minNewTaskScore: 30 };
  assertMatch(
    judgeVersion({ knobs: floor, task: 1, row: [succeeded(1, rate(0))], earlier: [] }).reasons.join(),
    /^the new task 1 scores 0\.0 % success, at most 11\.9 \(judged by the upper 90 % bound of 20 episodes\), where 30\.0 must be reached$/,
  );
  const few = judgeVersion({ knobs: floor, task: 1, row: [succeeded(1, rate(3))], earlier: [] });
  assertEquals(few.reasons, [], "15 % of 20 may be 30 %");
});

Deno.test("judgeVersion() parks when replay was too far from real data, with no simulator too", () => {
  const far = { slicedWasserstein: 0.5, slicedWassersteinFloor: 0.1 };
  const near = { slicedWasserstein: 0.39, slicedWassersteinFloor: 0.1 };
  const earlier = [version(cell(1, []))];
  const verdict = judgeVersion({ knobs, task: 2, row: [cell(1, [], far), cell(2, [], far)], earlier });
  assertEquals(verdict.decision, "parked");
  assertEquals(verdict.reasons.length, 1, "the new task's own samples were not replayed yet");
  assertMatch(verdict.reasons[0]!, /^the replay of task 1 was 5\.0 times/);
  assertEquals(judgeVersion({ knobs, task: 2, row: [cell(1, [], near)], earlier }).decision, "published");
});

Deno.test("judgeVersion() that only observes publishes and keeps the reasons", () => {
  const earlier = [version(cell(1, scattered(95, 2)))];
  const observing = { ...knobs, gate: "observe" as const };
  const verdict = judgeVersion({ knobs: observing, task: 2, row: [cell(1, scattered(0, 3))], earlier });
  assertEquals([verdict.decision, verdict.reasons.length], ["published", 1]);
});

Deno.test("a task without a score is judged by its estimate: by what it has surely lost, and not where there is a score", () => {
  const with90 = (low: number) => ({
    job: "",
    score: { mean: 0, low: 0, high: 0 },
    drop: { mean: low + 5, low, high: low + 10 },
  });
  const judge = (low: number, scores: number[], limit: number | "none" = 20) =>
    judgeVersion({
      knobs: { ...knobs, maxEstimatedDrop: limit },
      task: 2,
      row: [{ ...cell(1, scores), estimate: with90(low) }, cell(2, [])],
      earlier: [],
    });
  assertEquals(judge(20, []).decision, "published");
  const { decision, reasons } = judge(21, []);
  assertEquals([decision, reasons], ["parked", [
    "task 1 has lost an estimated 26.0 points since it was learnt, more than 21.0 (judged by the lower 90 % bound of 5 networks), where 20.0 may be lost",
  ]]);
  assertEquals(judge(21, [], "none").decision, "published");
  assertEquals(judge(90, [1, 2, 3]).decision, "published");
});

Deno.test("a reason never shows the limit that it breaks as what was measured", () => {
  const first = [version(cell(1, []))];
  const distance = { slicedWasserstein: 0.4002, slicedWassersteinFloor: 0.1 };
  const replay = judgeVersion({ knobs, task: 2, row: [cell(1, [], distance), cell(2, [])], earlier: first });
  assertMatch(replay.reasons.join(), /was 4\.002 times .* where 4\.0 times are allowed/);
  const earlier = [version(cell(1, scattered(95, 0)))];
  const fell = judgeVersion({ knobs, task: 2, row: [cell(1, scattered(84.98, 0))], earlier });
  assertMatch(fell.reasons.join(), /by more than 10\.02 points .* where 10\.0 may be lost/);
  const floor = { ...knobs, minNewTaskScore: 50 };
  const low = judgeVersion({ knobs: floor, task: 1, row: [scored(1, scattered(49.97, 0))], earlier: [] });
  assertMatch(low.reasons.join(), /at most 49\.97 .* where 50\.0 must be reached/);
});
