import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { randomAct, rollout } from "./rollout.ts";
import type { VectorEnvironment } from "./stepped_environment.ts";
import { openVectorEnvironment } from "./vector_environment.ts";

const HOPPER = { family: "hopper-vel", goal: [1] };

/** The returns and lengths of random episodes of the given seeds. */
async function randomEpisodes(size: number, seeds: number[], during?: () => Promise<void>) {
  const env = await openVectorEnvironment(HOPPER, size);
  const act = randomAct(env.actionDim, seeds);
  const result = await rollout(env, seeds, async (states, step, active) => {
    if (step === 2) await during?.();
    return act(states, step, active);
  });
  env.close();
  return result;
}

Deno.test("VectorEnvironment.step() gives the same episodes again", async () => {
  const seeds = [3, 1, 4, 15];
  const first = await randomEpisodes(4, seeds);
  assertEquals(await randomEpisodes(4, seeds), first);
  assertNotEquals(await randomEpisodes(4, [3, 1, 4, 16]), first);
});

Deno.test("VectorEnvironment.step() survives a growing heap: the engine's views are taken again", async () => {
  const seeds = [5, 6];
  const opened: VectorEnvironment[] = [];
  const grown = await randomEpisodes(2, seeds, async () => {
    opened.push(await openVectorEnvironment({ family: "ant-dir", goal: [1, 0] }, 60));
  });
  assertEquals(opened.length, 1);
  opened.forEach((env) => env.close());
  assertEquals(grown, await randomEpisodes(2, seeds));
});

Deno.test("VectorEnvironment.reset() starts equal seeds equally, in any place and size", async () => {
  const large = await openVectorEnvironment(HOPPER, 3);
  const small = await openVectorEnvironment({ family: "hopper-vel", goal: [2] }, 1);
  const S = large.stateDim;
  const states = large.reset([8, 9]);
  assertEquals(states.slice(S, 2 * S), small.reset([9]));
  assertNotEquals(states.slice(0, S), states.slice(S, 2 * S));
  assertEquals(states.slice(2 * S), new Float32Array(S));
  assertThrows(() => large.reset([]), RangeError, "1 to 3 seeds");
  assertThrows(() => large.reset([1, 2, 3, 4]), RangeError, "current number is 4");
  large.close();
  small.close();
});

Deno.test("VectorEnvironment.step() ends falls as terminals and lets the fallen idle", async () => {
  const env = await openVectorEnvironment(HOPPER, 2);
  env.reset([1]);
  const actions = new Float32Array(env.actionDim * 2).fill(1);
  let result = env.step(actions);
  assertEquals(Array.from(result.active), [1, 0]);
  let steps = 1;
  for (; result.active[0] === 1; steps++) {
    assertEquals(Array.from(result.terminals), [0, 0]);
    result = env.step(actions);
  }
  assert(steps < 100, `fell after ${steps}`);
  assertEquals([Array.from(result.terminals), Array.from(result.timeouts)], [[1, 0], [0, 0]]);
  assertNotEquals(result.rewards[0], 0);
  // Height and pitch are the first two numbers of the observation.
  assert(result.states[0]! <= 0.7 || Math.abs(result.states[1]!) >= 0.2);
  const idle = env.step(new Float32Array(env.actionDim * 2).fill(NaN));
  assertEquals([Array.from(idle.rewards), Array.from(idle.terminals)], [[0, 0], [0, 0]]);
  assertEquals(idle.states, result.states);
  env.close();
});

Deno.test("VectorEnvironment.step() ends at the horizon as a timeout, not a terminal", async () => {
  const env = await openVectorEnvironment({ family: "swimmer-dir", goal: [1, 0] }, 1);
  env.reset([1]);
  const actions = new Float32Array(env.actionDim);
  for (let t = 1; t <= 200; t++) {
    const { terminals, timeouts, active } = env.step(actions);
    assertEquals([terminals[0], timeouts[0], active[0]], t === 200 ? [0, 1, 0] : [0, 0, 1]);
  }
  env.reset([2]);
  assertEquals(env.step(actions).active[0], 1);
  env.close();
});

Deno.test("VectorEnvironment.step() gives arrays that later steps leave alone", async () => {
  const env = await openVectorEnvironment(HOPPER, 1);
  const start = env.reset([1]);
  const copy = start.slice();
  const first = env.step(new Float32Array(3));
  const firstCopy = first.states.slice();
  env.step(new Float32Array(3));
  assertEquals([start, first.states], [copy, firstCopy]);
  env.close();
});

Deno.test("VectorEnvironment.step() refuses actions of the wrong size or not finite, and use after close", async () => {
  const env = await openVectorEnvironment(HOPPER, 2);
  env.reset([1, 2]);
  assertThrows(() => env.step(new Float32Array(5)), RangeError, "must be [2, 3]: current length is 5");
  const actions = Float32Array.of(0, 0, 0, 0, NaN, 0);
  assertThrows(() => env.step(actions), RangeError, "current value of environment 1 is NaN");
  env.close();
  env.close();
  assertThrows(() => env.step(new Float32Array(6)), TypeError, "closed");
  assertThrows(() => env.reset([1]), TypeError, "closed");
  await assertRejects(() => openVectorEnvironment(HOPPER, 0), RangeError, "positive integer");
});
