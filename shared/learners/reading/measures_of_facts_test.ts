import { assert, assertEquals } from "@std/assert";
import type { RowCell, VersionFact } from "@cugro/protocol";
import { describeDecision, explainDecision, isObserved } from "./decision.ts";
import { averageOf, measureLearner, measureVersions, shownCell } from "./measures_of_facts.ts";

const around = (mean: number, n = 6) => Array.from({ length: n }, (_, i) => mean + (i % 2 ? 5 : -5));

function cell(task: number, scores: number[], success?: number[]): RowCell {
  return { task, scores, ...(success ? { success } : {}) } as Partial<RowCell> as RowCell;
}

function fact(version: number, task: number, parent: number | null, ...row: RowCell[]): VersionFact {
  return { version, task, parent, row } as Partial<VersionFact> as VersionFact;
}

/** Version 2 was parked; version 3 continues the first, and 4 the third. */
const VERSIONS = [
  fact(1, 1, null, cell(1, around(90))),
  fact(2, 2, 1, cell(1, around(20)), cell(2, around(80))),
  fact(3, 3, 1, cell(1, around(95)), cell(3, around(70))),
  fact(4, 4, 3, cell(1, around(85)), cell(3, around(75)), cell(4, around(60))),
];

Deno.test("measureVersions() measures each version beside those it continues, a parked one too", () => {
  const measured = measureVersions(VERSIONS);
  assertEquals(measured.get(2)!.worstDrop!.drop, 70);
  const measures = measured.get(4)!;
  assertEquals(averageOf(VERSIONS[3]!), measures.averagePerformance);
  assertEquals(
    [measures.averagePerformance, measures.justLearned, measures.forgetting, measures.backwardTransfer],
    [(85 + 75 + 60) / 3, 60, (10 - 5) / 2, 0],
  );
  const { task, best, drop, episodes } = measures.worstDrop!;
  assertEquals([task, best, drop, episodes], [1, 3, 10, 6], "the parked version never was the best");
});

Deno.test("what versions are measured beside is handed on: of a long chain each row is read a few times, not once a version", () => {
  let reads = 0;
  const chain = Array.from({ length: 300 }, (_, index) => {
    const row = [cell(1, around(90 - index % 7)), cell(2, around(50 + index % 5))];
    const version = fact(index + 1, 1 + index % 2, index === 0 ? null : index);
    return Object.defineProperty(version, "row", { get: () => (reads++, row) });
  });
  const measured = measureVersions(chain);
  assertEquals(measured.get(300)!.worstDrop!.best, 1);
  assert(reads <= 10 * chain.length, `${reads} reads of ${chain.length} rows`);
});

Deno.test("measureLearner() has the mean over versions, and the worst drop of any of them", () => {
  const measured = measureVersions(VERSIONS);
  const valid = [1, 3, 4].map((version) => ({ version, measures: measured.get(version)! }));
  const { meanPerformance, worstDropEver } = measureLearner(valid);
  assertEquals(meanPerformance, (90 + 82.5 + 220 / 3) / 3);
  assertEquals([worstDropEver!.version, worstDropEver!.drop], [4, 10]);
  assertEquals(measureLearner([]).averagePerformance, null);
});

Deno.test("measureVersions() does not compare success with returns", () => {
  const success = [1, 1, 0, 0, 0, 0];
  const versions = [
    fact(1, 1, null, cell(1, around(90))),
    fact(2, 2, 1, cell(1, success.map((share) => 100 * share), success), cell(2, around(50))),
  ];
  assertEquals(measureVersions(versions).get(2)!.worstDrop, null);
});

Deno.test("shownCell() leaves out bounds that earlier versions drew from too few episodes", () => {
  const old = { ...cell(1, [56, 59]), low: 56, high: 59 };
  assertEquals(shownCell(old), { ...old, low: null, high: null, episodes: 2 });
  const enough = { ...cell(1, around(50)), low: 47, high: 53 };
  assertEquals(shownCell(enough), { ...enough, episodes: 6 });
});

Deno.test("explainDecision() says in words what was published, let through or taken back in spite of what", () => {
  const of = (
    state: "published" | "promoted" | "parked" | "withdrawn",
    decision: "published" | "parked",
    ...reasons: string[]
  ) => ({ state, decision, reasons });
  assertEquals(explainDecision(of("published", "published")), "published");
  const observed = of("published", "published", "task 1 fell", "task 2 fell");
  assertEquals(explainDecision(observed), "published although task 1 fell; task 2 fell (observe)");
  assertEquals(describeDecision(observed), "published although … (observe)");
  assertEquals(isObserved(of("parked", "parked", "task 1 fell")), false);
  assertEquals(explainDecision(of("parked", "parked", "task 1 fell")), "parked, since task 1 fell");
  assertEquals(explainDecision(of("promoted", "parked", "task 1 fell")), "promoted although task 1 fell");
  assertEquals(
    explainDecision(of("withdrawn", "published", "task 1 fell")),
    "withdrawn; was published although task 1 fell (observe)",
  );
});
