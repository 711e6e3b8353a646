import { assertEquals } from "@std/assert";
import type { History } from "@cugro/client";
import { numbersOf, validVersionsOf, versionsOf } from "../state/version_history.ts";
import { heatOf, matrixRow, pendingRow } from "./matrix_rows.ts";

/** Three versions of two tasks: 90; 70 ± `half`, -9 ± `half`; parked with 10. */
function history(half: number): History {
  const high = (score: number) => score + half;
  const none = Array(6).fill(null);
  return {
    ...{ mark: "m", learner: "mine", tasks: [{ task: 1, name: "a" }, { task: 2, name: "b" }] },
    versions: {
      ...{ version: [1, 2, 3], task: [1, 2, 2], parent: [null, 1, 2], valid: [true, true, false] },
      ...{ state: ["published", "published", "parked"], averagePerformance: [90, 30.5, 10] },
      ...{ allowedDistance: [null, null, null], tasks: [[1], [1, 2], [1, 2]] },
    },
    cells: {
      ...{ estimate: none, value: none, distance: none, episodes: [6, null, 6, 6, 6, null] },
      score: [90, null, 70, -9, 10, null],
      low: [90 - half, null, 70 - half, -9 - half, 10 - half, null],
      high: [high(90), null, high(70), high(-9), high(10), null],
      lowest: [null, null, 80, 0, null, null],
      best: [null, null, 90, null, null, null],
    },
    ...{ pending: null, newestJobs: [] },
  };
}

const rowsOf = (of: History, head: number | null = 2) =>
  versionsOf(of).map((version) => matrixRow(of, version, head));

Deno.test("matrixRow() marks what fell below its bound, and doubts it where its interval reaches back", () => {
  const cell = (half: number) => rowsOf(history(half))[1]!.cells.map(({ drop, isSure }) => [drop, isSure]);
  assertEquals(cell(5), [[20, true], [null, true]]);
  assertEquals(cell(20), [[20, false], [null, false]]);
});

Deno.test("matrixRow() has parked versions without bounds, and says which serves and what is not known", () => {
  const rows = rowsOf(history(5));
  assertEquals(rows.map(({ version, state, average }) => [version, state, average]), [
    [1, "published", 90],
    [2, "serving", 30.5],
    [3, "parked", 10],
  ]);
  assertEquals(rows[2]!.cells.map(({ state, score, drop }) => [state, score, drop]), [
    ["known", 10, null],
    ["none", null, null],
  ]);
});

Deno.test("pendingRow() is the row that fills", () => {
  assertEquals(pendingRow(history(5)), undefined);
  const waiting = {
    ...{ task: 2, job: "j5", done: false, meanScore: null, low: null, high: null, episodes: 0 },
    valueEstimate: null,
  };
  const done = { ...waiting, task: 1, job: "j4", done: true, meanScore: 50 };
  const pending = { task: 2, revision: 0, attempt: 1, parent: 2, cells: [done, waiting] };
  const row = pendingRow({ ...history(5), pending })!;
  assertEquals([row.version, row.state], [null, "learning"]);
  assertEquals(row.cells.map(({ state, score, job }) => [state, score, job]), [
    ["known", 50, "j4"],
    ["waiting", null, "j5"],
  ]);
});

Deno.test("numbersOf() is a task's column, for the versions that are asked about", () => {
  const known = history(5);
  assertEquals(numbersOf(known, "score", 1, validVersionsOf(known)), [90, 70]);
  assertEquals(numbersOf(known, "score", 2, versionsOf(known)), [null, -9, null]);
  assertEquals(numbersOf(known, "score", 7, versionsOf(known)), [null, null, null]);
});

Deno.test("heatOf() has one of eleven colours for every score", () => {
  assertEquals([-300, 0, 49, 100, 250].map(heatOf), [0, 0, 5, 10, 10]);
});
