import { assertAlmostEquals, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { openShownWorld, type ShownWorld } from "@cugro/environments/shown";
import { createRecordedDriver } from "./recorded_driver.ts";
import type { RecordedRows } from "./recorded_episode.ts";

const STEPS = 30;

/** An episode as a robot has really been through it. */
function record(world: ShownWorld, steps = STEPS): RecordedRows {
  const rows = { states: [] as number[][], actions: [] as number[][], rewards: [] as number[], steps };
  world.reset(3);
  for (let step = 0; step < steps; step++) {
    const action = Float32Array.from({ length: world.actionDim }, (_, i) => Math.sin(step + i));
    rows.states.push([...world.observe()]);
    rows.actions.push([...action]);
    rows.rewards.push(world.step(action).reward);
  }
  return rows;
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

const judge = (state: Float32Array, action: Float32Array) => ({
  value: state[0]! + action[0]!,
  ...{ percentile: 50, isUnusual: false },
});

for (const [family, goal] of [["cheetah-vel", [1]], ["maze-dir", [0, 1]]] as const) {
  Deno.test(`an episode of ${family} is shown state by state, with what it earned, and again from its begin`, async () => {
    const world = await openShownWorld({ family, goal: [...goal] });
    const rows = record(world);
    const driver = createRecordedDriver(world, { rows, judge, close: () => {} });
    const { standing, trace } = driver;
    const length = world.dt || 0.3;
    for (let turn = 0; turn < 2; turn++) {
      driver.reset(turn);
      assertEquals([standing.steps, standing.earned, standing.end], [0, 0, undefined]);
      driver.move(0.6 * length);
      assertEquals(standing.steps, 0, "no whole step has passed");
      for (let step = 0; step < STEPS; step++) {
        world.observe().forEach((value, i) => assertAlmostEquals(value, rows.states[step]![i]!, 1e-5));
        driver.move(length);
        assertEquals(standing.steps, step + 1);
        assertEquals(
          standing.judgement!.value,
          Math.fround(rows.states[step]![0]!) + Math.fround(rows.actions[step]![0]!),
        );
      }
      assertAlmostEquals(standing.earned, sumOf(rows.rewards), 1e-9);
      assertEquals([standing.end, standing.fault, trace.values.length], ["over", undefined, STEPS]);
      driver.move(10 * length);
      assertEquals(standing.steps, STEPS, "nothing comes behind the end");
    }
    driver.close();
  });
}

Deno.test("of a long episode some rows are shown, each as long as the steps that it stands for", async () => {
  const world = await openShownWorld({ family: "swimmer-dir", goal: [1, 0] });
  const rows = { ...record(world, 4), steps: 90 };
  const driver = createRecordedDriver(world, { rows, judge, close: () => {} });
  driver.reset(0);
  const seen: number[] = [];
  // More steps at once than a page catches up: it comes to its end all the same.
  for (let i = 0; i < 95 && !driver.standing.end; i++) {
    driver.move(world.dt);
    if (seen.at(-1) !== driver.standing.steps) seen.push(driver.standing.steps);
  }
  assertEquals([seen, driver.standing.end], [[0, 22, 45, 67, 90], "over"]);
  assertAlmostEquals(driver.standing.seconds, 90 * world.dt, 1e-9);
  driver.close();
});

Deno.test("states of another robot are refused in a sentence; what cannot be judged stands still and says why", async () => {
  const world = await openShownWorld({ family: "swimmer-dir", goal: [1, 0] });
  const rows = record(world, 3);
  const close = () => {};
  const other = { ...rows, states: [[1, 2, 3]] };
  assertThrows(() => createRecordedDriver(world, { rows: other, judge, close }), Error, "hold 3 numbers");
  const fault = () => {
    throw new Error("the critic is of another robot");
  };
  const driver = createRecordedDriver(world, { rows, judge: fault, close });
  driver.reset(0);
  driver.move(5 * world.dt);
  assertEquals([driver.standing.fault, driver.standing.steps], ["the critic is of another robot", 0]);
  assertGreater(world.shapes.length, 1);
  driver.close();
});
