/**
 * From candidates and their Q to one action, as `algorithm/policy/selection.ts` does it with tensors; here in float32 numbers,
 * every sum from left to right.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm/knobs";
import { expOf } from "./exponential.ts";

/** The knobs that selection reads. */
export type SelectionKnobs = Pick<
  Hyperparameters,
  "selection" | "topCount" | "selectionSpread" | "inverseTemperature" | "pessimism"
>;

/** As where networks are tensors: a spread below this is rounding, not preference. */
const SPREAD_FLOOR = Math.fround(1e-4);
const f = Math.fround;

/**
 * One Q out of an ensemble's: their least, or their mean minus `pessimism` standard deviations.
 *
 * @param q of each critic
 * @param pessimism standard deviations, or `min`
 * @returns in the units of `q`
 */
export function pessimisticValue(q: ArrayLike<number>, pessimism: number | "min"): number {
  if (pessimism === "min") return leastOf(q);
  return f(meanOf(q) - f(deviationOf(q) * f(pessimism)));
}

/**
 * Weight of each candidate of one state; they sum to 1.
 *
 * @param q `[M]`
 * @param gumbel `[M]`, for `selection: one`
 * @returns `[M]`
 */
export function candidateWeights(
  q: Float32Array,
  knobs: SelectionKnobs,
  gumbel?: Float32Array,
): Float32Array {
  if (knobs.selection === "top") return bestOf(q, knobs.topCount);
  const greatest = greatestOf(q);
  const spread = knobs.selectionSpread === "returns" ? 1 : Math.max(deviationOf(q), SPREAD_FLOOR);
  const alpha = f(knobs.inverseTemperature);
  const logits = q.map((value) => f(f(f(value - greatest) / spread) * alpha));
  if (knobs.selection === "one") return bestOf(logits.map((value, i) => value + gumbel![i]!), 1);
  const weights = logits.map(expOf);
  const total = sumOf(weights);
  return weights.map((weight) => weight / total);
}

/**
 * The weighted mean of the candidates `[M, A]`, written to `out` from `at` on.
 *
 * @param weights `[M]`
 * @param candidates `[M, A]`
 * @param out `[n * A]`
 */
export function combineCandidates(
  weights: Float32Array,
  candidates: Float32Array,
  out: Float32Array,
  at: number,
): void {
  const actionDim = candidates.length / weights.length;
  for (let d = 0; d < actionDim; d++) {
    let sum = 0;
    for (let m = 0; m < weights.length; m++) sum = f(sum + f(weights[m]! * candidates[m * actionDim + d]!));
    out[at + d] = sum;
  }
}

/** 1/n for each of the n greatest, ties to the earlier one. */
function bestOf(values: Float32Array, count: number): Float32Array {
  const n = Math.min(count, values.length);
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const weights = new Float32Array(values.length);
  for (const best of order.slice(0, n)) weights[best] = 1 / n;
  return weights;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum = f(sum + values[i]!);
  return sum;
}

function meanOf(values: ArrayLike<number>): number {
  return f(sumOf(values) / values.length);
}

function deviationOf(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  const squares = Array.from(values, (value) => f(f(value - mean) * f(value - mean)));
  return f(Math.sqrt(meanOf(squares)));
}

function leastOf(values: ArrayLike<number>): number {
  let least = values[0]!;
  for (let i = 1; i < values.length; i++) least = Math.min(least, values[i]!);
  return least;
}

function greatestOf(values: ArrayLike<number>): number {
  let greatest = values[0]!;
  for (let i = 1; i < values.length; i++) greatest = Math.max(greatest, values[i]!);
  return greatest;
}
