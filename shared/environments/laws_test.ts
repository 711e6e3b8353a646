import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { isHealthy, observationSize, observe, startState } from "./laws.ts";
import { ROBOTS } from "./robots.ts";

Deno.test("startState() draws qpos uniformly and qvel by the robot's law, repeatably", () => {
  for (const robot of Object.values(ROBOTS)) {
    const { qposHalfRange, qvelLaw, qvelScale } = robot.reset;
    assertEquals(startState(robot, 11), startState(robot, 11));
    assertNotEquals(startState(robot, 11), startState(robot, 12));
    const starts = Array.from({ length: 1500 }, (_, seed) => startState(robot, seed));
    const qpos = starts.flatMap((start) =>
      start.qpos.map((x, i) => (x - robot.initialQpos[i]!) / qposHalfRange)
    );
    const qvel = starts.flatMap((start) => start.qvel.map((x, i) => (x - robot.initialQvel[i]!) / qvelScale));
    const meanOf = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
    const varianceOf = (values: number[]) => meanOf(values.map((x) => x * x));
    assert(qpos.every((x) => Math.abs(x) <= 1 + 1e-9));
    assertAlmostEquals(meanOf(qpos), 0, 0.04);
    assertAlmostEquals(varianceOf(qpos), 1 / 3, 0.02);
    assertAlmostEquals(meanOf(qvel), 0, 0.06);
    assertAlmostEquals(
      varianceOf(qvel),
      qvelLaw === "normal" ? 1 : 1 / 3,
      qvelLaw === "normal" ? 0.06 : 0.02,
    );
    assertEquals(qvel.some((x) => Math.abs(x) > 1), qvelLaw === "normal");
  }
});

Deno.test("startState() has the stated noise of each robot", () => {
  const noise = Object.values(ROBOTS).map(({ model, reset }) => [model, ...Object.values(reset)]);
  assertEquals(noise, [
    ["half_cheetah", 0.1, "normal", 0.1],
    ["swimmer", 0.1, "uniform", 0.1],
    ["hopper", 0.005, "uniform", 0.005],
    ["walker2d", 0.005, "uniform", 0.005],
    ["ant", 0.1, "normal", 0.1],
  ]);
});

Deno.test("observe() leaves out the absolute position and clips only where stated", () => {
  const sizes = Object.values(ROBOTS).map(observationSize);
  assertEquals(sizes, [17, 8, 11, 17, 27]);
  const hopper = new Float32Array(13).fill(7);
  observe(ROBOTS.hopper, { qpos: [99, 1, 2, 3, 4, 50], qvel: [10, 11, -12, 1, 2, 3] }, hopper, 1);
  assertEquals(Array.from(hopper), [7, 1, 2, 3, 4, 50, 10, 10, -10, 1, 2, 3, 7]);
  const swimmer = new Float32Array(8);
  observe(ROBOTS.swimmer, { qpos: [9, 9, 1, 2, 3], qvel: [40, -50, 6, 7, 8] }, swimmer, 0);
  assertEquals(Array.from(swimmer), [1, 2, 3, 40, -50, 6, 7, 8]);
});

/** The initial state with some entries changed: `["qpos", 1, 0.7]` sets qpos[1]. */
function healthyWith(robot: typeof ROBOTS.ant, ...changes: ["qpos" | "qvel", number, number][]): boolean {
  const state = { qpos: [...robot.initialQpos], qvel: [...robot.initialQvel] };
  for (const [of, index, value] of changes) state[of][index] = value;
  return isHealthy(robot, state);
}

Deno.test("isHealthy() ends a hopper by height, pitch or a runaway entry", () => {
  const { hopper } = ROBOTS;
  assert(healthyWith(hopper));
  assert(healthyWith(hopper, ["qpos", 1, 0.7001], ["qpos", 2, 0.1999], ["qvel", 0, -99.9], ["qpos", 0, 1e6]));
  assert(!healthyWith(hopper, ["qpos", 1, 0.7]));
  assert(!healthyWith(hopper, ["qpos", 2, 0.2]));
  assert(!healthyWith(hopper, ["qpos", 2, -0.2]));
  assert(!healthyWith(hopper, ["qvel", 0, 100]));
  assert(!healthyWith(hopper, ["qpos", 5, -100]));
  assert(!healthyWith(hopper, ["qvel", 3, NaN]));
});

Deno.test("isHealthy() ends a walker by height or pitch", () => {
  const { walker2d } = ROBOTS;
  assert(healthyWith(walker2d, ["qpos", 1, 0.801], ["qpos", 2, -0.999], ["qvel", 0, 500]));
  assert(healthyWith(walker2d, ["qpos", 1, 1.999]));
  assert(!healthyWith(walker2d, ["qpos", 1, 0.8]));
  assert(!healthyWith(walker2d, ["qpos", 1, 2]));
  assert(!healthyWith(walker2d, ["qpos", 2, 1]));
  assert(!healthyWith(walker2d, ["qpos", 2, -1]));
});

Deno.test("isHealthy() ends an ant outside 0.2 to 1.0 m, bounds included, or when not finite", () => {
  const { ant } = ROBOTS;
  assert(healthyWith(ant, ["qpos", 2, 0.2]));
  assert(healthyWith(ant, ["qpos", 2, 1], ["qvel", 0, 1e8]));
  assert(!healthyWith(ant, ["qpos", 2, 0.1999]));
  assert(!healthyWith(ant, ["qpos", 2, 1.0001]));
  assert(!healthyWith(ant, ["qvel", 13, Infinity]));
  assert(!healthyWith(ant, ["qpos", 14, NaN]));
});

Deno.test("isHealthy() never ends a cheetah or a swimmer", () => {
  assert(healthyWith(ROBOTS.half_cheetah, ["qpos", 1, -5], ["qpos", 2, 9]));
  assert(healthyWith(ROBOTS.swimmer, ["qpos", 2, 50], ["qvel", 4, 1e5]));
});
