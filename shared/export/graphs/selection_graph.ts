/**
 * From candidates and their Q to one action, as `algorithm/policy/selection.ts` and `modes.ts` do it with tensors.
 * @module
 */
import type { Value } from "../onnx/onnx_graph.ts";
import type { Operations } from "../onnx/onnx_operations.ts";
import type { Knobs } from "../parts.ts";

/** As where networks are tensors. */
const SPREAD_FLOOR = 1e-4;
const MODES_EXPLAIN = 0.95;
const MODES_APART = 0.3;

/** One Q out of an ensemble's. @param q `[n, M, E]` @returns `[n, M]` */
export function pessimisticValue(
  operations: Operations,
  q: Value,
  candidates: number,
  pessimism: Knobs["pessimism"],
): Value {
  const { reduce, subtract, multiply, number, reshape } = operations;
  if (pessimism === "min") return reshape(reduce("Min", q, 2), -1, candidates);
  const deviation = deviationOf(operations, q, 2);
  const value = subtract(reduce("Mean", q, 2), multiply(deviation, number(pessimism)));
  return reshape(value, -1, candidates);
}

/** Weight of each candidate. @param q `[n, M]` @param gumbel `[n, M]`, for `selection: one` @returns `[n, M]` */
export function candidateWeights(
  operations: Operations,
  q: Value,
  knobs: Knobs,
  gumbel: Value | undefined,
): Value {
  const { number, reduce, subtract, multiply, divide, greatest, add, oneHotOfBest, unary } = operations;
  const { selection, candidates } = knobs;
  if (selection === "top") return bestOf(operations, q, candidates, knobs.topCount);
  const advantage = subtract(q, reduce("Max", q, 1));
  const scaled = knobs.selectionSpread === "returns"
    ? advantage
    : divide(advantage, greatest(deviationOf(operations, q, 1), number(SPREAD_FLOOR)));
  const logits = multiply(scaled, number(knobs.inverseTemperature));
  if (selection === "one") return oneHotOfBest(add(logits, gumbel!), candidates);
  const weights = unary("Exp", logits);
  return divide(weights, reduce("Sum", weights, 1));
}

/** 1/n for each of the n greatest, ties to the earlier one. */
function bestOf(operations: Operations, q: Value, candidates: number, topCount: number): Value {
  const { number, reshape, holds, multiply, add, reduce, graph } = operations;
  const n = Math.min(topCount, candidates);
  const own = reshape(q, -1, candidates, 1), other = reshape(q, -1, 1, candidates);
  const earlier = Float32Array.from(
    { length: candidates * candidates },
    (_, at) => at % candidates < Math.floor(at / candidates) ? 1 : 0,
  );
  const ties = multiply(
    holds("Equal", other, own),
    graph.weight(`earlier ${candidates}`, earlier, [1, candidates, candidates]),
  );
  const rank = reshape(reduce("Sum", add(holds("Greater", other, own), ties), 2), -1, candidates);
  return multiply(holds("Less", rank, number(n - 0.5)), number(1 / n));
}

/**
 * The weights again; where the candidates fall apart into two groups, without those of the lighter one.
 *
 * @param weights `[n, M]`
 * @param actions `[n, M, A]`, normalised
 * @param low `[n, 1, A]`
 * @param high `[n, 1, A]`
 * @returns `[n, M]`; 0 for the candidates that are left out
 */
export function weightsOfHeavierMode(
  operations: Operations,
  weights: Value,
  actions: Value,
  { low, high }: { low: Value; high: Value },
  { candidates, actionDim }: { candidates: number; actionDim: number },
): Value {
  const { number, reduce, subtract, multiply, divide, divideOrZero, greatest, reshape, holds } = operations;
  const sum = (value: Value) => reduce("Sum", value, 1);
  const places = widestCoordinate(operations, weights, actions, { low, high }, { candidates, actionDim });
  const mean = sum(multiply(weights, places));
  const variance = sum(multiply(weights, square(operations, subtract(places, mean))));
  // [n, i, j]: whether candidate j is on the lower side of a cut just above candidate i.
  const lower = holds("LessOrEqual", reshape(places, -1, 1, candidates), reshape(places, -1, candidates, 1));
  const below = (value: Value) =>
    reshape(reduce("Sum", multiply(lower, reshape(value, -1, 1, candidates)), 2), -1, candidates);
  const share = below(weights), moment = below(multiply(weights, places));
  const rest = greatest(subtract(number(1), share), number(0));
  const explained = divideOrZero(
    square(operations, subtract(multiply(mean, share), moment)),
    multiply(share, rest),
  );
  const cut = { mean, variance, share, moment, rest, explained, lower };
  const { apart, heavier } = judgeCut(operations, cut, candidates);
  const kept = multiply(weights, heavier);
  return where(operations, apart, divide(kept, sum(kept)), weights);
}

/** Whether the best cut parts two groups `[n, 1]`, and which candidates are in the heavier one `[n, M]`. */
function judgeCut(
  operations: Operations,
  cut: Record<"mean" | "variance" | "share" | "moment" | "rest" | "explained" | "lower", Value>,
  candidates: number,
): { apart: Value; heavier: Value } {
  const { number, reduce, subtract, multiply, divideOrZero, reshape, holds } = operations;
  const best = operations.oneHotOfBest(cut.explained, candidates);
  const at = (value: Value) => reduce("Sum", multiply(best, value), 1);
  const lowerMean = divideOrZero(at(cut.moment), at(cut.share));
  const upperMean = divideOrZero(subtract(cut.mean, at(cut.moment)), at(cut.rest));
  const apart = multiply(
    holds("Greater", at(cut.explained), multiply(cut.variance, number(MODES_EXPLAIN))),
    holds("Greater", subtract(upperMean, lowerMean), number(MODES_APART)),
  );
  const own = reduce("Sum", multiply(reshape(best, -1, candidates, 1), cut.lower), 1);
  const inLower = reshape(own, -1, candidates);
  const lowerIsHeavier = holds("GreaterOrEqual", at(cut.share), number(0.5));
  return { apart, heavier: where(operations, lowerIsHeavier, inLower, subtract(number(1), inLower)) };
}

function where({ graph, number }: Operations, condition: Value, yes: Value, no: Value): Value {
  return graph.node("Where", [graph.node("Greater", [condition, number(0.5)]), yes, no]);
}

/** The coordinate whose weighted variance is greatest, in parts of the range `[n, M]`. */
function widestCoordinate(
  operations: Operations,
  weights: Value,
  actions: Value,
  { low, high }: { low: Value; high: Value },
  { candidates, actionDim }: { candidates: number; actionDim: number },
): Value {
  const { reduce, subtract, multiply, divideOrZero, reshape, oneHotOfBest } = operations;
  const cubes = divideOrZero(subtract(actions, low), subtract(high, low));
  const shares = reshape(weights, -1, candidates, 1);
  const mean = reduce("Sum", multiply(shares, cubes), 1);
  const variance = reduce("Sum", multiply(shares, square(operations, subtract(cubes, mean))), 1);
  const widest = oneHotOfBest(variance, actionDim);
  return reshape(reduce("Sum", multiply(cubes, widest), 2), -1, candidates);
}

function square({ multiply }: Operations, value: Value): Value {
  return multiply(value, value);
}

function deviationOf(operations: Operations, values: Value, axis: number): Value {
  const { reduce, subtract, unary } = operations;
  const difference = subtract(values, reduce("Mean", values, axis));
  return unary("Sqrt", reduce("Mean", square(operations, difference), axis));
}
