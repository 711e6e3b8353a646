/**
 * Compiled steps compute what eager ones do: every network of the presets, every critic target, training, sampling, acting.
 */
import {
  createPolicy,
  createRng,
  fitNormaliser,
  type Hyperparameters,
  presets,
  sampleActions,
  sampleStates,
  trainBehaviorGenerator,
  trainCritic,
  type TrainingProgress,
  type TrainingResult,
  trainStateGenerator,
} from "@cugro/algorithm";
import { openBackend, openCompute } from "@cugro/tensors";
import { type Compile, eager, type Stored } from "@cugro/tensors/seam";
import { assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";

const [STATE_DIM, ACTION_DIM, ROWS, STEPS] = [17, 6, 512, 20];
/** It is the networks' arithmetic that must agree, so all other sizes are small. */
const brief = {
  stateSteps: STEPS,
  behaviorSteps: STEPS,
  generatorStepsPerOldTask: 0,
  maxGeneratorSteps: STEPS,
  criticSteps: STEPS,
  criticStepsPerOldTask: 0,
  maxCriticSteps: STEPS,
  generatorBatchSize: 64,
  criticBatchSize: 64,
  // Without it the first steps would be too short to tell anything.
  warmupSteps: 0,
};
const base = { ...presets.default, ...brief };
/** The paper's networks, narrower for the test's sake, and with few evaluations. */
const paper = {
  ...presets.paper,
  ...brief,
  denoiserWidth: 128,
  criticWidth: 128,
  functionEvaluations: 6,
  actingEvaluations: 6,
};

function rowsOf(task: number) {
  const rng = createRng(task, "agreement");
  const states = rng.normals(ROWS * STATE_DIM), actions = rng.uniforms(ROWS * ACTION_DIM, -1, 1);
  const rewards = rng.normals(ROWS), nextStates = rng.normals(ROWS * STATE_DIM);
  const shape = { size: ROWS, stateDim: STATE_DIM, actionDim: ACTION_DIM };
  const terminals = Uint8Array.from({ length: ROWS }, (_, n) => n % 64 === 31 ? 1 : 0);
  const timeouts = Uint8Array.from({ length: ROWS }, (_, n) => n % 64 === 63 ? 1 : 0);
  const normaliser = fitNormaliser({ states, actions, ...shape });
  return { task, states, actions, rewards, nextStates, terminals, timeouts, normaliser, ...shape };
}

const [first, second] = [rowsOf(1), rowsOf(2)];
const normalisers = new Map([first, second].map(({ task, normaliser }) => [task, normaliser]));

type Train = typeof trainStateGenerator | typeof trainBehaviorGenerator | typeof trainCritic;

async function finish(training: AsyncGenerator<TrainingProgress, TrainingResult>): Promise<TrainingResult> {
  for (;;) {
    const item = await training.next();
    if (item.done) return item.value;
  }
}

/** The second task on top of the first, or the first alone. */
function train(make: Train, hyperparameters: Hyperparameters, compile: Compile, parent?: Stored) {
  const shared = { normalisers, hyperparameters, seed: 3, compile };
  const input = parent === undefined
    ? { ...shared, ...first, replay: [], oldTasks: 0 }
    : { ...shared, ...second, replay: [first], oldTasks: 1, parent };
  return finish(make(input));
}

function worst(expected: Stored, actual: Stored): number {
  assertEquals(Object.keys(actual).sort(), Object.keys(expected).sort());
  return Math.max(
    ...Object.entries(expected).map(([name, { data }]) => distance(data, actual[name]!.data)),
  );
}

function distance(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  assertEquals(actual.length, expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(expected[i]! - actual[i]!));
  return worst;
}

/** Fails the test when a step stays eager. */
async function strictCompile(): Promise<Compile> {
  const { compile } = await openCompute({
    warn: (message) => {
      throw new Error(message);
    },
  });
  return compile;
}

const CASES: [string, Train, Hyperparameters][] = [
  ["state generator, default", trainStateGenerator, base],
  ["behavior generator, default", trainBehaviorGenerator, base],
  ["behavior generator, paper", trainBehaviorGenerator, paper],
  ["critic, mc", trainCritic, { ...base, criticTarget: "mc" }],
  ["critic, planning", trainCritic, { ...base, criticTarget: "planning" }],
  ["critic, iql", trainCritic, { ...base, criticTarget: "iql" }],
  ["critic, paper", trainCritic, paper],
];

const native = (await openBackend()).name === "native";

Deno.test({
  name: "compiled training agrees with eager at every network and critic target, first task and second",
  ignore: !native,
  fn: async (t) => {
    for (const [name, make, hyperparameters] of CASES) {
      await t.step(name, async () => {
        const alone = await train(make, hyperparameters, eager);
        const compiledAlone = await train(make, hyperparameters, await strictCompile());
        assertLessOrEqual(worst(alone.weights, compiledAlone.weights), 2e-6);
        const next = await train(make, hyperparameters, eager, alone.weights);
        const compiledNext = await train(make, hyperparameters, await strictCompile(), alone.weights);
        assertLessOrEqual(worst(next.weights, compiledNext.weights), 2e-6);
        const name = Object.keys(alone.weights).find((key) => key.endsWith(".kernel"))!;
        const moved = distance(alone.weights[name]!.data, next.weights[name]!.data);
        assertGreater(moved, 1e-3, "the weights must move for their agreement to mean anything");
      });
    }
  },
});

Deno.test({
  name: "compiled sampling and acting agree with eager",
  ignore: !native,
  fn: async (t) => {
    for (const [name, hyperparameters] of Object.entries({ default: base, paper })) {
      await t.step(name, async () => {
        const weightsOf = async (make: Train) =>
          (await train(make, hyperparameters, await strictCompile())).weights;
        const [stateGenerator, behaviorGenerator, critic] = [
          await weightsOf(trainStateGenerator),
          await weightsOf(trainBehaviorGenerator),
          await weightsOf(trainCritic),
        ];
        const sizes = { stateDim: STATE_DIM, actionDim: ACTION_DIM };
        const drawWith = async (compile: Compile) => {
          const shared = {
            task: 1,
            normaliser: first.normaliser,
            count: 32,
            seed: 5,
            hyperparameters,
            compile,
          };
          const states = await sampleStates({ ...shared, ...sizes, weights: stateGenerator });
          const about = {
            ...shared,
            ...sizes,
            weights: behaviorGenerator,
            states: first.states.subarray(0, 32 * STATE_DIM),
          };
          const policy = createPolicy({
            ...sizes,
            behaviorGenerator,
            critic,
            normalisers,
            hyperparameters,
            compile,
          });
          const acted = [1, 4].map((count) => policy.act(1, first.states.subarray(0, count * STATE_DIM), 7));
          const drawn = [states, await sampleActions(about), ...await Promise.all(acted)];
          policy.dispose();
          return drawn;
        };
        const [expected, actual] = [await drawWith(eager), await drawWith(await strictCompile())];
        expected.forEach((rows, i) => assertLessOrEqual(distance(rows, actual[i]!), 2e-5));
        assertEquals(new Set(expected[2]).size, ACTION_DIM, "an action must not be its bounds");
        assertGreater(new Set(expected[0]).size, 20, "samples must differ");
      });
    }
  },
});
