import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { waysTable } from "../../checks/result_tables.ts";
import type { WayCell } from "./ways.ts";
import { groupOf, sentencesOf, summariseWays } from "./ways_summary.ts";

function cell(
  learner: string,
  [version, task]: [number, number],
  acting: WayCell["acting"],
  score: number,
  more: Partial<WayCell> = {},
): WayCell {
  return {
    ...{ learner, version, task, acting, score, difference: null, interval: null },
    ...{ first: version === task, last: version === 2, ...more },
  };
}

const proposer = (
  learner: string,
  place: [number, number],
  score: number,
  difference: number,
  high: number,
) => cell(learner, place, "proposer", score, { difference, interval: [difference - 1, high] });

const CELLS = [
  cell("walk-ours-0", [1, 1], "sampler", 100),
  proposer("walk-ours-0", [1, 1], 98, -2, 0),
  cell("walk-ours-0", [2, 1], "sampler", 96),
  proposer("walk-ours-0", [2, 1], 95, -1, 0.5),
  cell("walk-ours-0", [2, 2], "sampler", 80),
  proposer("walk-ours-0", [2, 2], 81, 1, 2),
  cell("walk-ours-1", [1, 1], "sampler", 90),
  proposer("walk-ours-1", [1, 1], 90, 0, 1),
  cell("walk-ours-1", [2, 1], "sampler", 90),
  proposer("walk-ours-1", [2, 1], 45, -45, -40),
  cell("walk-ours-1", [2, 2], "sampler", 70),
  proposer("walk-ours-1", [2, 2], 71, 1, 2),
];

Deno.test("ways of acting are summed up over last versions, and forgetting counts from the version that learnt a task", () => {
  const [sampler, oneStep] = summariseWays(CELLS);
  assertEquals([sampler!.group, sampler!.acting, sampler!.learners, sampler!.tasks], [
    "walk-ours",
    "sampler",
    2,
    4,
  ]);
  assertAlmostEquals(sampler!.performance, 84);
  assertAlmostEquals(sampler!.backwardTransfer!, -2);
  assertAlmostEquals(sampler!.leastKept!, 96);
  assertEquals([sampler!.difference, sampler!.leastHigh], [null, null]);
  assertAlmostEquals(oneStep!.backwardTransfer!, -24);
  assertAlmostEquals(oneStep!.leastKept!, 50);
  assertAlmostEquals(oneStep!.difference!, -11);
  assertEquals(oneStep!.leastHigh, -40);
});

Deno.test("a way is worse where one task is surely so, and the sentence names it", () => {
  assertEquals(sentencesOf(CELLS), [
    "walk-ours: the proposer is worse than the sampler (-11.0 points over 4 tasks; task 1 of walk-ours-1 surely more than 3 below).",
  ]);
  const fine = CELLS.filter(({ learner }) => learner === "walk-ours-0");
  assertStringIncludes(sentencesOf(fine)[0]!, "as good as the sampler (0.0 points over 2 tasks; none surely");
  const sure = [...fine, proposer("walk-ours-3", [2, 1], 96.5, -3.5, -3.2)];
  assertStringIncludes(sentencesOf(sure)[0]!, "worse than the sampler (-1.2 points over 3 tasks; task 1");
});

Deno.test("seeds of a stream are one group; the README's table has a row for each way", () => {
  assertEquals(["cheetah-ten-one-step-0", "mine"].map(groupOf), ["cheetah-ten-one-step", "mine"]);
  const text = waysTable({
    ...{ made: { code: "0.9.0" }, command: "deno task experiment ways STORE", episodesEach: 60 },
    cells: CELLS,
  });
  assertStringIncludes(text, "| walk-ours | proposer | 2 | 4 | 73.0 | -24.0 | 50.0 | -11.0 | -40.0 |");
  assertStringIncludes(text, "- walk-ours: the proposer is worse");
});
