/**
 * Operations of a graph as functions: values in, value out.
 * @module
 */
import type { Graph, Value } from "./onnx_graph.ts";

/** The operations of a graph. Shapes broadcast as in numpy. */
export interface Operations {
  readonly graph: Graph;
  /** A number that every element is combined with. */
  number(value: number): Value;
  add(a: Value, b: Value): Value;
  subtract(a: Value, b: Value): Value;
  multiply(a: Value, b: Value): Value;
  divide(a: Value, b: Value): Value;
  /** a / b, and 0 where b is 0. */
  divideOrZero(a: Value, b: Value): Value;
  least(a: Value, b: Value): Value;
  greatest(a: Value, b: Value): Value;
  clamp(a: Value, low: Value, high: Value): Value;
  product(a: Value, matrix: Value): Value;
  /** Over one axis, which stays as one of size 1. */
  reduce(how: "Sum" | "Mean" | "Max" | "Min", a: Value, axis: number): Value;
  /** 1 where it holds, else 0. */
  holds(
    comparison: "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual",
    a: Value,
    b: Value,
  ): Value;
  /** 1 at the greatest of the last axis, ties to the first; 0 elsewhere. */
  oneHotOfBest(a: Value, size: number): Value;
  reshape(a: Value, ...shape: number[]): Value;
  /** Any other node of one input. */
  unary(type: string, a: Value): Value;
}

/**
 * The operations of a graph.
 *
 * @param graph that nodes are added to
 * @returns functions that give the name of their output
 */
export function operationsOf(graph: Graph): Operations {
  const two = (type: string) => (a: Value, b: Value) => graph.node(type, [a, b]);
  const number = (value: number) => graph.weight(`number ${value}`, Float32Array.of(value), []);
  const asFloat = (a: Value) => graph.node("Cast", [a], { to: 1 });
  const [add, subtract, multiply, divide] = ["Add", "Sub", "Mul", "Div"].map(two) as [
    Operations["add"],
    Operations["add"],
    Operations["add"],
    Operations["add"],
  ];
  const [least, greatest] = [two("Min"), two("Max")];
  const holds: Operations["holds"] = (comparison, a, b) => asFloat(graph.node(comparison, [a, b]));
  return {
    ...{ graph, number, add, subtract, multiply, divide, least, greatest, holds },
    divideOrZero: (a, b) => {
      const isZero = graph.node("Equal", [b, number(0)]);
      return graph.node("Where", [isZero, number(0), divide(a, graph.node("Where", [isZero, number(1), b]))]);
    },
    clamp: (a, low, high) => least(greatest(a, low), high),
    product: two("MatMul"),
    // Sum takes its axes as an input since set 13, the others do so only from set 18 on.
    reduce: (how, a, axis) =>
      how === "Sum"
        ? graph.node("ReduceSum", [a, graph.integers(axis)], { keepdims: 1 })
        : graph.node(`Reduce${how}`, [a], { axes: [axis], keepdims: 1 }),
    oneHotOfBest: (a, size) => {
      const best = graph.node("ArgMax", [a], { axis: -1, keepdims: 1, select_last_index: 0 });
      const places = Float32Array.from({ length: size }, (_, i) => i);
      return holds("Equal", asFloat(best), graph.weight(`places ${size}`, places, [size]));
    },
    reshape: (a, ...shape) => graph.node("Reshape", [a, graph.integers(...shape)]),
    unary: (type, a) => graph.node(type, [a]),
  };
}
