/**
 * From candidates and their Q to one action: pi(a|s) ~ mu(a|s) exp(alpha Q(s, a)) by sampling mu and reweighting.
 * Inner storey: tensors in, tensors out.
 * @module
 */
import * as tf from "tf";

/** How candidates are judged and one action is made of them. */
export interface SelectionSettings {
  selection: "top" | "soft" | "mode" | "one";
  topCount: number;
  selectionSpread: "candidates" | "returns";
  inverseTemperature: number;
  pessimism: number | "min";
}

/** A spread below this (in units of the task's return spread) is rounding, not preference. */
const SPREAD_FLOOR = 1e-4;

/**
 * One Q out of an ensemble's: their least, or their mean minus `pessimism` standard deviations.
 * @param q `[B, E]`
 * @returns `[B]`
 */
export function pessimisticValue(q: tf.Tensor2D, pessimism: number | "min"): tf.Tensor1D {
  if (pessimism === "min") return tf.min(q, 1);
  const mean = tf.mean(q, 1, true);
  const deviation = tf.sqrt(tf.mean(tf.squaredDifference(q, mean), 1));
  return tf.sub(tf.squeeze(mean, [1]), tf.mul(deviation, pessimism));
}

/**
 * Weight of each candidate; every row sums to 1.
 * `top`: 1/n for each of the n best. `soft`: proportional to exp(alpha (Q - V) / spread), V the mean over the
 * candidates of a state and spread their standard deviation, or 1: Q is in units of the spread of the task's returns.
 * `mode`: as `soft`; what is left out where there are two groups is decided by the actions (`modes.ts`).
 * `one`: 1 for one candidate drawn with the `soft` weights.
 * @param q `[n, M]`
 * @param gumbel standard Gumbel noise `[n, M]`, used by `one`: the argmax of log weights + noise is such a draw
 * @returns `[n, M]`
 */
export function candidateWeights(
  q: tf.Tensor2D,
  settings: SelectionSettings,
  gumbel?: tf.Tensor,
): tf.Tensor2D {
  if (settings.selection === "top") return bestOf(q, settings.topCount);
  // V cancels in a softmax; subtracting the best instead keeps every exponent at most 0, whatever alpha is.
  const advantage = tf.sub(q, tf.max(q, 1, true));
  const scaled = settings.selectionSpread === "returns" ? advantage : tf.div(advantage, spreadOf(q));
  const logits = tf.mul(scaled, settings.inverseTemperature) as tf.Tensor2D;
  if (settings.selection === "one") return bestOf(tf.add(logits, gumbel!), 1);
  const weights = tf.exp(logits);
  return tf.div(weights, tf.sum(weights, 1, true));
}

/** Standard deviation over the candidates of each state, floored `[n, 1]`. */
function spreadOf(q: tf.Tensor2D): tf.Tensor {
  const deviation = tf.sqrt(tf.mean(tf.squaredDifference(q, tf.mean(q, 1, true)), 1, true));
  return tf.maximum(deviation, SPREAD_FLOOR);
}

/**
 * One-hot rows: 1 at the greatest entry, ties to the first. What a discrete action is, drawn or chosen.
 * @param rows `[n, C]`
 * @returns `[n, C]`
 */
export function oneHotOfBest(rows: tf.Tensor2D): tf.Tensor2D {
  return bestOf(rows, 1);
}

/**
 * 1/n for each of the n greatest of a row, ties to the earlier one. By comparing all pairs: no sort on any backend.
 *
 * @param values `[B, M]`
 * @param count n, at most M
 * @returns `[B, M]`, rows that sum to 1
 */
export function bestOf(values: tf.Tensor2D, count: number): tf.Tensor2D {
  const candidates = values.shape[1];
  const n = Math.min(count, candidates);
  const own = tf.expandDims(values, 2), other = tf.expandDims(values, 1); // [n, M, 1], [n, 1, M]
  const better = tf.cast(tf.greater(other, own), "float32");
  const earlier = tf.tensor3d(
    Array.from(
      { length: candidates * candidates },
      (_, at) => at % candidates < Math.floor(at / candidates) ? 1 : 0,
    ),
    [1, candidates, candidates],
  );
  const ties = tf.mul(tf.cast(tf.equal(other, own), "float32"), earlier);
  const rank = tf.sum(tf.add(better, ties), 2);
  return tf.mul(tf.cast(tf.less(rank, n - 0.5), "float32"), 1 / n);
}

/**
 * The weighted mean of the candidates.
 * @param weights `[n, M]`
 * @param actions `[n * M, A]`, those of one state together
 * @returns `[n, A]`
 */
export function combineCandidates(weights: tf.Tensor2D, actions: tf.Tensor2D): tf.Tensor2D {
  const [states, candidates] = weights.shape;
  const cubes = tf.reshape(actions, [states, candidates, actions.shape[1]]);
  return tf.sum(tf.mul(tf.expandDims(weights, 2), cubes), 1);
}
