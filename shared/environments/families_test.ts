import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  familyInfo,
  goalFault,
  listFamilies,
  policyGoal,
  resolveTask,
  type RobotFamily,
} from "./families.ts";
import { rewardOf } from "./rewards.ts";

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
    ["walker-params", "walker2d", 17, 6, 1, 200, 5],
    ["ant-dir", "ant", 27, 8, 2, 200, 5],
    ["maze-dir", "point", 2, 2, 2, 20, 5],
  ]);
  assertEquals(familyInfo("humanoid"), undefined);
});

Deno.test("rewardOf() is the stated law of every family", () => {
  const reward = (family: string, goal: number[], velocity: [number, number], action: number[]) =>
    rewardOf((resolveTask({ family, goal }).family as RobotFamily).reward, goal, ...velocity, action);
  // -|0.5 - 1.2| - 0.05 * (1 + 0.25)
  assertAlmostEquals(reward("cheetah-vel", [1.2], [0.5, 9], [1, -0.5, 0, 0, 0, 0]), -0.7625, 1e-12);
  // 10 * (0.5 * 0.6 - 0.25 * 0.8) - 0.0001 * 1.25
  assertAlmostEquals(reward("swimmer-dir", [0.6, -0.8], [0.5, 0.25], [1, 0.5]), 0.999875, 1e-12);
  // 1 - |2 - 1.4| - 0.001 * 3, actions outside [-1, 1] counted as given
  assertAlmostEquals(reward("hopper-vel", [1.4], [2, 9], [1, 1, -1]), 0.397, 1e-12);
  assertAlmostEquals(reward("walker-vel", [1.4], [2, 9], [2, 0, 0, 0, 0, 0]), 0.396, 1e-12);
  // 0.5 + 1 - 0.001 * 4, whichever the dynamics
  assertAlmostEquals(reward("walker-params", [3], [0.5, 9], [2, 0, 0, 0, 0, 0]), 1.496, 1e-12);
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

Deno.test("the goal of walker-params is the number of a set of dynamics, and nothing else", () => {
  const info = familyInfo("walker-params")!;
  for (const goal of [[0], [6], [1.5], [-1], [NaN], [], [1, 2]]) {
    assertThrows(() => resolveTask({ family: "walker-params", goal }), RangeError, "its goal must be");
    assertEquals(typeof goalFault(info, goal), "string");
  }
  for (const goal of info.goals) assertEquals(goalFault(info, goal), undefined);
  assertThrows(
    () => resolveTask({ family: "walker-params", goal: [6] }),
    RangeError,
    "a whole number from 1 to 5: current value is [6]",
  );
});

Deno.test("policyGoal() is the goal, and a one-hot where the goal is a number", () => {
  assertEquals(policyGoal({ family: "hopper-vel", goal: [1.4] }), [Math.fround(1.4)]);
  assertEquals(policyGoal({ family: "walker-params", goal: [2] }), [0, 1, 0, 0, 0]);
  assertThrows(() => policyGoal({ family: "walker-params", goal: [7] }), RangeError, "current value is [7]");
});

Deno.test("listFamilies() says of every family what its goals mean", () => {
  const meanings = listFamilies().map(({ family, goalMeaning }) => [family, goalMeaning]);
  assertEquals(meanings[0], ["cheetah-vel", "speed in m/s, any number; usual are 0.075 to 1.575"]);
  assertEquals(meanings.at(-3)![1], "number of the set of dynamics, a whole number from 1 to 5");
  assertEquals(meanings.at(-1)![1], "cosine and sine of the wanted direction, each from -1 to 1; any angle");
});
