import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import * as tf from "tf";
import { eager, type Stored } from "@cugro/tensors/seam";
import {
  adamInputs,
  initOptimiser,
  learningRateAt,
  optimise,
  type OptimiserSettings,
  publishedWeights,
} from "./optimiser.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { entry } from "./weights.ts";

const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

/** Minimises sum((w - target)^2) for some steps; returns the state. */
async function descend(
  weights: Stored,
  settings: OptimiserSettings,
  steps: number,
  rate = 0.1,
): Promise<Stored> {
  const initial = initOptimiser(weights, settings);
  const target = vector(1, -2);
  const compiled = eager(
    {
      name: "quadratic",
      step: (state, inputs) => {
        const { state: next, loss, gradientNorm } = optimise(
          state,
          inputs,
          settings,
          ({ w }) => tf.sum(tf.square(tf.sub(w!, entry(inputs, "target")))) as tf.Scalar,
        );
        return { state: next, outputs: { loss, gradientNorm } };
      },
    },
    initial,
    { target, ...adamInputs(0, rate) },
  );
  for (let step = 0; step < steps; step++) await compiled.run({ target, ...adamInputs(step, rate) });
  const state = await compiled.readState();
  compiled.dispose();
  return state;
}

/** Adam as its paper writes it (Kingma and Ba 2015, algorithm 1), one number at a time in float64. */
function referenceAdam(
  start: number,
  target: number,
  steps: number,
  rate: number,
  clip: (g: number[]) => number,
  other: number,
) {
  const weights = [start, other];
  const targets = [target, -2];
  const m = [0, 0];
  const v = [0, 0];
  let average = start;
  for (let t = 1; t <= steps; t++) {
    const gradients = weights.map((w, i) => 2 * (w - targets[i]!));
    const scale = clip(gradients);
    gradients.forEach((raw, i) => {
      const g = raw * scale;
      m[i] = 0.9 * m[i]! + 0.1 * g;
      v[i] = 0.999 * v[i]! + 0.001 * g * g;
      weights[i]! -= (rate * (m[i]! / (1 - 0.9 ** t))) / (Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-8);
    });
    average = 0.9 * average + 0.1 * weights[0]!;
  }
  return { weight: weights[0]!, average };
}

Deno.test(
  "optimise() is Adam with clipping to the global norm and an average",
  noLeaks(async () => {
    const state = await descend({ w: vector(5, 3) }, { gradientClip: 1, emaDecay: 0.9 }, 25);
    const expected = referenceAdam(5, 1, 25, 0.1, (g) => Math.min(1, 1 / Math.hypot(...g)), 3);
    assertAlmostEquals(state["weights/w"]!.data[0]!, expected.weight, 1e-4);
    assertAlmostEquals(state["average/w"]!.data[0]!, expected.average, 1e-4);
    assertEquals(publishedWeights(state)["w"], state["average/w"]);
  }),
);

Deno.test(
  "optimise() does not clip with gradientClip 0, keeps no average with decay 0, and reaches the minimum",
  noLeaks(async () => {
    const state = await descend({ w: vector(5, 3) }, { gradientClip: 0, emaDecay: 0 }, 300);
    assertEquals(Object.keys(state).sort(), ["first/w", "second/w", "weights/w"]);
    assertLess(Math.abs(publishedWeights(state)["w"]!.data[0]! - 1), 0.02);
    assertLess(Math.abs(publishedWeights(state)["w"]!.data[1]! + 2), 0.02);
  }),
);

Deno.test(
  "optimise() leaves frozen weights and other entries as they are, and publishes the frozen ones",
  noLeaks(async () => {
    const settings = { gradientClip: 1, emaDecay: 0.5, frozen: ["frequencies"] };
    const weights = { w: vector(5, 3), frequencies: vector(7, 8, 9) };
    const state = await descend(weights, settings, 3);
    assertEquals([...publishedWeights(state)["frequencies"]!.data], [7, 8, 9]);
    assertEquals(state["first/frequencies"], undefined);
  }),
);

Deno.test("learningRateAt() warms up linearly and falls as a cosine to 0", () => {
  const settings = { learningRate: 1, warmupSteps: 10, steps: 110, schedule: "cosine" as const };
  assertAlmostEquals(learningRateAt(0, settings), 0.1);
  assertAlmostEquals(learningRateAt(9, settings), 1);
  assertAlmostEquals(learningRateAt(10, settings), 1);
  assertAlmostEquals(learningRateAt(60, settings), 0.5);
  assertLess(learningRateAt(109, settings), 1e-3);
  assertEquals(learningRateAt(109, { ...settings, schedule: "constant" }), 1);
  assertAlmostEquals(learningRateAt(2, { ...settings, steps: 3 }), 1);
});

Deno.test("adamInputs() lets the average start fast, so that a short training does not publish its start", () => {
  const gain = (step: number) => adamInputs(step, 1, 0.995)["averageGain"]!.data[0]!;
  assertAlmostEquals(gain(0), 0.9, 1e-6);
  assertAlmostEquals(gain(90), 0.09, 1e-6);
  assertAlmostEquals(gain(10_000), 0.005, 1e-6);
  assertEquals(adamInputs(0, 1)["averageGain"], undefined);
});
