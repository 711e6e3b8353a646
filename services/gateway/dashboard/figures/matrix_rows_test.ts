import { assertEquals } from "@std/assert";
import type { Results, VersionSummary } from "@cugro/client";
import { heatOf, matrixRows } from "./matrix_rows.ts";

const NO_MEASURES = {
  ...{ averagePerformance: 60, backwardTransfer: null, forgetting: null, badlyLearnedFirst: false },
  ...{ worstDrop: null, justLearned: null },
};

function version(
  version: number,
  state: VersionSummary["state"],
  scores: number[],
  high = 0,
): VersionSummary {
  return {
    ...{ version, task: version, revision: 0, attempt: 1, state, promotable: false, serving: version === 2 },
    ...{ parent: null, tasks: [], decision: "published", decisionText: "", reasons: [], seconds: 1 },
    measures: NO_MEASURES,
    scores: scores.map((meanScore, index) => ({
      ...{ task: index + 1, meanScore, low: meanScore - high, high: meanScore + high, episodes: 6 },
      valueEstimate: null,
    })),
  };
}

const none = { lowest: null, best: null, bestVersion: null };
const RESULTS = {
  tasks: [{ task: 1, name: "a" }, { task: 2, name: "b" }],
  versions: [1, 2],
  jobs: [["j1", null], ["j2", "j3"]],
  bounds: [[none, null], [{ lowest: 80, best: 90, bestVersion: 1 }, { ...none, lowest: 0 }]],
  pending: null,
} as unknown as Results;

Deno.test("matrixRows() marks what fell below its bound, and doubts it where its interval reaches back", () => {
  const cell = (high: number) =>
    matrixRows(RESULTS, [version(1, "published", [90]), version(2, "published", [70, -9], high)])[1]!.cells;
  assertEquals(cell(5).map(({ drop, isSure, job }) => [drop, isSure, job]), [[20, true, "j2"], [
    null,
    true,
    "j3",
  ]]);
  assertEquals(cell(20).map(({ drop, isSure }) => [drop, isSure]), [[20, false], [null, false]]);
});

Deno.test("matrixRows() has parked versions without bounds, and the row that fills at the end", () => {
  const waiting = {
    task: 2,
    job: "j5",
    done: false,
    meanScore: null,
    low: null,
    high: null,
    episodes: 0,
    valueEstimate: null,
  };
  const pending = {
    task: 2,
    revision: 0,
    attempt: 1,
    parent: 2,
    cells: [{ ...waiting, task: 1, job: "j4", done: true, meanScore: 50 }, waiting],
  };
  const rows = matrixRows({ ...RESULTS, pending }, [version(3, "parked", [10])]);
  assertEquals(rows.map(({ version, state }) => [version, state]), [[3, "parked"], [null, "learning"]]);
  assertEquals(rows[0]!.cells.map(({ state, lowest }) => [state, lowest]), [["known", null], ["none", null]]);
  assertEquals(rows[1]!.cells.map(({ state, score, job }) => [state, score, job]), [["known", 50, "j4"], [
    "waiting",
    null,
    "j5",
  ]]);
});

Deno.test("heatOf() has one of eleven colours for every score", () => {
  assertEquals([-300, 0, 49, 100, 250].map(heatOf), [0, 0, 5, 10, 10]);
});
