import type { TaskRows } from "../replay/task_rows.ts";
import { assertAlmostEquals, assertEquals, assertGreater, assertNotEquals, assertThrows } from "@std/assert";
import { type BatchSettings, freshRowsOf, oldRowsAt, openBatches } from "./batches.ts";

/** Rows of a task whose every sample is the number of its task. */
function constantRows(taskRow: number, size: number): TaskRows {
  return {
    taskRow,
    samples: new Float32Array(size * 2).fill(taskRow),
    conditions: new Float32Array(size).fill(10 + taskRow),
    size,
  };
}

function settingsOf(
  oldTasks: number,
  batchSize: number,
  newTaskShare: number | "proportional",
): BatchSettings {
  return {
    fresh: constantRows(oldTasks, 50),
    // Old data sets of very different sizes must still have equal shares.
    replay: Array.from({ length: oldTasks }, (_, i) => constantRows(i, 10 ** (1 + (i % 3)))),
    batchSize,
    newTaskShare,
    dim: 2,
    conditionDim: 1,
    tasks: oldTasks + 1,
    seed: 4,
  };
}

/** Rows of each task in a batch, from its one-hot. */
function countTasks(oneHot: ArrayLike<number>, tasks: number): number[] {
  const counts = Array<number>(tasks).fill(0);
  for (let i = 0; i < oneHot.length; i++) counts[i % tasks]! += oneHot[i]!;
  return counts;
}

Deno.test("freshRowsOf() is the new task's share exactly, 1/k if proportional, everything for a first task", () => {
  assertEquals(freshRowsOf(512, 0.5, 3), 256);
  assertEquals(freshRowsOf(512, "proportional", 3), 128);
  assertEquals(freshRowsOf(512, 0.5, 0), 512);
  assertEquals(freshRowsOf(64, "proportional", 999), 1);
  assertEquals(freshRowsOf(64, 1, 2), 64);
});

Deno.test("oldRowsAt() fills the batch at every step and is equal over a round of steps", () => {
  for (const [rows, old] of [[256, 3], [7, 5], [2, 9], [128, 1]] as const) {
    const totals = Array<number>(old).fill(0);
    for (let step = 0; step < old; step++) {
      const counts = oldRowsAt(step, rows, old);
      assertEquals(counts.reduce((a, b) => a + b), rows);
      counts.forEach((count, i) => totals[i]! += count);
    }
    assertEquals(totals, Array<number>(old).fill(rows));
  }
});

Deno.test("openBatches() mixes new and old rows in each batch with the shares asked for", () => {
  const batches = openBatches(settingsOf(3, 96, 0.5));
  for (let step = 0; step < 3; step++) {
    assertEquals(countTasks(batches.next(step)["taskOneHot"]!.data, 4), [16, 16, 16, 48]);
  }
  const proportional = openBatches(settingsOf(3, 96, "proportional"));
  assertEquals(countTasks(proportional.next(0)["taskOneHot"]!.data, 4), [24, 24, 24, 24]);
});

Deno.test("openBatches() gives each row its own task's sample, condition and time: x_t = alpha x0 + sigma noise", () => {
  const { noisy, noise, time, condition, taskOneHot } = openBatches(settingsOf(2, 30, 0.5)).next(0);
  for (let row = 0; row < 30; row++) {
    const task = [0, 1, 2].find((i) => taskOneHot!.data[row * 3 + i] === 1)!;
    const t = time!.data[row]!;
    assertGreater(t, 0);
    const log = -0.25 * t * t * 19.9 - 0.05 * t;
    const expected = Math.exp(log) * task + Math.sqrt(1 - Math.exp(2 * log)) * noise!.data[row * 2 + 1]!;
    assertAlmostEquals(noisy!.data[row * 2 + 1]!, expected, 1e-5);
    assertEquals(condition!.data[row], 10 + task);
  }
});

Deno.test("openBatches() draws times over all of (0, 1] and goes on from its position", () => {
  const settings = settingsOf(1, 64, 0.5);
  const batches = openBatches(settings);
  const times: number[] = [];
  for (let step = 0; step < 50; step++) times.push(...batches.next(step)["time"]!.data);
  assertAlmostEquals(times.reduce((a, b) => a + b) / times.length, 0.5, 0.02);
  assertAlmostEquals(times.filter((t) => t < 0.1).length / times.length, 0.1, 0.02);
  const saved = JSON.parse(JSON.stringify(batches.state()));
  const next = structuredClone(batches.next(50));
  assertEquals(openBatches({ ...settings, seed: saved }).next(50), next);
  assertNotEquals(openBatches({ ...settings, seed: 5 }).next(50), next);
  assertThrows(() => openBatches({ ...settings, seed: [1, 2, 3] }), RangeError, "12 numbers");
});
