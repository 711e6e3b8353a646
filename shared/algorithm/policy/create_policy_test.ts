import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
} from "@std/assert";
import { eager, type Stored } from "@cugro/tensors/seam";
import { openBackend } from "@cugro/tensors";
import { openNoise } from "./action_noise.ts";
import { createPolicy, type Policy } from "./create_policy.ts";
import { trainBehaviorGenerator } from "../generators/behavior_generator.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import type { Normaliser } from "../numerics/normaliser.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import {
  A,
  type Bandit,
  bandit,
  inputOf,
  normaliserOf,
  quick,
  runToEnd,
  S,
  train,
} from "../testing/bandit.ts";

/** Two tasks over the same states: task 1 acts in [1, 5] and wants 3 + s / 3, task 2 in [-5, -1] and wants -3. */
const wish = (task: number, s: number) => task === 1 ? 3 + s / 3 : -3;
function taskData(task: number): Bandit {
  const data = bandit(task, () => 0, 800);
  const actions = data.actions.map((a) => (a + 5) / 10 * 4 + (task === 1 ? 1 : -5));
  const rewards = actions.map((a, i) => 20 - (a - wish(task, data.states[i * S]!)) ** 2);
  return { ...data, actions, rewards };
}
const data = new Map([[1, taskData(1)], [2, taskData(2)]]);
// One normaliser for both, as a mixture is only a mixture where coordinates do not give the task away.
const shared = normaliserOf(bandit(8, () => 0, 4_000));
const normalisers = new Map<number, Normaliser>([[1, shared], [2, shared]]);

const knobs: Hyperparameters = {
  ...quick,
  criticSteps: 250,
  maxCriticSteps: 250,
  criticLearningRate: 1.5e-2,
  denoiserWidth: 48,
  denoiserBlocks: 1,
  stateSteps: 1,
  behaviorSteps: 250,
  maxGeneratorSteps: 250,
  generatorLearningRate: 3e-3,
  generatorBatchSize: 128,
  emaDecay: 0.95,
  functionEvaluations: 8,
  actingEvaluations: 8,
  candidates: 16,
  topCount: 1,
  selection: "top",
};

const [one, two] = [data.get(1)!, data.get(2)!];
const replay = [{ task: 1, states: one.states, actions: one.actions, size: one.size }];

async function trainGenerator(hyperparameters: Hyperparameters): Promise<Stored> {
  const common = { hyperparameters, normalisers };
  const first = await runToEnd(trainBehaviorGenerator({ ...inputOf(1, one, common), replay: [] }));
  const parent = first.result.weights;
  return (await runToEnd(trainBehaviorGenerator({ ...inputOf(2, two, common), parent, replay }))).result
    .weights;
}

async function trainBoth(): Promise<{ behaviorGenerator: Stored; critic: Stored }> {
  const common = { hyperparameters: knobs, normalisers };
  const parent = (await train(inputOf(1, one, common))).result.weights;
  const critic = (await train(inputOf(2, two, { ...common, parent, replay }))).result.weights;
  return { behaviorGenerator: await trainGenerator(knobs), critic };
}

let trained: Promise<{ behaviorGenerator: Stored; critic: Stored }> | undefined;
/** Trained once for all tests of this file. */
function weights(): Promise<{ behaviorGenerator: Stored; critic: Stored }> {
  return trained ??= openBackend().then(() => trainBoth());
}

/** Runs a body with a policy of the trained weights and disposes it. */
function withPolicy(
  over: Partial<Hyperparameters>,
  body: (policy: Policy) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const { behaviorGenerator, critic } = await weights();
    await noLeaks(async () => {
      const hyperparameters = { ...knobs, ...over };
      const input = { behaviorGenerator, critic, normalisers, stateDim: S, actionDim: A, hyperparameters };
      const policy = createPolicy({ ...input, compile: eager });
      try {
        await body(policy);
      } finally {
        policy.dispose();
      }
    })();
  };
}

const states = (count: number) => bandit(77, () => 0, count).states;
const average = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

Deno.test(
  "createPolicy() acts near the best action of the task asked for (failure modes 12 and 24)",
  withPolicy({}, async (policy) => {
    for (const task of [1, 2]) {
      const asked = states(40);
      const actions = await policy.act(task, asked, 5);
      const miss = average(actions.map((a, i) => Math.abs(a - wish(task, asked[i * S]!))));
      assertLess(miss, 0.8, `task ${task} misses by ${miss}; behavior alone by 1`);
    }
  }),
);

Deno.test(
  "createPolicy() value is the return in raw units, and no action of another task looks better than the own best",
  withPolicy({}, async (policy) => {
    for (const task of [1, 2]) {
      const own = data.get(task)!, other = data.get(3 - task)!;
      const values = await policy.value(task, own.states, own.actions);
      assertLess(average(values.map((value, i) => Math.abs(value - own.rewards[i]!))), 0.5);
      const foreign = await policy.value(task, own.states, other.actions);
      assertLess(Math.max(...foreign), Math.max(...values), `task ${task} overestimates foreign actions`);
    }
  }),
);

Deno.test("createPolicy() with alpha 0 is the behavior, with a great alpha the best candidate (failure mode 22)", async () => {
  const asked = states(20);
  const answer = async (over: Partial<Hyperparameters>, seed = 5) => {
    let actions = new Float32Array();
    await withPolicy(over, async (policy) => {
      actions = await policy.act(1, asked, seed) as Float32Array<ArrayBuffer>;
    })();
    return actions;
  };
  const same = (a: Float32Array, b: Float32Array, tolerance: number) =>
    a.forEach((value, i) => assertAlmostEquals(value, b[i]!, tolerance));
  // The same candidates, so the same actions: all alike = their mean, and the best alone = the best alone.
  same(await answer({ selection: "soft", inverseTemperature: 0 }), await answer({ topCount: 16 }), 1e-4);
  same(await answer({ selection: "soft", inverseTemperature: 1e9 }), await answer({ topCount: 1 }), 1e-4);
  same(await answer({ selection: "one", inverseTemperature: 1e9 }), await answer({ topCount: 1 }), 1e-4);
  // One of 16 at alpha 0 has the law of a single candidate, with nothing to choose from.
  const spread = (values: number[]) =>
    Math.sqrt(average(values.map((value) => (value - average(values)) ** 2)));
  const drawn: number[] = [], single: number[] = [];
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    drawn.push(...await answer({ selection: "one", inverseTemperature: 0 }, seed));
    single.push(...await answer({ candidates: 1 }, 100 + seed));
  }
  assertAlmostEquals(average(drawn), average(single), 0.35);
  assertAlmostEquals(spread(drawn), spread(single), 0.3);
});

Deno.test(
  "createPolicy() is deterministic in seed and state, whatever the batch",
  withPolicy({ selection: "one" }, async (policy) => {
    const asked = states(30);
    const [all, again, other] = [
      await policy.act(1, asked, 3),
      await policy.act(1, asked, 3),
      await policy.act(1, asked, 4),
    ];
    assertEquals(again, all);
    assert(other.some((value, i) => value !== all[i]));
    for (const count of [1, 3, 21]) {
      const some = await policy.act(1, asked.subarray(0, count * S), 3);
      some.forEach((value, i) => assertAlmostEquals(value, all[i]!, 1e-4));
    }
    const many = await policy.act(1, states(300), 3);
    assertEquals(many.length, 300 * A);
    // Calls may overlap: each gets its own answer.
    assertEquals(
      await Promise.all([policy.act(1, asked, 3), policy.act(2, asked, 3), policy.act(1, asked, 3)]),
      [
        all,
        await policy.act(2, asked, 3),
        all,
      ],
    );
  }),
);

for (const selection of ["one", "top"] as const) {
  Deno.test(
    `createPolicy() answers several askers in one batch as it answers each alone (${selection})`,
    withPolicy({ selection }, async (policy) => {
      const asked = states(20);
      const askers = [{ seed: 3, rows: 1 }, { seed: 11, rows: 5 }, { seed: 3, rows: 2 }, {
        seed: 2,
        rows: 12,
      }];
      const shares = askers.map(({ seed, rows }) => ({ noise: openNoise(seed), rows }));
      const together = await policy.act(1, asked, shares);
      let from = 0;
      for (const { seed, rows } of askers) {
        const alone = await policy.act(1, asked.subarray(from * S, (from + rows) * S), seed);
        alone.forEach((value, i) => assertAlmostEquals(value, together[from * A + i]!, 1e-6));
        from += rows;
      }
      // An asker whose rows come in several batches goes on where it was.
      const noise = openNoise(11);
      const parts: number[] = [];
      for (const [first, last] of [[0, 4], [4, 5], [5, 20]] as const) {
        const some = asked.subarray(first * S, last * S);
        parts.push(...await policy.act(1, some, [{ noise, rows: last - first }]));
      }
      const whole = await policy.act(1, asked, 11);
      whole.forEach((value, i) => assertAlmostEquals(value, parts[i]!, 1e-6));
      await assertRejects(() => policy.act(1, asked, [{ noise, rows: 19 }]), RangeError, "must be 20 rows");
    }),
  );
}

Deno.test(
  "createPolicy() clamps observations to 1.5 times the known range, actions to the known bounds",
  withPolicy({}, async (policy) => {
    const { centre, halfRange, max } = shared.states;
    const edge = (d: number) => centre[d]! + 1.5 * (max[d]! - centre[d]!);
    const far = await policy.act(1, Float32Array.of(1e6, 0), 9);
    const atEdge = await policy.act(1, Float32Array.of(edge(0), 0), 9);
    assertAlmostEquals(far[0]!, atEdge[0]!, 1e-3);
    assertGreater(halfRange[0]!, 0);
    const wild = await policy.act(1, Float32Array.from({ length: 40 }, (_, i) => (i % 2 ? 1 : -1) * 1e5), 2);
    for (const action of wild) {
      assert(action >= shared.actions.min[0]! && action <= shared.actions.max[0]!);
    }
  }),
);

Deno.test(
  "createPolicy() refuses unknown tasks and broken states in a sentence (failure mode 19)",
  withPolicy({}, async (policy) => {
    const ask = (task: number, rows: number[]) => policy.act(task, Float32Array.from(rows), 1);
    await assertRejects(() => ask(3, [0, 0]), RangeError, "known tasks are [1, 2]");
    await assertRejects(() => ask(0, [0, 0]), RangeError, "known tasks are [1, 2]");
    await assertRejects(() => ask(1, [0, 0, 0]), RangeError, "[n, 2]");
    await assertRejects(() => ask(1, []), RangeError, "n > 0");
    await assertRejects(() => ask(1, [0, 0, 0, NaN]), RangeError, "states[1, 1] must be finite");
    await assertRejects(
      () => policy.value(1, states(2), new Float32Array(3)),
      RangeError,
      "3 actions in 2 states",
    );
    assertEquals((await ask(1, [0, 0])).length, A, "a refused call does not block the next");
  }),
);

Deno.test("createPolicy() draws candidates of the right task only if the behavior generator knows it (failure mode 25)", async () => {
  await openBackend();
  const { behaviorGenerator: generator, critic } = await weights();
  const shareOf = async (hyperparameters: Hyperparameters, behaviorGenerator: Stored) => {
    const input = { behaviorGenerator, critic, normalisers, stateDim: S, actionDim: A, compile: eager };
    // A single candidate each shows what the generator offers.
    const policy = createPolicy({ ...input, hyperparameters: { ...hyperparameters, candidates: 1 } });
    const actions = await policy.act(1, states(200), 6);
    policy.dispose();
    return actions.filter((a) => a > 0).length / actions.length;
  };
  assertGreater(await shareOf(knobs, generator), 0.9);
  const blind = { ...knobs, behaviorKnowsTask: false };
  const diluted = await shareOf(blind, await trainGenerator(blind));
  assert(diluted > 0.25 && diluted < 0.75, `${diluted} of the candidates are of the task`);
});

Deno.test("createPolicy() gives a critic of raw inputs raw inputs (failure mode 11)", async () => {
  await openBackend();
  const { behaviorGenerator } = await weights();
  const hyperparameters = { ...knobs, criticNormalisedInputs: false };
  const critic = (await train(inputOf(1, data.get(1)!, { hyperparameters, normalisers }))).result.weights;
  const two = { ...behaviorGenerator };
  const policy = createPolicy({
    behaviorGenerator: two,
    critic,
    normalisers,
    stateDim: S,
    actionDim: A,
    hyperparameters,
    compile: eager,
  });
  const asked = states(40);
  const actions = await policy.act(1, asked, 5);
  const own = data.get(1)!;
  const values = await policy.value(1, own.states, own.actions);
  policy.dispose();
  assertLess(average(values.map((value, i) => Math.abs(value - own.rewards[i]!))), 0.8);
  assertLess(average(actions.map((a, i) => Math.abs(a - wish(1, asked[i * S]!)))), 0.8);
});
