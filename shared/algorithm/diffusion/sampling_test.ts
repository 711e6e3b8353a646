import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import * as tf from "tf";
import { eager } from "@cugro/tensors/seam";
import { sampleActions, trainBehaviorGenerator } from "../generators/behavior_generator.ts";
import type { GeneratorTrainingInput } from "./generator_training.ts";
import { fitNormaliser } from "../numerics/normaliser.ts";
import type { TrainingProgress } from "../numerics/progress.ts";
import { createRng } from "../numerics/rng.ts";
import { sampleStates, trainStateGenerator } from "../generators/state_generator.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { finish, testTask, tiny, trainingInput } from "../testing/small_tasks.ts";

const short = { ...tiny, stateSteps: 4, behaviorSteps: 4 };

Deno.test(
  "sampleStates() gives row i whatever the count, and reports every pass",
  noLeaks(async () => {
    const first = testTask(1, 0);
    const { weights } = await finish(
      trainStateGenerator(trainingInput(first, [], { hyperparameters: short })),
    );
    let saved: Float32Array = new Float32Array(0);
    const draw = (count: number, seed: number, seen: number[] = [], resume?: Float32Array) =>
      sampleStates({
        resume,
        weights,
        task: 1,
        normaliser: first.normaliser,
        stateDim: 2,
        count,
        seed,
        hyperparameters: short,
        compile: eager,
        onProgress: (done, total, samples) => {
          seen.push(done, total);
          if (done < total) saved = samples();
        },
      });
    const seen: number[] = [];
    const many = await draw(2_100, 1, seen);
    assertEquals(seen, [2_048, 2_100, 2_100, 2_100]);
    assertEquals(many.length, 4_200);
    // Taken up after the first pass, and after the last.
    assertEquals(await draw(2_100, 1, [], saved), many);
    const whole: number[] = [];
    assertEquals((await draw(2_048, 1, whole, saved)).length, 4_096);
    assertEquals(whole, []);
    await assertRejects(() => draw(2_100, 1, [], saved.slice(2)), RangeError, "after 2047 of 2100 samples");
    // Another batch size may round differently in the last bit; nothing more.
    (await draw(3, 1)).forEach((x, i) => assertEquals(Math.abs(x - many[i]!) < 1e-4, true));
    assertEquals(await draw(3, 1), await draw(3, 1));
    assertNotEquals(await draw(3, 2), await draw(3, 1));
    assertNotEquals(many.slice(4_096), many.slice(0, 104));
    assertEquals(await draw(0, 1), new Float32Array(0));
  }),
);

Deno.test(
  "samples of constant dimensions are exactly constant, and outliers or an untrained network give nothing beyond the data",
  noLeaks(async () => {
    const size = 400;
    const rng = createRng(3);
    const states = Float32Array.from(
      { length: size * 3 },
      (_, i) => i % 3 === 0 ? 0.1 : i === 301 ? 1e5 : rng.normal(),
    );
    const actions = new Float32Array(size).fill(-0.25);
    const normaliser = fitNormaliser({ states, actions, size, stateDim: 3, actionDim: 1 });
    const input: GeneratorTrainingInput = {
      ...trainingInput(testTask(1, 0), [], { hyperparameters: short }),
      states,
      actions,
      size,
      stateDim: 3,
      normalisers: new Map([[1, normaliser]]),
    };
    const shared = { task: 1, normaliser, count: 64, seed: 1, hyperparameters: short, compile: eager };
    const { weights } = await finish(trainStateGenerator(input));
    const samples = await sampleStates({ ...shared, weights, stateDim: 3 });
    samples.forEach((x, i) => {
      if (i % 3 === 0) assertEquals(x, Math.fround(0.1));
      else assertEquals(x >= normaliser.states.min[i % 3]! && x <= normaliser.states.max[i % 3]!, true);
    });
    const behavior = (await finish(trainBehaviorGenerator(input))).weights;
    const labels = await sampleActions({ ...shared, weights: behavior, states: samples, actionDim: 1 });
    assertEquals(labels, new Float32Array(64).fill(-0.25));
  }),
);

Deno.test(
  "sampling refuses tasks that were not learnt, weights of another shape and states of another length",
  noLeaks(async () => {
    const first = testTask(1, 0);
    // Not told the task: it still knows which tasks it has learnt.
    const hyperparameters = { ...short, behaviorKnowsTask: false };
    const input = trainingInput(first, [], { hyperparameters });
    const states = (await finish(trainStateGenerator(input))).weights;
    const behavior = (await finish(trainBehaviorGenerator(input))).weights;
    assertEquals(behavior["taskEmbedding"], undefined);
    const shared = {
      task: 1,
      normaliser: first.normaliser,
      count: 2,
      seed: 1,
      hyperparameters,
      compile: eager,
    };
    const label = (more: object) => () =>
      sampleActions({ ...shared, weights: behavior, states: new Float32Array(4), actionDim: 1, ...more });
    const draw = (more: object) => () => sampleStates({ ...shared, weights: states, stateDim: 2, ...more });
    assertEquals((await label({})()).length, 2);
    for (const task of [0, 2]) {
      await assertRejects(draw({ task }), RangeError, `Cannot use task ${task}`);
      await assertRejects(label({ task }), RangeError, `Cannot use task ${task}`);
    }
    await assertRejects(
      label({ states: new Float32Array(5) }),
      RangeError,
      "must be [2, 2]: current length is 5",
    );
    await assertRejects(
      draw({ hyperparameters: { ...short, denoiserWidth: 64 } }),
      RangeError,
      "must be [2,64]",
    );
  }),
);

Deno.test(
  "training refuses wrong shapes, missing normalisers, a task twice, and a loss that is not finite",
  noLeaks(async () => {
    const [first, second] = [testTask(1, 0), testTask(2, 5)];
    const { weights: parent } = await finish(
      trainStateGenerator(trainingInput(first, [], { hyperparameters: short })),
    );
    const input = trainingInput(second, [first], { hyperparameters: short, parent });
    const train = (more: Partial<GeneratorTrainingInput>) => () =>
      finish(trainStateGenerator({ ...input, ...more }));
    await assertRejects(train({ size: 7 }), RangeError, "task 2 as its states must be [7, 2]");
    await assertRejects(
      train({ normalisers: new Map([[2, second.normaliser]]) }),
      RangeError,
      "task 1 as its normaliser is missing",
    );
    await assertRejects(train({ task: 1 }), RangeError, "Cannot replay task 1 as it is the one to be learnt");
    await assertRejects(
      train({ replay: [{ ...input.replay[0]!, task: 2 }] }),
      RangeError,
      "the one to be learnt",
    );
    await assertRejects(train({ replay: [{ ...input.replay[0]!, task: 9 }] }), RangeError, "task 9");
    const wild = { ...short, generatorLearningRate: 1e30, gradientClip: 0, warmupSteps: 0 };
    await assertRejects(
      train({ hyperparameters: wild }),
      RangeError,
      "Cannot go on training stateGenerator as its loss is",
    );
  }),
);

Deno.test(
  "a training that is stopped half-way frees its tensors, and one whose caller waits holds a fixed number",
  noLeaks(async () => {
    const hyperparameters = { ...tiny, architecture: "unet" as const, stateSteps: 6 };
    const training = trainStateGenerator(trainingInput(testTask(1, 0), [], { hyperparameters }));
    const counts: number[] = [];
    for (let step = 0; step < 4; step++) {
      const { losses } = (await training.next()).value as TrainingProgress;
      assertMatch(String(losses["loss"]), /^\d/);
      counts.push(tf.memory().numTensors);
    }
    assertEquals(new Set(counts).size, 1);
    await training.return(undefined as never);
  }),
);

Deno.test(
  "shards of one old task count as one task, and the U-net's frequencies are published as they were drawn",
  noLeaks(async () => {
    const [first, second] = [testTask(1, 0), testTask(2, 5)];
    const hyperparameters = { ...short, architecture: "unet" as const };
    const { weights: parent } = await finish(
      trainStateGenerator(trainingInput(first, [], { hyperparameters })),
    );
    const input = trainingInput(second, [first], { hyperparameters, parent });
    const { states, actions } = input.replay[0]!;
    const halves = [0, 300].map((from) => ({
      task: 1,
      states: states.slice(2 * from, 2 * from + 600),
      actions: actions.slice(from, from + 300),
      size: 300,
    }));
    const whole = await finish(trainStateGenerator(input));
    assertEquals(await finish(trainStateGenerator({ ...input, replay: halves })), whole);
    assertEquals(whole.weights["fourier.frequencies"], parent["fourier.frequencies"]);
  }),
);
