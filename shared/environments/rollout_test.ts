import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import {
  type Act,
  randomAct,
  randomReturn,
  rollout,
  rolloutRecorded,
  type RolloutResult,
} from "./rollout.ts";
import { openVectorEnvironment } from "./vector_environment.ts";

const HOPPER = { family: "hopper-vel", goal: [1] };
/** Stateless: the action follows from the state alone, so batching cannot matter. */
const act: Act = (states, _step, active) =>
  Float32Array.from(
    { length: 3 * active.length },
    (_, i) => Math.sin(40 * states[11 * Math.floor(i / 3) + i % 3]!),
  );

Deno.test("rollout() gives an episode the same return in every batching", async () => {
  const seeds = [1, 2, 3, 4, 5];
  const results: RolloutResult[] = [];
  for (const size of [1, 2, 5, 8]) {
    const env = await openVectorEnvironment(HOPPER, size);
    results.push(await rollout(env, seeds, act));
    env.close();
  }
  assertEquals(results[0]!.returns.length, 5);
  assert(new Set(results[0]!.returns).size === 5);
  results.slice(1).forEach((result) => assertEquals(result, results[0]!));
});

Deno.test("rollout() waits for an asynchronous act and tells it step and active rows", async () => {
  const env = await openVectorEnvironment(HOPPER, 3);
  const seen: number[][] = [];
  const { lengths } = await rollout(env, [7, 8], async (states, step, active) => {
    seen.push([step, ...active]);
    await new Promise((resolve) => setTimeout(resolve));
    return act(states, step, active);
  });
  env.close();
  assertEquals(seen[0], [0, 1, 1, 0]);
  assertEquals(seen.map(([step]) => step), Array.from({ length: Math.max(...lengths) }, (_, t) => t));
  assertEquals(lengths, [1, 2].map((row) => seen.filter((entry) => entry[row] === 1).length));
});

Deno.test("rolloutRecorded() keeps whole episodes that fit together", async () => {
  const env = await openVectorEnvironment(HOPPER, 2);
  const seeds = [1, 2, 3];
  const episodes = await rolloutRecorded(env, seeds, act);
  const { returns, lengths } = await rollout(env, seeds, act);
  assertEquals(
    episodes.map((episode) => [episode.seed, episode.length]),
    seeds.map((seed, i) => [seed, lengths[i]!]),
  );
  episodes.forEach((episode, i) => {
    const T = episode.length;
    assertEquals(episode.return, returns[i]);
    assertEquals([episode.states.length, episode.actions.length, episode.rewards.length], [11 * T, 3 * T, T]);
    assertEquals(episode.states.slice(11), episode.nextStates.slice(0, 11 * (T - 1)));
    assertEquals(episode.states.slice(0, 11), env.reset([episode.seed]).slice(0, 11));
    assertEquals(Array.from(episode.terminals), Array.from({ length: T }, (_, t) => t === T - 1 ? 1 : 0));
    assertEquals(episode.timeouts.includes(1), false);
    assertAlmostEquals(episode.rewards.reduce((sum, reward) => sum + reward, 0), episode.return, 1e-4);
  });
  env.close();
});

Deno.test("rollout() leaves the turn to timers while an act never waits", async () => {
  const env = await openVectorEnvironment({ family: "swimmer-dir", goal: [1, 0] }, 1);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 0);
  await rollout(env, [1], randomAct(2, [1]));
  clearInterval(timer);
  env.close();
  assert(ticks >= 5, `${ticks} ticks`);
});

Deno.test("randomAct() covers [-1, 1] uniformly", () => {
  const drawn = randomAct(2, [1, 2])(new Float32Array(0), 0, Uint8Array.of(1, 0)) as Float32Array;
  assertEquals(Array.from(drawn.slice(2)), [0, 0]);
  const many = randomAct(5000, [3])(new Float32Array(0), 0, Uint8Array.of(1)) as Float32Array;
  assert(many.every((a) => a >= -1 && a <= 1));
  assertAlmostEquals(many.reduce((sum, a) => sum + a, 0) / 5000, 0, 0.05);
  assertAlmostEquals(many.reduce((sum, a) => sum + a * a, 0) / 5000, 1 / 3, 0.025);
});

Deno.test("randomReturn() is near what a dataset of the task states, and repeats", async () => {
  // hopper-vel at 1.0 m/s: the dataset's random episodes average -4.8 +- 2 over 60 episodes.
  const mean = await randomReturn(HOPPER, 60, 4);
  assertAlmostEquals(mean, -4.8, 4);
  assertEquals(await randomReturn(HOPPER, 60, 4), mean);
  await assertRejects(() => randomReturn(HOPPER, 0, 1), RangeError, "positive integer");
});
