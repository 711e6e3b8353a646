/**
 * DPM-Solver-3, single-step "fast" schedule, noise prediction, nodes uniform in time (DPM-Solver, Lu et al. 2022;
 * the sampler of CuGRO's code). Exactly as many network calls as asked: third-order steps, then one of order 2 and/or 1.
 * @module
 */
import * as tf from "tf";
import { alpha, lambda, sigma } from "./noise_schedule.ts";

/** x' = keepX x + the sum of noise_i times its coefficient, over the predictions of this step so far. */
export interface Update {
  keepX: number;
  noise: number[];
}

/** One step of order `updates.length`: the last update gives the new x, those before it inner nodes. */
export interface SinglestepStep {
  updates: Update[];
}

/** A sampling pass, all numbers known beforehand. */
export interface SinglestepPlan {
  solver: "dpm3";
  /** Time of each network call, the final denoising last. */
  times: number[];
  steps: SinglestepStep[];
  /** x0 = xToSample x - noiseToSample eps, if the last noisy sample is denoised. */
  denoising?: { xToSample: number; noiseToSample: number };
}

/**
 * Orders of the steps that spend exactly `evaluations` calls.
 * Source: DPM-Solver-fast (Lu et al. 2022).
 *
 * @param evaluations NFE, at least 1
 * @returns orders 1 to 3 that sum to `evaluations`
 */
export function ordersFor(evaluations: number): number[] {
  const thirds = Math.floor(evaluations / 3);
  const rest = evaluations % 3;
  if (rest === 0) return [...Array<number>(thirds - 1).fill(3), 2, 1];
  return [...Array<number>(thirds).fill(3), rest];
}

/**
 * (e^z - 1) / z - 1 without cancellation for small z.
 *
 * @param z any number
 * @returns about z / 2 near 0
 */
export function expm1OverMinusOne(z: number): number {
  if (Math.abs(z) > 0.05) return Math.expm1(z) / z - 1;
  // Series z/2 + z^2/6 + ...: the next term is below 1e-16 of the first.
  let term = z / 2;
  let sum = 0;
  for (let n = 3; n <= 12; n++) {
    sum += term;
    term *= z / n;
  }
  return sum;
}

/**
 * Plans `functionEvaluations` calls from t = 1 to `timeEnd`, plus one if the last noisy sample is denoised.
 * Source: DPM-Solver (Lu et al. 2022).
 *
 * @param functionEvaluations NFE
 * @param timeEnd t of the last noisy sample
 * @param finalDenoising whether that is denoised once more
 * @returns steps with their nodes and coefficients
 */
export function planSinglestep(
  functionEvaluations: number,
  timeEnd: number,
  finalDenoising: boolean,
): SinglestepPlan {
  const grid = Array.from(
    { length: functionEvaluations + 1 },
    (_, i) => 1 + ((timeEnd - 1) * i) / functionEvaluations,
  );
  let at = 0;
  const steps = ordersFor(functionEvaluations).map((order) => {
    const step = planStep(grid.slice(at, at + order + 1));
    at += order;
    return step;
  });
  const denoising = { xToSample: 1 / alpha(timeEnd), noiseToSample: sigma(timeEnd) / alpha(timeEnd) };
  return finalDenoising
    ? { solver: "dpm3", times: grid, steps, denoising }
    : { solver: "dpm3", times: grid.slice(0, functionEvaluations), steps };
}

/** One step over `nodes` s, [s1, [s2,]] t; the inner nodes' r follow from the time grid. */
function planStep(nodes: number[]): SinglestepStep {
  const s = nodes[0]!;
  const t = nodes.at(-1)!;
  const h = lambda(t) - lambda(s);
  const to = (node: number) => ({
    keepX: alpha(node) / alpha(s),
    first: -sigma(node) * Math.expm1(lambda(node) - lambda(s)),
  });
  const end = to(t);
  if (nodes.length === 2) return { updates: [{ keepX: end.keepX, noise: [end.first] }] };

  const r1 = (lambda(nodes[1]!) - lambda(s)) / h;
  const one = to(nodes[1]!);
  const firstUpdate = { keepX: one.keepX, noise: [one.first] };
  if (nodes.length === 3) {
    const slope = end.first / (2 * r1);
    return { updates: [firstUpdate, { keepX: end.keepX, noise: [end.first - slope, slope] }] };
  }
  const r2 = (lambda(nodes[2]!) - lambda(s)) / h;
  const two = to(nodes[2]!);
  const innerSlope = -(r2 / r1) * sigma(nodes[2]!) * expm1OverMinusOne(r2 * h);
  const endSlope = -(1 / r2) * sigma(t) * expm1OverMinusOne(h);
  return {
    updates: [
      firstUpdate,
      { keepX: two.keepX, noise: [two.first - innerSlope, innerSlope] },
      { keepX: end.keepX, noise: [end.first - endSlope, 0, endSlope] },
    ],
  };
}

/**
 * Runs a plan; `clamp` is applied to the result only.
 *
 * @param predict (x `[B, D]`, index of the time) -> predicted noise `[B, D]`
 * @param noise x at t = 1, `[B, D]`
 * @returns `[B, D]`
 */
export function runSinglestep(
  plan: SinglestepPlan,
  predict: (noisy: tf.Tensor, node: number) => tf.Tensor,
  noise: tf.Tensor,
  clamp: (sample: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  let x = noise;
  let node = 0;
  for (const { updates } of plan.steps) {
    const first = node;
    x = tf.tidy(() => {
      const predictions: tf.Tensor[] = [];
      let at = x;
      updates.forEach((update, i) => {
        predictions.push(tf.tidy(() => predict(at, first + i)));
        at = apply(update, x, predictions);
      });
      return at;
    });
    node += updates.length;
  }
  const { denoising } = plan;
  if (denoising === undefined) return clamp(x);
  return tf.tidy(() =>
    clamp(tf.sub(tf.mul(x, denoising.xToSample), tf.mul(predict(x, node), denoising.noiseToSample)))
  );
}

function apply({ keepX, noise }: Update, x: tf.Tensor, predictions: tf.Tensor[]): tf.Tensor {
  let sum: tf.Tensor = tf.mul(x, keepX);
  noise.forEach((coefficient, i) => {
    if (coefficient !== 0) sum = tf.add(sum, tf.mul(predictions[i]!, coefficient));
  });
  return sum;
}
