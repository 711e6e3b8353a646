import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { collectDataset } from "../collect.ts";
import { familyInfo, goalFault, resolveTask } from "../families.ts";
import { type Act, rollout } from "../rollout.ts";
import { familyPolicy, isScripted } from "../scripted_policy.ts";
import { openVectorEnvironment } from "../vector_environment.ts";
import { directionOf, intoMaze, intoWorld, type Pair, startPoint, stepPoint } from "./maze_law.ts";
import { mazeAct } from "./maze_policy.ts";

const FAMILY = "maze-dir";
const GOALS = familyInfo(FAMILY)!.goals;

/** Success of one episode a seed. */
async function succeeded(goal: readonly number[], act: Act, seeds: number[]): Promise<number> {
  const env = await openVectorEnvironment({ family: FAMILY, goal }, seeds.length);
  const { successes } = await rollout(env, seeds, act);
  env.close();
  return successes!.filter(Boolean).length;
}

Deno.test("stepPoint() strides by the action, and no further than a wall", () => {
  const { position, reward, end } = stepPoint([0.1, -0.4], [0.2, -0.5]);
  [0.24, -0.75].forEach((place, i) => assertAlmostEquals(position[i]!, place, 1e-15));
  assertEquals([reward, end], [-0.02, undefined]);
  const left = stepPoint([0.2, 0.9], [0.4, 1]);
  assertEquals([left.position[1], left.end], [1, undefined]);
  assertAlmostEquals(left.position[0], 0.48, 1e-15);
  assertEquals(stepPoint([-0.3, 0.2], [-1, 0]).position, [-0.4, 0.2]);
  // Away from a wall nothing holds it.
  assertAlmostEquals(stepPoint([-0.4, 1], [0.5, -0.5]).position[0], -0.05, 1e-15);
});

Deno.test("stepPoint() ends at the block, its corners and what a stride jumps over included", () => {
  const ends = (from: Pair, action: Pair) => stepPoint(from, action).end;
  assertEquals(ends([0, 0], [0.5, 0]), "block");
  assertEquals(ends([0, 0], [0.4, 0]), undefined);
  assertEquals(ends([0.7, 0.6], [0, -0.6]), "block");
  // Both ends of these are outside; the first jumps over the block, the second cuts a corner, the third does not.
  assertEquals(ends([0.7, 0.3], [0, -1]), "block");
  assertEquals(ends([0.28, 0.2], [0.3, 0.6]), "block");
  assertEquals(ends([0.28, 0.22], [0.3, 0.6]), undefined);
  assertEquals(ends([0.2, 0.26], [1, 0]), undefined);
  assertAlmostEquals(stepPoint([0, 0], [1, 0]).reward, -1.02, 1e-15);
});

Deno.test("stepPoint() ends at the goal, with its reward", () => {
  const { end, reward } = stepPoint([1.2, 0.4], [0.5, -0.5]);
  assertEquals([end, reward], ["goal", 0.98]);
  assertEquals(stepPoint([1.2, 0.4], [0.2, -0.2]).end, undefined);
});

Deno.test("a task turns the maze: turned actions make turned episodes, from the same start states", async () => {
  for (const goal of GOALS) {
    const direction = directionOf(goal);
    const pair: Pair = [0.3, -0.7];
    intoMaze(direction, intoWorld(direction, pair)).forEach((value, i) =>
      assertAlmostEquals(value, pair[i]!)
    );
    intoMaze(direction, direction).forEach((value, i) => assertAlmostEquals(value, 1 - i));
    const env = await openVectorEnvironment({ family: FAMILY, goal }, 2);
    const states = env.reset([5, 6]);
    assertEquals([...states.subarray(0, 2)], startPoint(5).map(Math.fround));
    assertNotEquals(states[2], states[0]);
    // Straight on: the block, whichever way the maze is turned.
    const result = env.step(Float32Array.from([...direction, 0, 0]));
    assertEquals([...result.terminals, ...result.timeouts, ...result.successes!], [1, 0, 0, 0, 0, 0]);
    env.close();
  }
});

Deno.test("actions are clamped in the world, and an episode without an end is a timeout after 20 steps", async () => {
  const goal = GOALS[1]!;
  const env = await openVectorEnvironment({ family: FAMILY, goal }, 2);
  const [plain, clamped] = [1, 9].map((force) => {
    env.reset([3]);
    return env.step(Float32Array.from([force, -force, 0, 0])).states;
  });
  assertEquals(plain, clamped);
  env.reset([3]);
  let result = env.step(new Float32Array(4));
  for (let step = 2; step < 20; step++) result = env.step(new Float32Array(4));
  assertEquals([result.active[0], result.timeouts[0]], [1, 0]);
  result = env.step(new Float32Array(4));
  assertEquals([result.active[0], result.timeouts[0], result.terminals[0]], [0, 1, 0]);
  env.close();
});

Deno.test("the good policy gets round, half of the time on either side; the mean of both does not", async () => {
  const goal = GOALS[2]!;
  const seeds = Array.from({ length: 60 }, (_, i) => 100 + i);
  const good = mazeAct("final", goal, seeds);
  const sides: number[] = [];
  const reached = await succeeded(goal, (states, step, active) => {
    if (step === 1) { for (let i = 0; i < 60; i++) sides.push(across(goal, states, i)); }
    return good(states, step, active);
  }, seeds);
  assert(reached >= 54, `${reached} of 60`);
  const left = sides.filter((side) => side > 0).length;
  assert(left >= 18 && left <= 42, `${left} of 60 go left`);
  const ahead = directionOf(goal);
  const mirrored = await succeeded(goal, async (states, step, active) => {
    const actions = await good(states, step, active);
    // What goes as far to the other side cancels what goes to this one.
    return actions.map((_, i) => {
      const own: Pair = [actions[i - i % 2]!, actions[i - i % 2 + 1]!];
      return intoWorld(ahead, [intoMaze(ahead, own)[0], 0])[i % 2]!;
    });
  }, seeds);
  assertEquals(mirrored, 0);
});

function across(goal: readonly number[], states: Float32Array, i: number): number {
  return intoMaze(directionOf(goal), [states[2 * i]!, states[2 * i + 1]!])[1];
}

Deno.test("collectDataset() takes a policy that is code: equal seeds give equal data, and qualities differ", async () => {
  const policy = await familyPolicy(familyInfo(FAMILY)!);
  assert(isScripted(policy));
  const collect = (seed: number) =>
    collectDataset({ family: FAMILY, goal: GOALS[0]!, policy, episodes: 40, seed });
  const first = await collect(1);
  assertEquals(await collect(1), first);
  assertNotEquals((await collect(2)).actions, first.actions);
  const { metadata } = first;
  assertEquals([metadata.env, metadata.family, metadata.horizon], ["TwoWayMaze", FAMILY, 20]);
  assert(metadata.return_random < -0.4 && metadata.return_final_policy! > 0.4);
  const swimmer = await familyPolicy({ model: "swimmer" });
  await assertRefuses(() =>
    collectDataset({ ...{ family: FAMILY, goal: GOALS[0]! }, policy: swimmer, episodes: 1, seed: 1 })
  );
  await assertRefuses(() =>
    collectDataset({ family: "swimmer-dir", goal: [1, 0], policy, episodes: 1, seed: 1 })
  );
});

async function assertRefuses(body: () => Promise<unknown>): Promise<void> {
  const error = await body().then(() => undefined, (caught) => caught);
  assert(error instanceof RangeError && error.message.includes("policy must be of"), String(error));
}

Deno.test("the goal of maze-dir is the cosine and sine of one angle, and nothing else", () => {
  const info = familyInfo(FAMILY)!;
  for (const goal of [[0, 0], [2, 0], [1], [1, 1], [NaN, 1]]) {
    assertEquals(typeof goalFault(info, goal), "string");
    assertThrows(() => resolveTask({ family: FAMILY, goal }), RangeError, "its goal must be");
  }
  for (const goal of GOALS) assertEquals(goalFault(info, goal.map(Math.fround)), undefined);
});
