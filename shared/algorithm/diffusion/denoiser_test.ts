import { assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "tf";
import { type Stored, toParams, toTensor } from "@cugro/tensors/seam";
import {
  checkDenoiser,
  frozenWeights,
  initDenoiser,
  openDenoiser,
  predictNoise,
  taskOneHot,
} from "./denoiser.ts";
import { behaviorShape, type DenoiserShape, stateShape } from "./denoiser_shape.ts";
import { growTask } from "./grow_embedding.ts";
import { presets } from "../knobs/hyperparameters.ts";
import { createRng } from "../numerics/rng.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { countWeights, tasksTensor } from "../numerics/weights.ts";

const small = { ...presets.smoke, denoiserWidth: 16, denoiserBlocks: 2 };
const shapes: DenoiserShape[] = (["resnet", "unet"] as const).flatMap((architecture) => [
  stateShape(3, 2, { ...small, architecture }),
  behaviorShape(3, 2, 2, { ...small, architecture }),
  behaviorShape(3, 2, 2, { ...small, architecture, behaviorKnowsTask: false }),
]);

Deno.test("initDenoiser() has the paper network's number of weights", () => {
  const weights = (shape: DenoiserShape) => countWeights(initDenoiser(shape, createRng(1))) - 32;
  // state and action dimensions -> weights of the paper's network, five tasks
  for (
    const [s, a, stateWeights, behaviorWeights] of [
      [8, 2, 1_872_456, 1_860_354],
      [17, 6, 1_890_897, 1_869_126],
      [20, 6, 1_897_044, 1_869_318],
      [39, 4, 1_935_975, 1_866_436],
    ] as const
  ) {
    assertEquals(weights(stateShape(s, 5, presets.paper)), stateWeights);
    assertEquals(weights(behaviorShape(s, a, 5, presets.paper)), behaviorWeights);
  }
});

Deno.test("initDenoiser() draws linear layers within 1 / sqrt(fan-in)", () => {
  const { "up2.first.kernel": kernel, "up2.first.bias": bias } = initDenoiser(
    stateShape(4, 2, presets.paper),
    createRng(1),
  );
  const bound = 1 / Math.sqrt(512);
  const greatest = (kernel!.data as Float32Array).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  assertLess(greatest, bound + 1e-9);
  assertLess(bound - greatest, 1e-4 * bound + 1e-6);
  assertEquals(bias!.data.every((x) => Math.abs(x) <= bound), true);
});

Deno.test("initDenoiser() saves the Fourier frequencies, which the prediction depends on", () => {
  const shape = stateShape(3, 2, { ...small, architecture: "unet" });
  assertEquals(frozenWeights(shape), ["fourier.frequencies"]);
  const { data } = initDenoiser(shape, createRng(1))["fourier.frequencies"]!;
  assertEquals(data.length, 32);
  assertNotEquals(initDenoiser(shape, createRng(2))["fourier.frequencies"]!.data, data);
});

/** Row-wise predictions, and those of the hoisted path at the same times. */
function bothWays(shape: DenoiserShape, weights: Stored): [Float32Array, Float32Array] {
  const { tasks: _tasks, ...floats } = weights;
  return tf.tidy(() => {
    const params = toParams(floats);
    const [times, repeats] = [[0.9, 0.2], 3];
    const rng = createRng(5);
    const noisy = tf.tensor2d(rng.normals(6 * shape.dim), [6, shape.dim]);
    const conditions = shape.conditionDim > 0
      ? tf.tensor2d(rng.normals(2 * shape.conditionDim), [2, shape.conditionDim])
      : undefined;
    const oneHot = shape.tasks > 0 ? toTensor(taskOneHot([4, 9], 9)) : undefined;
    const rows = tf.tensor1d([0, 0, 0, 1, 1, 1], "int32");
    const direct = predictNoise(params, shape, noisy, {
      time: tf.fill([6, 1], times[1]!),
      condition: conditions === undefined ? undefined : tf.gather(conditions, rows),
      taskOneHot: oneHot === undefined ? undefined : tf.tile(oneHot, [6, 1]),
    });
    const open = openDenoiser(params, shape, {
      time: tf.tensor2d(times, [2, 1]),
      condition: conditions,
      taskOneHot: oneHot,
    }, 2 * repeats);
    return [direct.dataSync() as Float32Array, open(noisy, 1).dataSync() as Float32Array].map((x) =>
      x.slice()
    ) as [
      Float32Array,
      Float32Array,
    ];
  });
}

Deno.test(
  "openDenoiser() predicts what predictNoise() does, with repeated conditions and hoisted embeddings",
  noLeaks(() => {
    for (const shape of shapes) {
      const [direct, hoisted] = bothWays(shape, initDenoiser(shape, createRng(3)));
      direct.forEach((x, i) => assertLess(Math.abs(x - hoisted[i]!), 1e-5, `${shape.architecture} ${i}`));
    }
  }),
);

/** Predictions for a task by its id. */
function predictFor(weights: Stored, shape: DenoiserShape, tasks: number[], task: number): Float32Array {
  const { tasks: _tasks, ...floats } = weights;
  return tf.tidy(() =>
    predictNoise(toParams(floats), shape, tf.tensor2d([[0.3, -0.2, 0.8]]), {
      time: tf.tensor2d([[0.4]]),
      taskOneHot: toTensor(taskOneHot(tasks, task)),
    }).dataSync().slice() as Float32Array
  );
}

Deno.test(
  "growTask() appends a row near the mean of the old ones; all else is byte-identical and old tasks are predicted as before",
  noLeaks(() => {
    for (const architecture of ["resnet", "unet"] as const) {
      const [before, after] = [2, 3].map((tasks) => stateShape(3, tasks, { ...small, architecture })) as [
        DenoiserShape,
        DenoiserShape,
      ];
      const parent: Stored = { ...initDenoiser(before, createRng(1)), tasks: tasksTensor([1, 2]) };
      // Task 3 was parked: ids are not places.
      const grown = growTask(parent, 4, createRng(2));
      checkDenoiser(grown, after, initDenoiser(after, createRng(0)));
      assertEquals([...grown["tasks"]!.data], [1, 2, 4]);
      for (const [name, { data }] of Object.entries(parent)) {
        if (name !== "tasks") assertEquals(grown[name]!.data.slice(0, data.length), data, name);
        if (name !== "tasks" && name !== "taskEmbedding") assertEquals(grown[name]!.data.length, data.length);
      }
      for (const task of [1, 2]) {
        assertEquals(predictFor(grown, after, [1, 2, 4], task), predictFor(parent, before, [1, 2], task));
      }
      assertNotEquals(predictFor(grown, after, [1, 2, 4], 4), predictFor(grown, after, [1, 2, 4], 1));
      assertNotEquals(growTask(parent, 4, createRng(3))["taskEmbedding"], grown["taskEmbedding"]);
    }
  }),
);

Deno.test("growTask() refuses a task that is known, taskOneHot() one that is not", () => {
  const parent: Stored = { tasks: tasksTensor([1, 2]) };
  assertThrows(() => growTask(parent, 2, createRng(1)), RangeError, "already knows it");
  assertThrows(() => taskOneHot([1, 2, 4], 3), RangeError, "have not learnt it: known tasks are [1, 2, 4]");
  assertEquals([...taskOneHot([1, 2, 4], 4).data], [0, 0, 1]);
});

Deno.test("checkDenoiser() names the tensor that is missing or has another shape", () => {
  const shape = stateShape(3, 1, small);
  const expected = initDenoiser(shape, createRng(1));
  const wider = initDenoiser(stateShape(5, 1, small), createRng(1));
  assertThrows(
    () => checkDenoiser(wider, shape, expected),
    RangeError,
    '"input.kernel" of a resnet of width 16 must be [3,16]',
  );
  const { "output.bias": _bias, ...rest } = expected;
  assertThrows(() => checkDenoiser(rest, shape, expected), RangeError, '"output.bias" is missing');
});
