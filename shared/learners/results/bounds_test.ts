import { assertEquals } from "@std/assert";
import type { RowCell } from "@cugro/protocol";
import { cellBounds } from "./bounds.ts";

const cell = (task: number, scores: number[], success?: number[]): RowCell => ({
  ...{ task, job: "0".repeat(64), returns: scores, scores, meanScore: null, low: null, high: null },
  ...{ fidelity: null, valueEstimate: null, ...success ? { success } : {} },
});
const knobs = { maxForgetting: 10, minNewTaskScore: 0 as number | "none" };

Deno.test("cellBounds() holds an old task to its best score before, and the new one to the floor", () => {
  const bounds = cellBounds([
    { version: 1, task: 1, row: [cell(1, [90, 70])], knobs },
    { version: 2, task: 2, row: [cell(1, [70]), cell(2, [50])], knobs },
    {
      version: 4,
      task: 3,
      row: [cell(1, [60]), cell(2, [55]), cell(3, [1])],
      knobs: { ...knobs, maxForgetting: 5 },
    },
  ]);
  const none = { best: null, bestVersion: null };
  assertEquals(bounds, [
    [{ lowest: 0, ...none }],
    [{ lowest: 70, best: 80, bestVersion: 1 }, { lowest: 0, ...none }],
    [
      { lowest: 75, best: 80, bestVersion: 1 },
      { lowest: 45, best: 50, bestVersion: 2 },
      { lowest: 0, ...none },
    ],
  ]);
});

Deno.test("cellBounds() compares no rate of success with a score by returns, and draws no floor where there is none", () => {
  const bounds = cellBounds([
    { version: 1, task: 1, row: [cell(1, [40])], knobs },
    {
      version: 2,
      task: 2,
      row: [cell(1, [100], [1]), cell(2, [])],
      knobs: { ...knobs, minNewTaskScore: "none" },
    },
  ]);
  const none = { lowest: null, best: null, bestVersion: null };
  assertEquals(bounds[1], [none, none]);
});
