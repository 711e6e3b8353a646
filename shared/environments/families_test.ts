import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { familyInfo, listFamilies, resolveTask, rewardOf } from "./families.ts";

Deno.test("listFamilies() names sizes and horizon of every family", () => {
  const table = listFamilies().map((info) => [
    info.family,
    info.model,
    info.stateDim,
    info.actionDim,
    info.goalDim,
    info.horizon,
    info.goals.length,
  ]);
  assertEquals(table, [
    ["cheetah-vel", "half_cheetah", 17, 6, 1, 200, 5],
    ["swimmer-dir", "swimmer", 8, 2, 2, 200, 5],
    ["hopper-vel", "hopper", 11, 3, 1, 200, 5],
    ["walker-vel", "walker2d", 17, 6, 1, 200, 5],
    ["ant-dir", "ant", 27, 8, 2, 200, 5],
  ]);
  assertEquals(familyInfo("humanoid"), undefined);
});

Deno.test("rewardOf() is the stated law of every family", () => {
  const reward = (family: string, goal: number[], velocity: [number, number], action: number[]) =>
    rewardOf(resolveTask({ family, goal }).family.reward, goal, ...velocity, action);
  // -|0.5 - 1.2| - 0.05 * (1 + 0.25)
  assertAlmostEquals(reward("cheetah-vel", [1.2], [0.5, 9], [1, -0.5, 0, 0, 0, 0]), -0.7625, 1e-12);
  // 10 * (0.5 * 0.6 - 0.25 * 0.8) - 0.0001 * 1.25
  assertAlmostEquals(reward("swimmer-dir", [0.6, -0.8], [0.5, 0.25], [1, 0.5]), 0.999875, 1e-12);
  // 1 - |2 - 1.4| - 0.001 * 3, actions outside [-1, 1] counted as given
  assertAlmostEquals(reward("hopper-vel", [1.4], [2, 9], [1, 1, -1]), 0.397, 1e-12);
  assertAlmostEquals(reward("walker-vel", [1.4], [2, 9], [2, 0, 0, 0, 0, 0]), 0.396, 1e-12);
  // 0.5 * 0 + 0.25 * 1 + 1 - 0.1 * 2
  assertAlmostEquals(reward("ant-dir", [0, 1], [0.5, 0.25], [1, 1, 0, 0, 0, 0, 0, 0]), 1.05, 1e-12);
});

Deno.test("resolveTask() holds goals as float32 and refuses what it does not know", () => {
  assertEquals(resolveTask({ family: "hopper-vel", goal: [1.4] }).goal, [Math.fround(1.4)]);
  assertThrows(() => resolveTask({ family: "fish", goal: [1] }), RangeError, "current value is fish");
  assertThrows(() => resolveTask({ family: "ant-dir", goal: [1] }), RangeError, "must be 2 finite number(s)");
  assertThrows(
    () => resolveTask({ family: "hopper-vel", goal: [NaN] }),
    RangeError,
    "current value is [NaN]",
  );
});
