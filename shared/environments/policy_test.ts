import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { listFamilies, policyGoal } from "./families.ts";
import { policyAct, readPolicy, shippedPolicy } from "./policy.ts";
import { rollout } from "./rollout.ts";
import { familyPolicy, isScripted } from "./scripted_policy.ts";
import { createRandom, deriveSeeds } from "./simulation_rng.ts";
import { syntheticPolicy } from "./testdata/synthetic_policy.ts";
import { openVectorEnvironment } from "./vector_environment.ts";

const ACTIVE = Uint8Array.of(1, 1);

Deno.test("shippedPolicy() fits every family that says to have one", async () => {
  const families = [];
  for (const info of listFamilies()) {
    if (info.policyShipped && !isScripted(await familyPolicy(info))) families.push(info);
  }
  assertEquals(families.map(({ family }) => family), [
    "cheetah-vel",
    "swimmer-dir",
    "hopper-vel",
    "walker-params",
  ]);
  for (const { model, family, stateDim, actionDim, goals } of families) {
    const file = await shippedPolicy(model);
    assertEquals([file.model, file.family], [model, family]);
    for (const policy of Object.values(file.snapshots)) {
      const inputs = stateDim + policyGoal({ family, goal: goals[0]! }).length;
      assertEquals([policy.inputDim, policy.actionDim], [inputs, actionDim]);
      assertEquals(policy.layers.map((layer) => layer.outputs), [256, 256, 2 * actionDim]);
    }
  }
  await assertRejects(() => shippedPolicy("ant"), RangeError, "current value is ant");
});

Deno.test("readPolicy() names what is wrong with a file", () => {
  const sizes = { model: "hopper", family: "hopper-vel", inputDim: 12, hidden: 5, actionDim: 3 };
  const bytes = syntheticPolicy(sizes);
  assertEquals(readPolicy(bytes).snapshots.final.layers[1]!.weight.length, 25);
  // A view that starts at an odd byte of a larger buffer reads the same.
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assertEquals(readPolicy(shifted.subarray(3)), readPolicy(bytes));
  assertThrows(() => readPolicy(new Uint8Array(4)), SyntaxError, "not a readable safetensors file");
  assertThrows(() => readPolicy(bytes.slice(0, -1)), SyntaxError, "it is cut off");
  const broken = (changes: Parameters<typeof syntheticPolicy>[1]) => () =>
    readPolicy(syntheticPolicy(sizes, changes));
  assertThrows(broken({ drop: "medium.2.bias" }), SyntaxError, "no tensor medium.2.bias");
  assertThrows(broken({ value: NaN }), SyntaxError, "early.0.weight holds a number that is not finite");
  assertThrows(broken({ metadata: {} }), SyntaxError, "does not name family and model");
  assertThrows(() => readPolicy(syntheticPolicy({ ...sizes, outputs: 7 })), SyntaxError, "current size is 7");
});

Deno.test("policyAct() is the stated network, with and without noise", () => {
  const file = readPolicy(
    syntheticPolicy({ model: "hopper", family: "hopper-vel", inputDim: 12, hidden: 6, actionDim: 3 }),
  );
  const policy = file.snapshots.medium;
  const random = createRandom(5);
  const states = Float32Array.from({ length: 22 }, random.normal);
  const expected = (row: number, noise: number[]) => {
    let x = [...states.subarray(row * 11, row * 11 + 11), 1.5];
    policy.layers.forEach((layer, l) => {
      x = Array.from(layer.bias, (bias, o) => {
        const y = x.reduce((sum, value, i) => sum + value * layer.weight[o * layer.inputs + i]!, bias);
        return l < 2 ? Math.max(0, y) : y;
      });
    });
    return noise.map((z, j) => Math.tanh(x[j]! + Math.exp(Math.min(2, Math.max(-5, x[3 + j]!))) * z));
  };
  const deterministic = policyAct(policy, [1.5])(states, 0, ACTIVE) as Float32Array;
  const noisy = policyAct(policy, [1.5], [21, 22])(states, 0, ACTIVE) as Float32Array;
  [21, 22].forEach((seed, row) => {
    const stream = createRandom(seed);
    const noise = [stream.normal(), stream.normal(), stream.normal()];
    expected(row, [0, 0, 0]).forEach((a, j) => assertAlmostEquals(deterministic[row * 3 + j]!, a, 1e-5));
    expected(row, noise).forEach((a, j) => assertAlmostEquals(noisy[row * 3 + j]!, a, 1e-5));
  });
  assert(deterministic.some((a, i) => Math.abs(a - noisy[i]!) > 0.01));
});

Deno.test("policyAct() gives a row the same actions whatever its neighbours do", () => {
  const file = readPolicy(
    syntheticPolicy({ model: "hopper", family: "hopper-vel", inputDim: 12, hidden: 6, actionDim: 3 }),
  );
  const states = Float32Array.from({ length: 22 }, (_, i) => Math.sin(i));
  const second = (active: Uint8Array) => {
    const act = policyAct(file.snapshots.final, [1], [1, 2]);
    act(states, 0, active);
    return (act(states, 1, active) as Float32Array).slice(3);
  };
  assertEquals(second(Uint8Array.of(0, 1)), second(ACTIVE));
  assertThrows(
    () => policyAct(file.snapshots.final, [1])(states, 0, Uint8Array.of(1)),
    RangeError,
    "[1, 11]",
  );
});

/** Mean return and lengths of the final policy with noise, over 16 episodes. */
async function earn(model: string, family: string, goal: readonly number[]) {
  const { snapshots } = await shippedPolicy(model);
  const env = await openVectorEnvironment({ family, goal }, 16);
  const act = policyAct(snapshots.final, policyGoal({ family, goal }), deriveSeeds(2, 1, 16));
  const { returns, lengths } = await rollout(env, deriveSeeds(2, 0, 16), act);
  env.close();
  return { mean: returns.reduce((sum, value) => sum + value, 0) / returns.length, lengths };
}

// Means over 100 episodes of the datasets that these policies made (their attribute return_final_policy); hopper's over 150.
for (
  const [model, family, goal, wanted] of [
    ["half_cheetah", "cheetah-vel", [0.075], -11.61],
    ["half_cheetah", "cheetah-vel", [1.575], -34.03],
    ["swimmer", "swimmer-dir", [Math.cos(1.20336), Math.sin(1.20336)], 361.9],
    ["swimmer", "swimmer-dir", [Math.cos(8.25429), Math.sin(8.25429)], 330.0],
    ["hopper", "hopper-vel", [1.4], 142.8],
    ["hopper", "hopper-vel", [0.6], 175.8],
  ] as const
) {
  Deno.test(`shippedPolicy() of ${model} earns ${wanted} within 5 % at goal ${goal}`, async () => {
    const { mean, lengths } = await earn(model, family, goal);
    if (model !== "hopper") assertEquals(lengths, Array(16).fill(200));
    assert(Math.abs(mean / wanted - 1) < 0.05, `mean return ${mean}`);
  });
}

Deno.test("shippedPolicy() of walker2d earns what the data of walker-params say, within 2 % over its tasks", async () => {
  const wanted = [376.4, 299.7, 389.9, 370.8, 422.3];
  const earned: number[] = [];
  for (const goal of [1, 2, 3, 4, 5]) {
    earned.push((await earn("walker2d", "walker-params", [goal])).mean);
  }
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  assert(Math.abs(sum(earned) / sum(wanted) - 1) < 0.02, `mean returns ${earned}`);
  // One task's mean over 16 episodes is uncertain by up to 5 % (its returns spread by 19 to 74), so a task told as another shows here.
  earned.forEach((value, i) => assert(Math.abs(value / wanted[i]! - 1) < 0.08, `task ${i + 1}: ${value}`));
});
