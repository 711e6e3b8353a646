import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  checkEpisodes,
  discountedReturns,
  oneStepTargets,
  planningReturns,
  returnScale,
  scaleReturns,
} from "./critic_targets.ts";

/** Three steps to a terminal, then two steps to a time limit, then one step to a terminal. */
const episodes = {
  rewards: Float32Array.of(1, 2, 4, 10, 20, 100),
  terminals: Uint8Array.of(0, 0, 1, 0, 0, 1),
  timeouts: Uint8Array.of(0, 0, 0, 0, 1, 0),
};

Deno.test("discountedReturns() sums within episodes only (failure mode 21)", () => {
  assertEquals([...discountedReturns(episodes, 0.5)], [1 + 1 + 1, 2 + 2, 4, 10 + 10, 20, 100]);
});

Deno.test("discountedReturns() continues past a time limit and never past a terminal", () => {
  const asked: number[] = [];
  const returns = discountedReturns(episodes, 0.5, (n) => (asked.push(n), 8));
  assertEquals([...returns], [3, 4, 4, 10 + 0.5 * 24, 20 + 4, 100]);
  assertEquals(asked, [4]);
  const both = { ...episodes, timeouts: Uint8Array.of(0, 0, 1, 0, 1, 0) };
  assertEquals(discountedReturns(both, 0.5, () => 8)[2], 4, "a terminal wins over a time limit on its row");
});

Deno.test("discountedReturns() of a constant reward is the geometric sum", () => {
  const size = 200;
  const long = {
    rewards: new Float32Array(size).fill(1),
    terminals: Uint8Array.from({ length: size }, (_, n) => n === size - 1 ? 1 : 0),
    timeouts: new Uint8Array(size),
  };
  assertAlmostEquals(discountedReturns(long, 0.99)[0]!, (1 - 0.99 ** 200) / 0.01, 1e-9);
});

Deno.test("checkEpisodes() refuses a missing boundary, lengths that differ and rewards that are no numbers", () => {
  checkEpisodes(episodes);
  assertThrows(
    () => checkEpisodes({ ...episodes, terminals: Uint8Array.of(0, 0, 1, 0, 0, 0) }),
    RangeError,
    "last row (5) must end an episode",
  );
  assertThrows(() => checkEpisodes({ ...episodes, timeouts: new Uint8Array(3) }), RangeError, "[N] each");
  assertThrows(
    () => checkEpisodes({ ...episodes, rewards: Float32Array.of(1, 2, NaN, 1, 1, 1) }),
    RangeError,
    "rewards[2] must be finite",
  );
});

Deno.test("planningReturns() takes the better of the trajectory and the value, step by step", () => {
  const chain = {
    rewards: Float32Array.of(0, 0, 0),
    terminals: Uint8Array.of(0, 0, 1),
    timeouts: new Uint8Array(3),
  };
  // A bad ending (return 0), but from the state after step 0 the value knows a way worth 10.
  assertEquals([...planningReturns(chain, 0.5, [10, 1, 99], true)], [5, 0.5, 0]);
  // A value that is everywhere lower changes nothing.
  const low = new Float64Array(6).fill(-1e9);
  assertEquals(planningReturns(episodes, 0.5, low, false), discountedReturns(episodes, 0.5));
  assertEquals(planningReturns(episodes, 0.5, new Float64Array(6).fill(8), false)[4], 20, "cut at the clock");
  assertEquals(planningReturns(episodes, 0.5, new Float64Array(6).fill(8), true)[4], 24, "continued past it");
});

Deno.test("returnScale() floors the spread of constant returns (failure mode 22)", () => {
  const rows = Int32Array.of(0, 1, 2, 3);
  assertEquals(returnScale(Float64Array.of(1, 3, 1, 3), rows), { mean: 2, std: 1 });
  assertEquals(returnScale(new Float64Array(4).fill(500), rows), { mean: 500, std: 0.5 });
  assertEquals(returnScale(new Float64Array(4), rows).std, 1e-6);
  assertEquals(
    returnScale(Float64Array.of(1, 3, 1e9), Int32Array.of(0, 1)),
    { mean: 2, std: 1 },
    "rows given only",
  );
  assertEquals([...scaleReturns(Float64Array.of(0, 4), { mean: 2, std: 1 })], [-2, 2]);
});

Deno.test("oneStepTargets() are r + gamma V(s') in units of the scale; only terminals end", () => {
  const scale = { mean: 7, std: 3 };
  const { rewards, discounts } = oneStepTargets(episodes, 0.9, scale);
  const value = 5; // raw V(s')
  for (const n of [0, 2, 4]) {
    const raw = episodes.rewards[n]! + (episodes.terminals[n] ? 0 : 0.9 * value);
    const scaled = rewards[n]! + discounts[n]! * (value - scale.mean) / scale.std;
    assertAlmostEquals(scaled * scale.std + scale.mean, raw, 1e-5);
  }
});
