import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import * as tf from "tf";
import { eager, toParams } from "@cugro/tensors/seam";
import { openCompute } from "@cugro/tensors";
import { sampleActions, trainBehaviorGenerator } from "../generators/behavior_generator.ts";
import { denoiserWeights, predictNoise } from "./denoiser.ts";
import { stateShape } from "./denoiser_shape.ts";
import type { GeneratorTrainingInput } from "./generator_training.ts";
import { fitNormaliser } from "../numerics/normaliser.ts";
import { alpha, sigma } from "./noise_schedule.ts";
import type { Snapshot, TrainingProgress } from "../numerics/progress.ts";
import { createRng } from "../numerics/rng.ts";
import { sampleStates, trainStateGenerator } from "../generators/state_generator.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { finish, momentsOf, testTask, tiny, trainingInput } from "../testing/small_tasks.ts";

Deno.test(
  "trainStateGenerator() learns the analytic noise of a 1-D Gaussian, with its sign",
  noLeaks(async () => {
    const size = 4_000;
    const states = createRng(1).normals(size).map((x) => 3 + 0.5 * x);
    const normaliser = fitNormaliser({ states, actions: states, size, stateDim: 1, actionDim: 1 });
    const hyperparameters = {
      ...tiny,
      denoiserWidth: 32,
      stateSteps: 800,
      generatorBatchSize: 128,
      generatorLearningRate: 2e-3,
    };
    const input = {
      ...trainingInput(testTask(1, 0)),
      states,
      actions: states,
      size,
      stateDim: 1,
      hyperparameters,
    };
    const { compile } = await openCompute();
    const { weights } = await finish(
      trainStateGenerator({ ...input, normalisers: new Map([[1, normaliser]]), compile }),
    );
    const [mean, spread] = [
      (3 - normaliser.states.centre[0]!) / normaliser.states.halfRange[0]!,
      0.5 / normaliser.states.halfRange[0]!,
    ];
    const params = toParams(denoiserWeights(weights));
    for (const t of [0.05, 0.2, 0.5, 0.9]) {
      const total = Math.sqrt((alpha(t) * spread) ** 2 + sigma(t) ** 2);
      for (const z of [-1.5, 0, 1.5]) {
        const x = alpha(t) * mean + total * z;
        const predicted = tf.tidy(() =>
          predictNoise(params, stateShape(1, 1, hyperparameters), tf.tensor2d([[x]]), {
            time: tf.tensor2d([[t]]),
            taskOneHot: tf.tensor2d([[1]]),
          }).dataSync()[0]!
        );
        assertAlmostEquals(predicted, (sigma(t) * z) / total, 0.15, `t ${t}, z ${z}`);
      }
    }
    tf.dispose(params);
    const samples = await sampleStates({
      weights,
      task: 1,
      normaliser,
      stateDim: 1,
      count: 2_000,
      seed: 1,
      hyperparameters,
      compile,
    });
    assertAlmostEquals(momentsOf(samples, 1, 0).mean, 3, 0.06);
    assertAlmostEquals(momentsOf(samples, 1, 0).spread, 0.5, 0.06);
  }),
);

Deno.test(
  "trainBehaviorGenerator() starts near the loss of predicting nothing, the number of dimensions, and falls below it",
  noLeaks(async () => {
    const first = testTask(1, 0);
    const hyperparameters = { ...tiny, behaviorSteps: 100, generatorLearningRate: 5e-3 };
    const { curves, metrics } = await finish(
      trainBehaviorGenerator(trainingInput(first, [], { hyperparameters })),
    );
    const { values } = curves.find(({ name }) => name === "loss")!;
    assertEquals(metrics["zeroPredictorLoss"], 1);
    assertAlmostEquals(values[0]!, 1, 0.5);
    assertLess(values.slice(-20).reduce((a, b) => a + b) / 20, 0.6);
  }),
);

/** Runs with an interruption after `at` steps, through JSON and copies as a file would. */
async function interrupted(
  train: typeof trainStateGenerator,
  input: GeneratorTrainingInput,
  at: number,
): Promise<Snapshot> {
  const training = train(input);
  let item: IteratorResult<TrainingProgress, unknown> = await training.next();
  while (!item.done && item.value.step < at) item = await training.next();
  const { tensors, position } = await (item.value as TrainingProgress).snapshot();
  await training.return(undefined as never);
  // A file gives tensors back in an order of its own.
  const shuffled = Object.fromEntries(Object.entries(structuredClone(tensors)).reverse());
  return { tensors: shuffled, position: JSON.parse(JSON.stringify(position)) };
}

Deno.test(
  "an interrupted training goes on bit-identically, with replay and a teacher too",
  noLeaks(async () => {
    const [first, second] = [testTask(1, 0), testTask(2, 4)];
    const short = { ...tiny, stateSteps: 8, behaviorSteps: 8 };
    for (const train of [trainStateGenerator, trainBehaviorGenerator]) {
      const { weights: parent } = await finish(train(trainingInput(first, [], { hyperparameters: short })));
      for (const retention of ["samples", "distill"] as const) {
        for (const architecture of ["resnet", "unet"] as const) {
          if (architecture === "unet" && retention === "distill") continue;
          const start = architecture === "unet" ? {} : { parent };
          const old = architecture === "unet" ? [] : [first];
          const hyperparameters = { ...short, retention, architecture };
          const input = trainingInput(second, old, { ...start, hyperparameters });
          const straight = await finish(train(input));
          const resume = await interrupted(train, input, 3);
          assertEquals(Object.keys(resume.tensors).some((name) => name.startsWith("teacher/")), false);
          assertEquals(await finish(train({ ...input, resume })), straight);
          const part = { ...input, until: 0.25 };
          assertEquals(await interrupted(train, part, 2), await interrupted(train, input, 2));
          assertEquals((await finish(train(part))).metrics.steps, 2, "ended early, the same until then");
        }
      }
    }
  }),
);

Deno.test(
  "training is a function of its seed",
  noLeaks(async () => {
    const input = trainingInput(testTask(1, 0));
    const { weights } = await finish(trainStateGenerator(input));
    assertEquals((await finish(trainStateGenerator(input))).weights, weights);
    assertNotEquals((await finish(trainStateGenerator({ ...input, seed: 6 }))).weights, weights);
  }),
);

Deno.test(
  "a distilled old task's loss is 0 at the first step: the teacher is the parent, frozen before it",
  noLeaks(async () => {
    const [first, second] = [testTask(1, 0), testTask(2, 4)];
    // The embedding of the new task must not move old ones, so the student starts as its teacher on their rows. Without an average
    // the published weights are those that teach.
    const hyperparameters = { ...tiny, retention: "distill" as const };
    for (const train of [trainStateGenerator, trainBehaviorGenerator]) {
      const { weights: parent } = await finish(train(trainingInput(first, [], { hyperparameters })));
      const before = structuredClone(parent);
      const training = train(trainingInput(second, [first], { hyperparameters, parent }));
      const item = await training.next();
      const { losses } = item.value as TrainingProgress;
      assertLess(losses["lossOld"]!, 1e-9);
      assertGreater(losses["lossNew"]!, 0.1);
      const { losses: later } = (await training.next()).value as TrainingProgress;
      assertGreater(later["lossOld"]!, 1e-9);
      await training.return(undefined as never);
      assertEquals(parent, before);
    }
  }),
);

Deno.test(
  "each task keeps its own place and normaliser: ids are keyed, not counted",
  noLeaks(async () => {
    // Task 3 was parked: the third place belongs to task 4.
    const tasks = [testTask(1, 0), testTask(2, 10), testTask(4, -30)];
    const { compile } = await openCompute();
    const hyperparameters = {
      ...tiny,
      denoiserWidth: 32,
      stateSteps: 500,
      behaviorSteps: 500,
      generatorLearningRate: 3e-3,
      generatorBatchSize: 64,
      functionEvaluations: 10,
    };
    let states: GeneratorTrainingInput["parent"];
    let behavior: GeneratorTrainingInput["parent"];
    for (const [i, fresh] of tasks.entries()) {
      const parents = { hyperparameters, compile };
      const input = trainingInput(fresh, tasks.slice(0, i), parents);
      states = (await finish(trainStateGenerator(states ? { ...input, parent: states } : input))).weights;
      behavior =
        (await finish(trainBehaviorGenerator(behavior ? { ...input, parent: behavior } : input))).weights;
    }
    assertEquals([...states!["tasks"]!.data], [1, 2, 4]);
    for (const { task, normaliser } of tasks) {
      const centre = { 1: 0, 2: 10, 4: -30 }[task]!;
      const shared = { task, normaliser, count: 500, seed: 3, hyperparameters, compile };
      const samples = await sampleStates({ ...shared, weights: states!, stateDim: 2 });
      assertAlmostEquals(momentsOf(samples, 2, 0).mean, centre, 0.2, `task ${task}`);
      assertAlmostEquals(momentsOf(samples, 2, 1).spread, 0.1, 0.05, `task ${task}`);
      const probe = Float32Array.from(
        { length: 1000 },
        (_, i) => centre + (i % 2 === 1 ? 0 : i < 500 ? 0.8 : -0.8),
      );
      const actions = await sampleActions({ ...shared, weights: behavior!, states: probe, actionDim: 1 });
      const sign = task % 2 === 0 ? 1 : -1;
      assertAlmostEquals(
        momentsOf(actions.slice(0, 250), 1, 0).mean * sign,
        Math.tanh(0.8),
        0.15,
        `task ${task}`,
      );
      assertAlmostEquals(
        momentsOf(actions.slice(250), 1, 0).mean * sign,
        -Math.tanh(0.8),
        0.15,
        `task ${task}`,
      );
    }
    const { normaliser } = tasks[0]!;
    const asked = {
      weights: states!,
      task: 3,
      normaliser,
      stateDim: 2,
      count: 1,
      seed: 1,
      hyperparameters,
      compile: eager,
    };
    await assertRejects(() => sampleStates(asked), RangeError, "known tasks are [1, 2, 4]");
  }),
);

Deno.test(
  "a task whose dataset has grown is learnt in its own place, and the others are held",
  noLeaks(async () => {
    const hyperparameters = {
      ...tiny,
      denoiserWidth: 32,
      stateSteps: 400,
      generatorBatchSize: 64,
      generatorLearningRate: 3e-3,
      emaDecay: 0.97,
      functionEvaluations: 12,
      retention: "distill" as const,
    };
    const [first, second] = [testTask(1, 0), testTask(2, 6)];
    const learn = async (input: GeneratorTrainingInput, steps = 400) =>
      await finish(trainStateGenerator({
        ...input,
        ...await openCompute(),
        hyperparameters: { ...hyperparameters, stateSteps: steps },
      }));
    const { weights: one } = await learn(trainingInput(first));
    const { weights: two } = await learn(trainingInput(second, [first], { parent: one }));
    // What came later lies elsewhere; the scale is the one that the task has had from the beginning.
    const grown = { ...testTask(1, 0.5), normaliser: first.normaliser };
    for (const [parent, old, tasks] of [[two, [second], [1, 2]], [one, [], [1]]] as const) {
      const { weights, curves } = await learn(trainingInput(grown, [...old], { parent, seed: 8 }));
      assertEquals([...weights["tasks"]!.data], [...tasks]);
      const lossOld = curves.find(({ name }) => name === "lossOld");
      assertEquals(lossOld === undefined, old.length === 0);
      if (lossOld) assertLess(lossOld.values[0]!, 1e-9, "the teacher is the parent, row by row");
      for (const [task, centre] of [[grown, 0.5], [second, 6]] as const) {
        if (!tasks.includes(task.task as 1)) continue;
        const bounds = {
          ...task.normaliser.states,
          min: Float32Array.of(-9, -9),
          max: Float32Array.of(9, 9),
        };
        const states = await sampleStates({
          ...{ weights, task: task.task, stateDim: 2, count: 300, seed: 3, hyperparameters, compile: eager },
          normaliser: { ...task.normaliser, states: bounds },
        });
        assertAlmostEquals(momentsOf(states, 2, 1).mean, centre, 0.2);
      }
    }
  }),
);

Deno.test(
  "a joint training learns all tasks alike from fresh weights, in as many steps as one after the other",
  noLeaks(async () => {
    const tasks = [testTask(1, -4), testTask(2, 4), testTask(3, 0)];
    const hyperparameters = { ...tiny, stateSteps: 300, generatorBatchSize: 64, generatorLearningRate: 3e-3 };
    const input = trainingInput(tasks[2]!, [tasks[1]!, tasks[0]!], { joint: true, hyperparameters });
    const { compile } = await openCompute();
    const { weights, metrics } = await finish(trainStateGenerator({ ...input, compile }));
    assertEquals([[...weights["tasks"]!.data], metrics.steps], [[1, 2, 3], 900]);
    for (const { task, normaliser } of tasks) {
      const samples = await sampleStates({
        ...{ weights, task, normaliser, stateDim: 2, count: 500, seed: 1, hyperparameters, compile },
      });
      assertAlmostEquals(momentsOf(samples, 2, 0).mean, [-4, 4, 0][task - 1]!, 0.25);
    }
  }),
);
