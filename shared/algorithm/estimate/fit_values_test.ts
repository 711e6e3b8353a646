import { openCompute } from "@cugro/tensors";
import { assert, assertAlmostEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { InvalidInputError } from "../numerics/errors.ts";
import type { Normaliser } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { fitValues, type ValueFitInput } from "./fit_values.ts";
import { estimateOf, lostReturns } from "./read_estimates.ts";
import { ESTIMATE_DISCOUNT, openValues } from "./value_network.ts";

const { compile } = await openCompute();
const G = ESTIMATE_DISCOUNT;
const bounds = { centre: [0], halfRange: [1], min: [-1], max: [1] };
const toBounds = () => Object.fromEntries(Object.entries(bounds).map(([k, v]) => [k, Float32Array.from(v)]));
const normaliser = { states: toBounds(), actions: toBounds() } as unknown as Normaliser;

/**
 * A world that is solved on paper. The next state is drawn from [-1, 1] whatever is done; the reward is 1 + s + a. An
 * episode ends with probability p on each step (`terminals`), or is only cut (`timeouts`). Of the policy a = c in every state
 * Q(s, a) = 1 + s + a + g (1 - p) V, with V = (1 + c) / (1 - g (1 - p)), as s is 0 on average.
 */
function world(c: number, p: number, size = 2_000) {
  const rng = createRng(5);
  const [states, actions, nextStates] = [1, 2, 3].map(() => rng.uniforms(size, -1, 1)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const ends = rng.uniforms(size, 0, 1);
  const input: ValueFitInput = {
    ...{ task: 3, states, actions, nextStates, size, normaliser, episodeSteps: 20 },
    rewards: states.map((s, n) => 1 + s + actions[n]!),
    nextActions: new Float32Array(size).fill(c),
    terminals: ends.map((end) => Number(end < p)),
    ...{ steps: 400, seed: 1, compile },
  };
  const V = (1 + c) / (1 - G * (1 - p));
  return { input, q: (s: number, a: number) => 1 + s + a + G * (1 - p) * V };
}

async function fit(input: ValueFitInput) {
  const training = fitValues(input);
  for (;;) {
    const item = await training.next();
    if (item.done) return item.value;
  }
}

Deno.test(
  "fitted Q evaluation finds the values of a world that is solved on paper, of a good and of a bad policy",
  noLeaks(async () => {
    for (const c of [0.8, -0.8]) {
      const { input, q } = world(c, 0.5);
      const values = openValues(await fit(input), normaliser, compile);
      const points = [[-0.5, -0.5], [0.5, 0.5], [0, c]] as const;
      const found = await values.of(
        Float32Array.from(points, ([s]) => s),
        Float32Array.from(points, ([, a]) => a),
      );
      points.forEach(([s, a], i) => {
        const each = [...found.subarray(i * values.networks, (i + 1) * values.networks)];
        assertAlmostEquals(estimateOf(each).mean, q(s, a), 0.35, `Q(${s}, ${a}) of the policy ${c}`);
      });
      values.dispose();
    }
  }),
);

Deno.test(
  "what follows a time limit counts, and nothing follows a terminal",
  noLeaks(async () => {
    const { input } = world(0, 0.2, 400);
    const valueAt0 = async (terminals: Float32Array) => {
      const values = openValues(await fit({ ...input, terminals, steps: 250 }), normaliser, compile);
      const found = await values.of(Float32Array.of(0), Float32Array.of(0));
      values.dispose();
      return estimateOf([...found]).mean;
    };
    // Every row ends: the value is the reward. None does, all are cut: the rewards of fifty steps.
    assertAlmostEquals(await valueAt0(new Float32Array(400).fill(1)), 1, 0.15);
    assertGreater(await valueAt0(new Float32Array(400)), 30);
  }),
);

Deno.test(
  "the drop has the sign of what was lost, and its interval says when that is sure",
  noLeaks(async () => {
    // Every row ends, so that chance does not hide what an action is worth.
    const { input } = world(0.8, 1);
    const network = await fit(input);
    const values = openValues(network, normaliser, compile);
    const states = createRng(9).uniforms(200, -1, 1);
    const at = (a: number) => values.of(states, new Float32Array(200).fill(a));
    const kept = { ...network, "probe.values": { shape: [200, 5], data: await at(0.4) } };
    const drop = async (a: number) => estimateOf(lostReturns(kept, await at(a), values.networks));
    // The reward of each of 20 steps falls by what the action falls by.
    const worse = await drop(0.2), better = await drop(0.6), same = await drop(0.4);
    assertAlmostEquals(worse.mean, 20 * 0.2, 0.8);
    assert(worse.low > 0, `the lower end ${worse.low}`);
    assertAlmostEquals(better.mean, -20 * 0.2, 0.8);
    assertLess(better.high, 0);
    assertAlmostEquals(same.mean, 0, 1e-6);
    values.dispose();
  }),
);

Deno.test("rows that do not fit are refused, by name and shape", async () => {
  const { input } = world(0, 0.2, 10);
  const cut = { ...input, nextActions: new Float32Array(9) };
  await assertRejects(() => fit(cut), InvalidInputError, "nextActions must be [10, 1]");
});
