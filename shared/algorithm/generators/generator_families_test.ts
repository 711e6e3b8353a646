/**
 * The families that diffusion is compared with: what they learn, and that they go on bit-identically.
 */
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { eager } from "@cugro/tensors/seam";
import { openCompute } from "@cugro/tensors";
import type { GeneratorTrainingInput } from "../diffusion/generator_training.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { compareWithSketch } from "../measures/fidelity.ts";
import { fitSketch } from "../measures/sketch.ts";
import { fitNormaliser } from "../numerics/normaliser.ts";
import type { Snapshot } from "../numerics/progress.ts";
import { createRng } from "../numerics/rng.ts";
import { createPolicy } from "../policy/create_policy.ts";
import { noisePairs } from "../replay/noise_pairs.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { bandit, inputOf, normaliserOf, quick, train } from "../testing/bandit.ts";
import { finish, testTask, tiny, trainingInput } from "../testing/small_tasks.ts";
import { sampleActions, trainBehaviorGenerator } from "./behavior_generator.ts";
import { sampleStates, trainStateGenerator } from "./state_generator.ts";

const FAMILIES = ["vae", "gan"] as const;

/** States in two heaps of which one is twice the other, actions that follow the state with either sign. */
function twoModes(task: number, swap = false) {
  const size = 900, rng = createRng(task);
  const states = new Float32Array(2 * size), actions = new Float32Array(size);
  for (let n = 0; n < size; n++) {
    const heap = n % 3 === 0 ? -1 : 1;
    states[2 * n] = 3 * heap + 0.3 * rng.normal();
    states[2 * n + 1] = (swap ? 2 : -2) * heap + 0.3 * rng.normal();
    actions[n] = (rng.uniform() < 0.5 ? -1 : 1) + 0.1 * states[2 * n]! + 0.05 * rng.normal();
  }
  const data = { task, states, actions, size };
  return { ...data, normaliser: fitNormaliser({ ...data, stateDim: 2, actionDim: 1 }) };
}

const learning: Hyperparameters = {
  ...tiny,
  ...{ denoiserWidth: 32, denoiserBlocks: 1, generatorBatchSize: 64, generatorLearningRate: 3e-3 },
  ...{ stateSteps: 400, behaviorSteps: 400, emaDecay: 0.98 },
};

Deno.test("a family learns two tasks, the second with samples of the first, better than noise knows them", async () => {
  const { compile } = await openCompute();
  const [one, two] = [twoModes(1), twoModes(2, true)];
  const normalisers = new Map([one, two].map(({ task, normaliser }) => [task, normaliser]));
  for (const generator of FAMILIES) {
    const hyperparameters = { ...learning, generator };
    const common = { hyperparameters, compile };
    const draw = async (weights: Awaited<ReturnType<typeof learn>>, { task, normaliser }: typeof one) => {
      const asked = { task, normaliser, count: 600, seed: 3, ...common };
      const states = await sampleStates({ ...asked, weights: weights.states, stateDim: 2 });
      const actions = await sampleActions({ ...asked, weights: weights.behavior, states, actionDim: 1 });
      return { task, states, actions, size: 600 };
    };
    const learn = async (input: GeneratorTrainingInput, parent?: { states: object; behavior: object }) => ({
      states:
        (await finish(trainStateGenerator({ ...input, ...(parent && { parent: parent.states as never }) })))
          .weights,
      behavior: (await finish(
        trainBehaviorGenerator({ ...input, ...(parent && { parent: parent.behavior as never }) }),
      ))
        .weights,
    });
    const first = await learn(trainingInput(one, [], common));
    const replay = [await draw(first, one)];
    const second = await learn(
      { ...trainingInput(two, [], common), replay, normalisers, oldTasks: 1 },
      first,
    );
    for (const task of [one, two]) {
      const sketch = fitSketch({ ...task, stateDim: 2, actionDim: 1, seed: 1 });
      const distance = (rows: Awaited<ReturnType<typeof draw>>) =>
        compareWithSketch(sketch, rows, 2, 1).states.slicedWasserstein;
      const noise = { ...noisePairs(task.normaliser, 600, 1), task: task.task, size: 600 };
      assertLess(
        distance(await draw(second, task)),
        0.7 * distance(noise),
        `${generator}, task ${task.task}`,
      );
    }
    assertGreater(second.states["tasks"]!.data.length, 1);
  }
});

Deno.test(
  "a family's training that is stopped half-way goes on bit-identically, and so does its sampling",
  noLeaks(async () => {
    const [one, two] = [testTask(1, -2), testTask(2, 2)];
    for (const generator of FAMILIES) {
      const hyperparameters = { ...tiny, generator, stateSteps: 6, behaviorSteps: 6 };
      for (const train of [trainStateGenerator, trainBehaviorGenerator]) {
        const parent = (await finish(train(trainingInput(one, [], { hyperparameters })))).weights;
        const input = trainingInput(two, [one], { hyperparameters, parent });
        let half: Snapshot | undefined;
        for await (const { step, snapshot } of train(input)) if (step === 4) half = await snapshot();
        const whole = await finish(train(input));
        const rest = await finish(train({ ...input, resume: half! }));
        assertEquals(rest.weights, whole.weights);
        await assertRejects(
          () => finish(train({ ...input, hyperparameters: { ...hyperparameters, generator: "diffusion" } })),
          RangeError,
          "is missing",
        );
      }
    }
  }),
);

Deno.test(
  "a policy acts with candidates of a family and the critic, near the best action",
  noLeaks(async () => {
    const data = bandit(1, (s, a) => -((a - s) ** 2));
    const critic = (await train(inputOf(1, data))).result.weights;
    const states = Float32Array.of(2, 0, -2, 0);
    for (const generator of FAMILIES) {
      const hyperparameters = {
        ...{ ...quick, generator, denoiserWidth: 16, behaviorSteps: 60, maxGeneratorSteps: 1e4 },
        ...{ candidates: 64, selection: "top" as const, topCount: 2 },
      };
      const behaviorGenerator = (await finish(trainBehaviorGenerator({
        ...inputOf(1, data),
        replay: [],
        hyperparameters,
      } as never))).weights;
      const policy = createPolicy({
        ...{ behaviorGenerator, critic, stateDim: 2, actionDim: 1, hyperparameters, compile: eager },
        normalisers: new Map([[1, normaliserOf(data)]]),
      });
      const [right, left] = await policy.act(1, states, 5);
      assertGreater(right!, left! + 0.5, generator);
      assertEquals(await policy.act(1, states, 5), await policy.act(1, states, 5));
      assert([...await policy.act(1, states, 6)].every((action) => Math.abs(action) <= 5));
      policy.dispose();
    }
  }),
);
