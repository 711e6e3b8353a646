import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "@std/assert";
import { presets } from "../knobs/hyperparameters.ts";
import { createRng } from "../numerics/rng.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import {
  bandit,
  clockwork,
  inputOf,
  normaliserOf,
  quick,
  relativeError,
  type Run,
  train,
  valuesOf,
} from "../testing/bandit.ts";
import { drawBatch } from "./critic_batches.ts";
import { planCritic } from "./critic_plan.ts";

const first = bandit(1, (s, a) => 10 + s - 0.2 * a * a);
const second = bandit(2, (s, a) => 100 * (3 * a - s), 400);
const both = {
  normalisers: new Map([[1, normaliserOf(first)], [2, normaliserOf(second)]]),
  jointTasks: [{ task: 1, ...first }],
  oldTasks: 1,
};

Deno.test(
  "trainCritic() of several tasks regresses each on its own targets, in its own scale, in as many steps as one after the other",
  noLeaks(async () => {
    const { result } = await train(inputOf(2, second, both));
    assertEquals([...result.weights["tasks"]!.data], [1, 2]);
    assertEquals(result.metrics.steps, 2 * quick.criticSteps);
    assertLess(relativeError(result.weights, 0, first), 0.2);
    assertLess(relativeError(result.weights, 1, second), 0.2);
    assertGreater(result.weights["returns.std"]!.data[1]!, 100 * result.weights["returns.std"]!.data[0]!);
  }),
);

Deno.test("a joint training goes on past time limits with each task's own value: as it would be, learnt alone", async () => {
  // The same clock pays in one task and fines in the other, and their states are alike: only the task tells them apart.
  const paid = clockwork(20);
  const fined = { ...paid, rewards: new Float32Array(600).fill(-10) };
  const hyperparameters = { ...quick, discount: 0.9, criticSteps: 100, maxCriticSteps: 100 };
  const normalisers = new Map([[1, normaliserOf(paid)], [2, normaliserOf(fined)]]);
  const mean = ({ result }: Run, head: number) => {
    const values = valuesOf(result.weights, head, paid);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const alone = mean(await train(inputOf(1, paid, { hyperparameters })), 0);
  const cut = mean(
    await train(inputOf(1, paid, { hyperparameters: { ...hyperparameters, timeLimit: "cut" } })),
    0,
  );
  assertGreater(alone, cut + 1.5);
  const joint = await train(inputOf(2, fined, {
    ...{ normalisers, jointTasks: [{ task: 1, ...paid }], oldTasks: 1, hyperparameters },
  }));
  assertAlmostEquals(mean(joint, 0), alone, 0.4);
  assertAlmostEquals(mean(joint, 1) / -10, alone, 0.4);
});

Deno.test(
  "a joint training that is stopped half-way goes on bit-identically, with every kind of target",
  noLeaks(async () => {
    for (const criticTarget of ["mc", "planning", "iql"] as const) {
      const hyperparameters = { ...quick, criticTarget, criticSteps: 12, maxCriticSteps: 12 };
      const input = inputOf(2, second, { ...both, hyperparameters });
      const whole = await train(input, [10]);
      const rest = await train({ ...input, resume: whole.snapshots.get(10)! });
      assertEquals(rest.result.weights, whole.result.weights, criticTarget);
    }
  }),
);

Deno.test("a batch of a joint training has as many rows of each task; over steps the odd one goes round", () => {
  const { source } = planCritic(inputOf(2, second, {
    ...both,
    hyperparameters: { ...presets.smoke, criticBatchSize: 5 },
  }));
  const counts = [0, 1, 2, 3].map((step) => {
    const { inputs, drawn } = drawBatch(source, createRng(step), step);
    const ofFirst = [...inputs["selection"]!.data].filter((one, i) => i % 2 === 0 && one === 1).length;
    assertEquals(drawn.filter((row) => row < first.size).length, ofFirst);
    return ofFirst;
  });
  assert(counts.every((count) => count === 2 || count === 3));
  assertEquals(counts.reduce((sum, count) => sum + count, 0), 10);
});

Deno.test("planCritic() refuses a task of a joint training without rows to regress on", () => {
  const jointTasks = [{ task: 1, ...first, trainRows: new Int32Array(0) }];
  assertThrows(
    () => planCritic(inputOf(2, second, { ...both, jointTasks })),
    RangeError,
    "no row to regress on",
  );
});
