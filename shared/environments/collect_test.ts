import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { collectDataset } from "./collect.ts";
import { policyAct, readPolicy, SNAPSHOTS } from "./policy.ts";
import { DEFAULT_MIX, episodeCounts } from "./policy_mix.ts";
import { deriveSeeds } from "./simulation_rng.ts";
import { syntheticPolicy } from "./testdata/synthetic_policy.ts";

const HOPPER = { model: "hopper", family: "hopper-vel", inputDim: 12, hidden: 8, actionDim: 3 };
const OPTIONS = { family: "hopper-vel", goal: [1.4], policy: readPolicy(syntheticPolicy(HOPPER)), seed: 9 };

Deno.test("episodeCounts() rounds shares so that they add up", () => {
  assertEquals(episodeCounts(DEFAULT_MIX, 200), { random: 40, early: 30, medium: 30, final: 100 });
  assertEquals(episodeCounts(DEFAULT_MIX, 20), { random: 4, early: 3, medium: 3, final: 10 });
  for (const episodes of [1, 2, 3, 7, 11, 33]) {
    const counts = episodeCounts(DEFAULT_MIX, episodes);
    assertEquals(Object.values(counts).reduce((sum, count) => sum + count, 0), episodes);
  }
  assertThrows(() => episodeCounts({ ...DEFAULT_MIX, final: 0.6 }, 10), RangeError, "add up to 1");
  assertThrows(
    () => episodeCounts({ random: -0.5, early: 0, medium: 0, final: 1.5 }, 10),
    RangeError,
    ">= 0",
  );
  assertThrows(() => episodeCounts(DEFAULT_MIX, 2.5), RangeError, "current value is 2.5");
});

Deno.test("collectDataset() lays out whole episodes, random ones first, with their attributes", async () => {
  const progress: number[] = [];
  const data = await collectDataset({
    ...OPTIONS,
    episodes: 30,
    onProgress: ({ episodes, of, transitions }) => progress.push(episodes, of, transitions),
  });
  const { size } = data;
  assertEquals([data.stateDim, data.actionDim], [11, 3]);
  assertEquals([data.states.length, data.nextStates.length, data.actions.length], [
    11 * size,
    11 * size,
    3 * size,
  ]);
  assertEquals([data.rewards, data.terminals, data.timeouts].map((rows) => rows.length), [size, size, size]);
  const returns: number[] = [];
  let sum = 0;
  for (let t = 0; t < size; t++) {
    sum += data.rewards[t]!;
    const ends = data.terminals[t]! + data.timeouts[t]!;
    assert(ends <= 1);
    if (ends === 1) returns.push(sum);
    sum = ends === 1 ? 0 : sum;
    const next = data.states.slice(11 * (t + 1), 11 * (t + 2));
    if (ends === 0) assertEquals(data.nextStates.slice(11 * t, 11 * (t + 1)), next);
  }
  assertEquals(returns.length, 30);
  assertEquals(progress.slice(-3), [30, 30, size]);
  const final = returns.slice(15).reduce((total, value) => total + value, 0) / 15;
  assertAlmostEquals(data.metadata.return_final_policy!, final, 1e-4);
  // hopper-vel at 1.4 m/s: random episodes of the reference data average -14.2 +- 2.
  assertAlmostEquals(data.metadata.return_random, -14.2, 5);
  const { return_random: _, return_final_policy: __, ...attributes } = data.metadata;
  assertEquals(attributes, {
    env: "Hopper-v5",
    family: "hopper-vel",
    goal: [Math.fround(1.4)],
    horizon: 200,
    mix: DEFAULT_MIX,
  });
});

Deno.test("collectDataset() gives equal bytes for equal options and others for another seed", async () => {
  const collect = (changes: object) => collectDataset({ ...OPTIONS, episodes: 8, ...changes });
  const data = await collect({});
  assertEquals(await collect({}), data);
  assert((await collect({ seed: 10 })).states[0] !== data.states[0]);
});

Deno.test("collectDataset() lets each snapshot act with its own noise, and says when the final one did not", async () => {
  for (const [i, snapshot] of SNAPSHOTS.entries()) {
    const mix = { random: 0, early: 0, medium: 0, final: 0, [snapshot]: 1 };
    const { states, actions, metadata } = await collectDataset({ ...OPTIONS, episodes: 1, mix });
    const act = policyAct(
      OPTIONS.policy.snapshots[snapshot],
      OPTIONS.goal,
      deriveSeeds(9, 2 * (i + 1) + 1, 1),
    );
    for (const t of [0, 1]) {
      const expected = act(states.slice(11 * t, 11 * (t + 1)), t, Uint8Array.of(1));
      assertEquals(actions.slice(3 * t, 3 * (t + 1)), expected as Float32Array);
    }
    assertEquals(metadata.return_final_policy === null, snapshot !== "final");
  }
});

Deno.test("collectDataset() refuses a policy of another robot or size", async () => {
  const walker = readPolicy(syntheticPolicy({ ...HOPPER, model: "walker2d" }));
  await assertRejects(
    () => collectDataset({ ...OPTIONS, policy: walker, episodes: 1 }),
    RangeError,
    "must be of hopper: current policy is of walker2d",
  );
  const wide = readPolicy(syntheticPolicy({ ...HOPPER, inputDim: 13 }));
  await assertRejects(
    () => collectDataset({ ...OPTIONS, policy: wide, episodes: 1 }),
    RangeError,
    "current sizes of early are 13 and 3",
  );
});
