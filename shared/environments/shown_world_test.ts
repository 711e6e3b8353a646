import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { listFamilies } from "./families.ts";
import { createRandom } from "./simulation_rng.ts";
import { openShownWorld } from "./shown_world.ts";
import { openVectorEnvironment } from "./vector_environment.ts";

const STEPS = 25;

Deno.test("what is looked at is what is evaluated: the same states, rewards and ends in every family, however it is looked at", async () => {
  for (const { family, goals, actionDim } of listFamilies()) {
    const task = { family, goal: goals[1]! };
    const [world, environment] = [await openShownWorld(task), await openVectorEnvironment(task, 1)];
    const places = new Float64Array(12 * world.shapes.length);
    const random = createRandom(3);
    world.reset(7);
    let state = environment.reset([7]);
    for (let step = 0; step < STEPS; step++) {
      assertEquals(world.observe(), state, `${family}, step ${step}`);
      world.places(places);
      assert(places.every(Number.isFinite), family);
      const action = Float32Array.from({ length: actionDim }, () => 2 * random.uniform() - 1);
      const expected = environment.step(action);
      const { reward, end } = world.step(action);
      assertEquals([reward, end !== undefined], [expected.rewards[0], expected.terminals[0] === 1], family);
      state = expected.states;
      if (end) break;
    }
    world.close();
    environment.close();
  }
});

Deno.test("a state that is shown is that pose, and stands where it is put", async () => {
  for (const { family, goals } of listFamilies()) {
    const world = await openShownWorld({ family, goal: goals[0]! });
    world.reset(4);
    world.step(new Float32Array(world.actionDim).fill(0.4));
    const state = world.observe();
    const before = new Float64Array(12 * world.shapes.length), after = new Float64Array(before.length);
    world.places(before);
    world.reset(5);
    world.show(state);
    assertEquals(world.observe(), state, family);
    world.places(after);
    const robot = world.shapes.findIndex(({ part }) => part === "robot");
    // Where a robot stands in the plane is not observed; how high, and how it is turned, is.
    for (let i = 2; i < 12; i++) {
      assertAlmostEquals(after[12 * robot + i]!, before[12 * robot + i]!, 1e-6, `${family}, number ${i}`);
    }
    world.close();
  }
  const world = await openShownWorld({ family: "cheetah-vel", goal: [1] });
  world.reset(1);
  const places = new Float64Array(12 * world.shapes.length);
  world.show(world.observe(), [3]);
  world.places(places);
  assert(places[12 * 1]! > 2, "three metres ahead");
  world.close();
});

Deno.test("a push moves a robot until it is let go; one that is let go at once is as if it had never been", async () => {
  const paths = [];
  for (const force of [[0, 0, 0], [200, 0, 0]]) {
    const world = await openShownWorld({ family: "walker-vel", goal: [1] });
    world.reset(2);
    world.push(1, force);
    for (let step = 0; step < 5; step++) world.step(new Float32Array(world.actionDim));
    paths.push(world.observe());
    world.push(1, [0, 0, 0]);
    world.reset(2);
    for (let step = 0; step < 5; step++) world.step(new Float32Array(world.actionDim));
    paths.push(world.observe());
    world.close();
  }
  const [still, stillAgain, pushed, letGo] = paths;
  assertNotEquals(pushed, still);
  assertEquals([stillAgain, letGo], [still, still]);
});

Deno.test("what no simulator here knows is refused by name", async () => {
  await assertRejects(() => openShownWorld({ family: "hexapod", goal: [1] }), RangeError, "hexapod");
});
