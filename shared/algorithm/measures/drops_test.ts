import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fallOf, worstDrop } from "./drops.ts";
import { extendRecord, meanPerformance, measureVersion, type TaskRecord } from "./version_measures.ts";

/** Episodes with the same luck in every version. */
const around = (mean: number, n = 6) => Array.from({ length: n }, (_, i) => mean + (i % 2 ? 20 : -20));

const RISEN = [
  [around(60), null, null],
  [around(95), around(80), null],
  [around(70), around(85), around(90)],
];

Deno.test("worstDrop() counts from the version in which a task was best, episode by episode", () => {
  const { column, row, drop, episodes, interval } = worstDrop(RISEN)!;
  assertEquals([column, row, drop, episodes], [0, 1, 25, 6]);
  assertAlmostEquals(interval![0], 25, 1e-9, "the luck of the starts cancels");
  assertEquals(worstDrop(RISEN.slice(0, 1)), null, "the only task is new");
  const risen = worstDrop([[around(50), null], [around(58), around(90)]])!;
  assertEquals([risen.column, risen.drop], [0, -8], "the new task has no earlier version");
});

Deno.test("worstDrop() passes over tasks without episodes, and has no bound from few", () => {
  assertEquals(worstDrop([[[], null], [[], around(50)]]), null);
  const only = worstDrop([[around(90, 8)], [around(80, 4)]])!;
  assertEquals([only.drop, only.episodes, only.interval], [10, 4, null]);
});

Deno.test("fallOf() is of the mean over tasks: what one loses and another gains cancels", () => {
  const even = fallOf([{ before: around(90), after: around(70) }, {
    before: around(50),
    after: around(70),
  }]);
  assertAlmostEquals(even.drop, 0, 1e-9);
  const both = fallOf([{ before: around(90), after: around(76) }, { before: around(90), after: around(78) }]);
  assertEquals([both.from, both.to, both.drop], [90, 77, 13]);
});

Deno.test("measureVersion() is what a table of versions shows of the last of them", () => {
  const [first, second, last] = RISEN;
  const records = last!.map((_, task) =>
    [first!, second!].reduce<TaskRecord | undefined>(
      (record, row, version) => extendRecord(record, version, row[task]!),
      undefined,
    )
  );
  const measures = measureVersion(last!, records, 2);
  assertAlmostEquals(measures.averagePerformance!, (70 + 85 + 90) / 3);
  assertEquals(measures.justLearned, 90);
  assertEquals(measures.worstDrop, worstDrop(RISEN), "as of the whole matrix");
  assertEquals(measures.forgetting, (25 - 5) / 2);
  assertEquals(measures.backwardTransfer, (10 + 5) / 2);
  assertEquals(measures.badlyLearnedFirst, true, "70 on average when they were learnt");
  const blind = measureVersion([[]], [], 0);
  assertEquals([blind.averagePerformance, blind.worstDrop, blind.badlyLearnedFirst], [null, null, false]);
});

Deno.test("meanPerformance() is of every version, and passes over those without a score", () => {
  assertEquals(meanPerformance([98, 99, 76, 97]), 92.5);
  assertEquals(meanPerformance([null, 50]), 50);
  assertEquals(meanPerformance([null]), null);
});
