import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import * as tf from "tf";
import { presets } from "../knobs/hyperparameters.ts";
import { alpha, sigma } from "./noise_schedule.ts";
import { planSolver, runPlan, type SolverPlan } from "./solver.ts";
import { expm1OverMinusOne, ordersFor } from "./solver_dpm3.ts";
import { noLeaks } from "../testing/no_leaks.ts";

const MEAN = 0.4;
const SPREAD = 0.3;

function planOf(
  solver: "dpm3" | "dpmpp2m",
  functionEvaluations: number,
  finalDenoising = false,
  timeEnd = 1e-3,
): SolverPlan {
  return planSolver({ ...presets.default, solver, functionEvaluations, finalDenoising, timeEnd });
}

/** Standard deviation of x_t when the data is N(MEAN, SPREAD^2). */
function spreadAt(t: number): number {
  return Math.sqrt((alpha(t) * SPREAD) ** 2 + sigma(t) ** 2);
}

/** The exact predicted noise for Gaussian data: eps(x, t) = sigma (x - alpha m) / (alpha^2 s^2 + sigma^2). Counts its calls. */
function exactPredictor(
  plan: SolverPlan,
): { predict: (x: tf.Tensor, node: number) => tf.Tensor; calls: () => number[] } {
  const calls: number[] = [];
  return {
    calls: () => calls,
    predict: (x, node) => {
      calls.push(node);
      const t = plan.times[node]!;
      return tf.mul(tf.sub(x, alpha(t) * MEAN), sigma(t) / spreadAt(t) ** 2);
    },
  };
}

/** Runs a plan from fixed noise on the exact predictor, without limits. */
function run(plan: SolverPlan, noise: number[], limit = 100): { samples: Float32Array; calls: number[] } {
  const { predict, calls } = exactPredictor(plan);
  const samples = tf.tidy(() =>
    runPlan(
      plan,
      predict,
      tf.tensor2d(noise, [noise.length, 1]),
      tf.tensor2d([[-limit]]),
      tf.tensor2d([[limit]]),
    )
      .dataSync() as Float32Array
  );
  return { samples: samples.slice(), calls: calls() };
}

/** Greatest distance from the exact solution of the ODE at the last time. */
function errorOf(plan: SolverPlan, timeEnd: number): number {
  const noise = [-1.5, -0.5, 0.3, 1.2];
  const exact = noise.map((x) =>
    alpha(timeEnd) * MEAN + (spreadAt(timeEnd) * (x - alpha(1) * MEAN)) / spreadAt(1)
  );
  const { samples } = run(plan, noise);
  return Math.max(...exact.map((x, i) => Math.abs(x - samples[i]!)));
}

/** The order that halving the steps shows. */
function measuredOrder(solver: "dpm3" | "dpmpp2m", evaluations: number, timeEnd: number): number {
  const coarse = errorOf(planOf(solver, evaluations, false, timeEnd), timeEnd);
  const fine = errorOf(planOf(solver, 2 * evaluations, false, timeEnd), timeEnd);
  return Math.log2(coarse / fine);
}

Deno.test(
  "solve() with dpmpp2m is of second order",
  noLeaks(() => {
    const order = measuredOrder("dpmpp2m", 20, 1e-3);
    assertGreater(order, 1.7);
    assertLess(order, 2.6);
  }),
);

Deno.test(
  "solve() with dpm3 is of third order",
  noLeaks(() => {
    // Far enough from t = 0 that the time-uniform nodes resolve lambda, else the last step's error hides the order.
    const order = measuredOrder("dpm3", 13, 0.2);
    assertGreater(order, 2.5);
    assertLess(order, 4.2);
  }),
);

Deno.test(
  "solve() with ten evaluations keeps the spread of the data, wide or narrow, to 2 %",
  noLeaks(() => {
    const plan = planSolver(presets.default);
    for (const spread of [0.05, 0.1, 0.33, 0.5]) {
      const predict = (x: tf.Tensor, node: number) => {
        const t = plan.times[node]!;
        return tf.mul(x, sigma(t) / ((alpha(t) * spread) ** 2 + sigma(t) ** 2));
      };
      const sample = tf.tidy(() =>
        runPlan(plan, predict, tf.tensor2d([[1]]), tf.tensor2d([[-9]]), tf.tensor2d([[9]])).dataSync()[0]!
      );
      // For centred Gaussian data the exact solution is a multiple of the noise.
      assertAlmostEquals(sample / spread, 1, 0.02, `spread ${spread}`);
    }
  }),
);

Deno.test(
  "solve() makes exactly as many network calls as asked, for every remainder by three",
  noLeaks(() => {
    for (const evaluations of [1, 2, 3, 4, 5, 6, 10, 15, 100]) {
      for (const solver of ["dpm3", "dpmpp2m"] as const) {
        for (const finalDenoising of [false, true]) {
          const plan = planOf(solver, evaluations, finalDenoising);
          const wanted = evaluations + (finalDenoising ? 1 : 0);
          assertEquals(run(plan, [0.5]).calls, Array.from({ length: wanted }, (_, i) => i));
          assertEquals(plan.times.length, wanted);
          assertAlmostEquals(plan.times[0]!, 1, 1e-12);
          if (finalDenoising) assertAlmostEquals(plan.times.at(-1)!, 1e-3, 1e-9);
        }
      }
    }
  }),
);

Deno.test("ordersFor() spends the calls on third-order steps and a rest", () => {
  assertEquals(ordersFor(100), [...Array(33).fill(3), 1]);
  assertEquals(ordersFor(15), [3, 3, 3, 3, 2, 1]);
  assertEquals(ordersFor(17), [3, 3, 3, 3, 3, 2]);
});

Deno.test("expm1OverMinusOne() does not cancel for small steps", () => {
  for (const z of [1e-12, -1e-9, 1e-4, 0.049]) {
    const series = z / 2 + z ** 2 / 6 + z ** 3 / 24 + z ** 4 / 120 + z ** 5 / 720;
    assertLess(Math.abs(expm1OverMinusOne(z) / series - 1), 1e-9);
  }
  assertAlmostEquals(expm1OverMinusOne(0.05), expm1OverMinusOne(0.0500001), 1e-6);
  assertAlmostEquals(expm1OverMinusOne(2), (Math.E ** 2 - 1) / 2 - 1, 1e-12);
});

Deno.test(
  "final denoising removes the noise floor sigma(timeEnd) = 0.0105",
  noLeaks(() => {
    // Nearly constant data: the remaining spread is the sampler's.
    const exact = (plan: SolverPlan) => (x: tf.Tensor, node: number) => {
      const t = plan.times[node]!;
      return tf.mul(tf.sub(x, alpha(t) * MEAN), sigma(t) / ((alpha(t) * 1e-4) ** 2 + sigma(t) ** 2));
    };
    const spread = (plan: SolverPlan) =>
      tf.tidy(() => {
        const noise = tf.tensor2d([-2, -1, 0, 1, 2], [5, 1]);
        const samples = runPlan(plan, exact(plan), noise, tf.tensor2d([[-9]]), tf.tensor2d([[9]]));
        return tf.max(samples).dataSync()[0]! - tf.min(samples).dataSync()[0]!;
      });
    for (const [solver, evaluations] of [["dpm3", 100], ["dpmpp2m", 10]] as const) {
      assertAlmostEquals(spread(planOf(solver, evaluations, false)), 4 * 0.0105, 4e-3);
      assertLess(spread(planOf(solver, evaluations, true)), 2e-3);
    }
  }),
);

Deno.test(
  "solve() keeps samples within the task's own limits",
  noLeaks(() => {
    for (const solver of ["dpm3", "dpmpp2m"] as const) {
      const { samples } = run(planOf(solver, 12), [-4, 0, 4], 0.5);
      assertEquals(samples.every((x) => Math.abs(x) <= 0.5), true);
      assertEquals(samples[2], 0.5);
    }
  }),
);
