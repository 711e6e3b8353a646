import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { openCompute } from "@cugro/tensors";
import { compareWithSketch } from "../measures/fidelity.ts";
import { fitSketch } from "../measures/sketch.ts";
import { fitNormaliser } from "../numerics/normaliser.ts";
import type { Snapshot } from "../numerics/progress.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { finish, testTask, tiny, trainingInput } from "../testing/small_tasks.ts";
import { trainBehaviorGenerator } from "../generators/behavior_generator.ts";
import type { GeneratorTrainingInput } from "./generator_training.ts";
import { sampleStates, trainStateGenerator } from "../generators/state_generator.ts";

const ewc = { ...tiny, regulariser: "ewc" as const, fisherRows: 8 };

Deno.test(
  "a training held by Fisher information that is stopped half-way goes on bit-identically, and publishes what holds the next",
  noLeaks(async () => {
    const [one, two] = [testTask(1, -2), testTask(2, 2)];
    const hyperparameters = { ...ewc, stateSteps: 6, behaviorSteps: 6 };
    for (const train of [trainStateGenerator, trainBehaviorGenerator]) {
      const parent = (await finish(train(trainingInput(one, [], { hyperparameters })))).weights;
      const input: GeneratorTrainingInput = {
        ...trainingInput(two, [], { hyperparameters, parent }),
        normalisers: new Map([one, two].map(({ task, normaliser }) => [task, normaliser])),
      };
      for (const at of [3, 6]) {
        let half: Snapshot | undefined;
        const training = train(input);
        for await (const { step, snapshot } of training) if (step === at) half = await snapshot();
        const whole = await finish(train(input));
        const rest = await finish(train({ ...input, resume: half! }));
        assertEquals(rest.weights, whole.weights);
        assertEquals(Object.keys(half!.tensors).filter((name) => /^(fisher|anchor)/.test(name)), []);
        assertEquals(whole.weights["fisher/taskEmbedding"]!.shape, whole.weights["taskEmbedding"]!.shape);
        assertEquals(
          whole.metrics.weights,
          (await finish(train({ ...input, hyperparameters: { ...hyperparameters, regulariser: "none" } })))
            .metrics.weights,
        );
      }
    }
  }),
);

Deno.test("elastic weight consolidation holds an old task's samples without replay; without it they are forgotten", async () => {
  // Two heaps far apart, where the first task has one: they differ in normalised states, too.
  const [one, like] = [testTask(1, -4), testTask(2, 4)];
  const states = like.states.map((value, i) => 4 + (i % 4 < 2 ? 1 : -1) + 0.02 * (value - 4));
  const two = {
    ...like,
    states,
    normaliser: fitNormaliser({ ...like, states, stateDim: 2, actionDim: 1 }),
  };
  const { compile } = await openCompute();
  const hyperparameters = {
    ...ewc,
    ...{ denoiserWidth: 32, fisherRows: 150, stateSteps: 200, generatorLearningRate: 3e-3 },
  };
  const parent =
    (await finish(trainStateGenerator(trainingInput(one, [], { hyperparameters, compile })))).weights;
  const distanceWith = async (ewcStrength: number) => {
    const values = { ...hyperparameters, ewcStrength };
    const input = {
      ...trainingInput(two, [], { hyperparameters: values, parent, compile }),
      normalisers: new Map([one, two].map(({ task, normaliser }) => [task, normaliser])),
    };
    const { weights, metrics } = await finish(trainStateGenerator(input));
    const { normaliser } = one;
    const states = await sampleStates({
      ...{ weights, task: 1, normaliser, stateDim: 2, count: 400, seed: 1, hyperparameters: values, compile },
    });
    const sketch = fitSketch({ ...one, stateDim: 2, actionDim: 1, seed: 1 });
    const { states: { slicedWasserstein } } = compareWithSketch(
      sketch,
      { ...one, states, size: 400, actions: one.actions.slice(0, 400) },
      2,
      1,
    );
    return { distance: slicedWasserstein, loss: metrics["lossNewFinal"]! };
  };
  const [free, held, rigid] = [await distanceWith(0), await distanceWith(1e4), await distanceWith(1e7)];
  assertLess(held.distance, 0.5 * free.distance);
  assertGreater(held.loss, free.loss);
  assertGreater(rigid.loss, held.loss);
});
