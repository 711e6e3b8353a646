/**
 * Candidates that fall apart into two groups, of which one must be chosen: their mean is an action that none of them meant.
 *
 * The groups are those of the coordinate in which the weighted candidates differ most, cut where the two means explain most of the
 * variance (Otsu 1979). How far candidates spread does not tell: those of one broad mode may lie further apart than those of two
 * narrow ones of which the critic prefers one. So two groups must explain nearly all of it, and lie apart.
 * @module
 */
import * as tf from "tf";
import { bestOf } from "./selection.ts";

/** From this share of the variance on two means explain the candidates; 16 of a uniform law with equal weights never got there in 4,000 draws. */
const MODES_EXPLAIN = 0.95;
/** From this distance on, in parts of the range, the mean of both means is far from either. */
const MODES_APART = 0.3;

/** A task is multi-modal from more than this share of its states on: a maze with two ways round has 0.24 of them, a walker 0.08. */
const MAX_APART_SHARE = 0.1;

/** The candidates of each state as two groups, along one coordinate. */
export interface Modes {
  /** `[n, 1]`, 1 where there are two groups */
  apart: tf.Tensor2D;
  /** `[n, M]`, 1 for those of the group with the greater weight, ties to the lower one */
  heavier: tf.Tensor2D;
}

/**
 * Looks for two groups.
 *
 * @param weights `[n, M]`, rows that sum to 1
 * @param actions `[n * M, A]`, those of one state together
 * @param low least possible action `[1, A]`, in the coordinates of `actions`
 * @param high greatest possible action `[1, A]`
 * @returns `apart` `[n, 1]` and `heavier` `[n, M]`, 0 or 1
 */
export function findModes(
  weights: tf.Tensor2D,
  actions: tf.Tensor2D,
  low: tf.Tensor,
  high: tf.Tensor,
): Modes {
  const places = widestCoordinate(weights, inRange(weights, actions, low, high));
  const mean = tf.sum(tf.mul(weights, places), 1, true);
  const variance = tf.sum(tf.mul(weights, tf.squaredDifference(places, mean)), 1, true);
  // [n, i, j]: whether candidate j is on the lower side of a cut just above candidate i.
  const lower = tf.cast(tf.lessEqual(tf.expandDims(places, 1), tf.expandDims(places, 2)), "float32");
  const share = tf.sum(tf.mul(lower, tf.expandDims(weights, 1)), 2);
  const moment = tf.sum(tf.mul(lower, tf.expandDims(tf.mul(weights, places), 1)), 2);
  const rest = tf.maximum(tf.sub(1, share), 0);
  const explained = tf.divNoNan(
    tf.square(tf.sub(tf.mul(mean, share), moment)),
    tf.mul(share, rest),
  ) as tf.Tensor2D;
  const cut = bestOf(explained, 1);
  const at = (values: tf.Tensor) => tf.sum(tf.mul(cut, values), 1, true);
  const lowerMean = tf.divNoNan(at(moment), at(share));
  const upperMean = tf.divNoNan(tf.sub(mean, at(moment)), at(rest));
  const apart = tf.logicalAnd(
    tf.greater(at(explained), tf.mul(variance, MODES_EXPLAIN)),
    tf.greater(tf.sub(upperMean, lowerMean), MODES_APART),
  );
  const inLower = tf.sum(tf.mul(tf.expandDims(cut, 2), lower), 1);
  const lowerIsHeavier = tf.greaterEqual(at(share), 0.5);
  return {
    apart: tf.cast(apart, "float32") as tf.Tensor2D,
    heavier: tf.where(lowerIsHeavier, inLower, tf.sub(1, inLower)) as tf.Tensor2D,
  };
}

/**
 * The weights again; where there are two groups, without those of the lighter one.
 *
 * @param weights `[n, M]`, rows that sum to 1
 * @param modes as {@linkcode findModes} gives them
 * @returns `[n, M]`, every row sums to 1; to the bit what was given where there is one group
 */
export function weightsOfHeavierMode(weights: tf.Tensor2D, { apart, heavier }: Modes): tf.Tensor2D {
  const kept = tf.mul(weights, heavier);
  const shares = tf.divNoNan(kept, tf.sum(kept, 1, true));
  return tf.where(tf.greater(apart, 0.5), shares, weights) as tf.Tensor2D;
}

/**
 * The share of states whose candidates fall apart.
 *
 * @param apart `[n]`, see {@link Modes}
 * @returns 0 to 1
 */
export function apartShare(apart: Float32Array): number {
  return apart.reduce((sum, one) => sum + one, 0) / apart.length;
}

/**
 * Whether candidates of a task must not be averaged by a network: the actor is not to act in it.
 *
 * @param apartShare 0 to 1
 * @returns whether it is above the limit
 */
export function isMultimodal(apartShare: number): boolean {
  return apartShare > MAX_APART_SHARE;
}

/** Actions in parts of the range `[n, M, A]`; 0 where there is none. */
function inRange(weights: tf.Tensor2D, actions: tf.Tensor2D, low: tf.Tensor, high: tf.Tensor): tf.Tensor {
  const [states, candidates] = weights.shape;
  const parts = tf.divNoNan(tf.sub(actions, low), tf.sub(high, low));
  return tf.reshape(parts, [states, candidates, actions.shape[1]!]);
}

/** `[n, M, A]` -> `[n, M]`: the coordinate whose weighted variance is greatest. */
function widestCoordinate(weights: tf.Tensor2D, cubes: tf.Tensor): tf.Tensor2D {
  const shares = tf.expandDims(weights, 2);
  const mean = tf.sum(tf.mul(shares, cubes), 1, true);
  const variance = tf.sum(tf.mul(shares, tf.squaredDifference(cubes, mean)), 1) as tf.Tensor2D;
  return tf.sum(tf.mul(cubes, tf.expandDims(bestOf(variance, 1), 1)), 2) as tf.Tensor2D;
}
