/**
 * From what the networks say to figures: one number a network in units of undiscounted return, then mean, interval, score.
 * @module
 */
import type { Stored } from "@cugro/tensors/seam";
import type { Anchors } from "../measures/results_matrix.ts";
import { entry } from "../numerics/weights.ts";

/** Networks of one estimate: their spread is what its interval is made of. */
export const ESTIMATE_NETWORKS = 5;

/** A figure of several networks, with the interval in which one more of them would lie 9 times out of 10. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

/**
 * What a policy is worth, a number a network: the mean over first states, as the return of an episode of the data's mean
 * length that earns at the same rate throughout.
 *
 * @param values `[n, E]` at the first states of episodes and what the policy does there
 * @returns `[E]`, undiscounted, in units of reward
 */
export function valueReturns(network: Stored, values: Float32Array, networks: number): number[] {
  const [discount, steps] = [numberIn(network, "discount"), numberIn(network, "episodeSteps")];
  const counted = (1 - discount ** steps) / (1 - discount);
  return columnMeans(values, networks).map((value) => value / counted * steps);
}

/**
 * How much of the return a policy has lost since the task was learnt, a number a network: the mean over pseudo-states of
 * what the networks say of the policy that learnt the task, less what they say of this one, for each step of an episode.
 * To first order that is the difference of two policies' returns (Kakade and Langford 2002), in the states of the first.
 *
 * @param values `[M, E]` at the network's pseudo-states and what the policy does there
 * @returns `[E]`, undiscounted, in units of reward; above 0 where the policy is worse
 */
export function lostReturns(network: Stored, values: Float32Array, networks: number): number[] {
  const before = columnMeans(entry(network, "probe.values").data as Float32Array, networks);
  const steps = numberIn(network, "episodeSteps");
  return columnMeans(values, networks).map((after, e) => (before[e]! - after) * steps);
}

function columnMeans(values: Float32Array, columns: number): number[] {
  const sums = new Array<number>(columns).fill(0);
  values.forEach((value, i) => sums[i % columns]! += value);
  return sums.map((sum) => sum * columns / values.length);
}

/** Quantile 0.95 of Student's t by degrees of freedom, from 1. */
const T95 = [6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833] as const;

/**
 * Mean and 90 % interval for one more network.
 *
 * @param figures one a network, at least one
 * @returns mean, low and high in the figures' unit
 */
export function estimateOf(figures: readonly number[]): Estimate {
  const n = figures.length;
  const mean = figures.reduce((sum, one) => sum + one, 0) / n;
  if (n < 2) return { mean, low: -Infinity, high: Infinity };
  const spread = Math.sqrt(figures.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (n - 1));
  const half = (T95[n - 2] ?? 1.7) * spread * Math.sqrt(1 + 1 / n);
  return { mean, low: mean - half, high: mean + half };
}

/**
 * A return as a score: 0 and 100 are the anchors.
 *
 * @param estimate in return
 * @param anchors returns that score 0 and 100
 * @returns in points of score
 */
export function estimatedScore(estimate: Estimate, { random, good }: Anchors): Estimate {
  return mapEstimate(estimate, (value) => 100 * (value - random) / (good - random));
}

/**
 * A difference of returns in points of score.
 *
 * @param estimate a difference of returns
 * @param anchors returns that score 0 and 100
 * @returns in points of score
 */
export function estimatedPoints(estimate: Estimate, { random, good }: Anchors): Estimate {
  return mapEstimate(estimate, (value) => 100 * value / (good - random));
}

function mapEstimate({ mean, low, high }: Estimate, change: (value: number) => number): Estimate {
  return { mean: change(mean), low: change(low), high: change(high) };
}

/**
 * The single number of a tensor.
 *
 * @param network stored weights
 * @param name of a tensor `[1]`
 * @returns its number
 */
export function numberIn(network: Stored, name: string): number {
  return entry(network, name).data[0]!;
}
