import type { RowCell, VersionFact } from "@cugro/protocol";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { measureCalibration } from "./calibration_measures.ts";
import { spearman } from "../streams/spearman.ts";

Deno.test("spearman() looks at ranks alone, and ties share theirs", () => {
  assertEquals(spearman([[1, 10], [2, 100], [3, 1_000]]), 1);
  assertEquals(spearman([[1, 3], [2, 2], [3, 1]]), -1);
  // Ranks 1, 2.5, 2.5, 4 beside 1, 2, 3, 4.
  assertAlmostEquals(spearman([[1, 1], [2, 2], [2, 3], [3, 4]])!, 0.9487, 1e-4);
  assertEquals([spearman([[1, 2], [2, 1]]), spearman([[1, 1], [1, 2], [1, 3]])], [null, null]);
});

function cell(task: number, score: number, estimated: number, drop: number | null): RowCell {
  const around = (mean: number) => ({ mean, low: mean - 5, high: mean + 5 });
  const scores = Array(20).fill(score);
  return {
    ...{ task, job: "", returns: scores, scores, meanScore: score, low: score, high: score },
    ...{ fidelity: null, valueEstimate: null },
    estimate: { job: "", score: around(estimated), drop: drop === null ? null : around(drop) },
  };
}

const version = (task: number, ...row: RowCell[]) =>
  ({ version: task, task, row }) as Partial<VersionFact> as VersionFact;

Deno.test("measureCalibration() compares drops since a task was learnt, and the two gates", () => {
  const versions = [
    version(1, cell(1, 100, 80, null)),
    version(2, cell(1, 60, 50, 30), cell(2, 90, 70, null)),
    version(3, cell(1, 98, 78, 2), cell(2, 40, 69, 1), cell(3, 95, 90, null)),
    version(4, cell(1, 99, 40, 40), cell(2, 90, 70, 0), cell(3, 95, 90, 0), cell(4, 80, 60, null)),
  ];
  const { all, runs } = measureCalibration([
    { name: "walk-none-0", versions },
    { name: "walk-generated-0", versions: versions.slice(0, 2) },
  ]);
  assertEquals([all.runs, all.streams, all.cells, all.oldCells], [2, 1, 13, 7]);
  // Of the first run: task 1 lost 40, 2 and 1, task 2 50 and 0, task 3 nothing; the estimates said 30, 2, 40, 1, 0, 0.
  assertEquals(runs[0]!.gate, { both: 1, onlyEstimate: 1, onlyTruth: 1, neither: 3 });
  assertEquals(runs[0]!.dropError, (0 + 10) / 2);
  assertEquals(runs[1]!.gate.both, 1);
});
