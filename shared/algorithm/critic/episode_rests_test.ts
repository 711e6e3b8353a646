import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { createRng } from "../numerics/rng.ts";
import { checkEpisodes, discountedReturns, planningReturns } from "./critic_targets.ts";
import { findRests } from "./episode_rests.ts";

/** Three steps to a terminal, three to a time limit, two to an end that is both. */
const episodes = {
  rewards: Float32Array.of(1, 2, 4, 10, 20, 30, 100, 200),
  terminals: Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 1),
  timeouts: Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 1),
};

function slice(from: number, to: number) {
  const { rewards, terminals, timeouts } = episodes;
  const part = <T extends Float32Array | Uint8Array>(array: T) => array.slice(from, to) as T;
  return { rewards: part(rewards), terminals: part(terminals), timeouts: part(timeouts) };
}

Deno.test("findRests() gathers what follows a row in its episode, whatever parts the rows come in", () => {
  for (const cuts of [[0], [0, 4], [0, 1, 2, 3, 4, 5, 6, 7]]) {
    const finder = findRests(Int32Array.of(0, 2, 3, 4, 5, 6), 0.5);
    cuts.toReversed().forEach((from, i) => finder.add(from, slice(from, cuts.toReversed()[i - 1] ?? 8)));
    assertEquals(finder.rests, [
      { reward: 2 + 2, steps: 2, end: 2, terminal: true, timeout: false },
      undefined,
      { reward: 20 + 15, steps: 2, end: 5, terminal: false, timeout: true },
      { reward: 30, steps: 1, end: 5, terminal: false, timeout: true },
      undefined,
      { reward: 200, steps: 1, end: 7, terminal: true, timeout: true },
    ]);
  }
});

Deno.test("findRests() refuses a task whose last row ends no episode", () => {
  assertThrows(
    () => findRests(Int32Array.of(1), 0.5).add(0, slice(0, 2)),
    RangeError,
    "last row (1) must end an episode",
  );
});

Deno.test("returns of rows with the rests of their episodes are those of the whole task", () => {
  const rng = createRng(5);
  const size = 400;
  const flags = (share: number) => Uint8Array.from({ length: size }, () => Number(rng.uniform() < share));
  const whole = { rewards: rng.normals(size), terminals: flags(0.02), timeouts: flags(0.03) };
  whole.timeouts[size - 1] = 1;
  const values = rng.normals(size);
  const [from, to] = [150, 190];
  whole.terminals.fill(0, to - 5, to + 5);
  whole.timeouts.fill(0, to - 5, to + 5);
  const finder = findRests(Int32Array.of(to - 1), 0.9);
  finder.add(0, whole);
  const rest = finder.rests[0]!;
  const part = {
    rewards: Float32Array.of(...whole.rewards.slice(from, to), rest.reward),
    terminals: Uint8Array.of(...whole.terminals.slice(from, to), Number(rest.terminal)),
    timeouts: Uint8Array.of(...whole.timeouts.slice(from, to), Number(rest.timeout)),
    steps: Int32Array.from({ length: to - from + 1 }, (_, n) => n === to - from ? rest.steps : 1),
  };
  checkEpisodes(part);
  const placeOf = (n: number) => n === to - from ? rest.end : from + n;
  for (const value of [undefined, (n: number) => values[n]!]) {
    const expected = discountedReturns(whole, 0.9, value).slice(from, to);
    const found = discountedReturns(part, 0.9, value && ((n) => value(placeOf(n)))).slice(0, -1);
    found.forEach((value, n) => assertAlmostEquals(value, expected[n]!, 1e-5));
  }
  // Planning looks no further than the rows there are: what follows counts as it happened.
  const low = new Float64Array(part.rewards.length).fill(-100);
  const planned = planningReturns(part, 0.9, low, false).slice(0, -1);
  const happened = discountedReturns(whole, 0.9).slice(from, to);
  planned.forEach((value, n) => assertAlmostEquals(value, happened[n]!, 1e-5));
});
