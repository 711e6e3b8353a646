/**
 * A network's words as nodes of a graph. Values are `[n, m, width]`: n states, m candidates of each (1 where there are none),
 * so that what is the same for all candidates of a state is computed once.
 * @module
 */
import type { Value } from "../onnx/onnx_graph.ts";
import type { Operations } from "../onnx/onnx_operations.ts";
import type { Program, Word } from "../network_words.ts";

/** As in `algorithm/numerics/layers.ts`. */
const LAYER_NORM_EPSILON = 1e-5;

/** Inputs of a network. */
export interface Given {
  /** Registers by name: `s`, `z`. */
  registers: Readonly<Record<string, Value>>;
  /** One-hot `[n, 1, tasks]`. */
  task: Value;
  /** Of the solver, from 0. */
  step?: number;
}

/** Where the machine is. */
interface Machine extends Given {
  operations: Operations;
  program: Program;
  current: { value: Value; width: number };
  kept: Map<string, Machine["current"]>;
}

/**
 * Runs a program.
 *
 * @param program of a network
 * @param given its inputs by register, and the tasks' rows
 * @returns what it gives `[n, m, width]`
 */
export function runWords(operations: Operations, program: Program, given: Given): Value {
  const kept = new Map(
    Object.entries(given.registers).map(([name, value]) => [name, { value, width: 0 }]),
  );
  const machine: Machine = { ...given, operations, program, kept, current: kept.values().next().value! };
  for (const word of program.words) machine.current = run(machine, word);
  return machine.current.value;
}

function run(machine: Machine, [verb, name = ""]: Word): Machine["current"] {
  const { operations, current, kept } = machine;
  const { value, width } = current;
  const { graph, add, multiply, product, unary } = operations;
  const row = (more: Value) => ({ value: add(value, more), width });
  const tensor = () => weight(machine, name);
  switch (verb) {
    case "get":
      return kept.get(name) ?? { value: graph.weight("zero", new Float32Array(1), [1, 1, 1]), width: 1 };
    case "set":
      kept.set(name, current);
      return current;
    case "add":
      return row(kept.get(name)!.value);
    case "join":
      return joined(operations, kept.get(name)!, current);
    case "times":
      return { value: product(value, tensor()), width: widthOf(machine, name) };
    case "plus":
      return { value: add(value, tensor()), width: widthOf(machine, name) };
    case "task":
      return row(product(machine.task, tensor()));
    case "step":
      return row(stepRow(machine, name));
    case "pick":
      return { value: operations.reduce("Sum", multiply(value, machine.task), 2), width: 1 };
    case "norm":
      return { value: normed(operations, current), width };
    case "silu":
      return { value: multiply(value, unary("Sigmoid", value)), width };
    case "relu":
      return { value: unary("Relu", value), width };
  }
}

function joined(
  { graph }: Operations,
  before: Machine["current"],
  own: Machine["current"],
): Machine["current"] {
  const value = graph.node("Concat", [before.value, own.value], { axis: -1 });
  return { value, width: before.width + own.width };
}

function normed({ graph }: Operations, { value, width }: Machine["current"]): Value {
  const gain = graph.weight(`ones ${width}`, new Float32Array(width).fill(1), [width]);
  return graph.node("LayerNormalization", [value, gain], {
    axis: -1,
    epsilon: { float: LAYER_NORM_EPSILON },
  });
}

function weight({ operations, program }: Machine, name: string): Value {
  const { data, shape } = program.tensors[name]!;
  return operations.graph.weight(name, data, shape);
}

function widthOf({ program }: Machine, name: string): number {
  return program.tensors[name]!.shape.at(-1)!;
}

/** Steps are known when a graph is made: each has its own row. */
function stepRow({ operations, program, step = 0 }: Machine, name: string): Value {
  const { data, shape: [, width] } = program.tensors[name]! as {
    data: Float32Array;
    shape: [number, number];
  };
  return operations.graph.weight(`${name} ${step}`, data.slice(step * width, (step + 1) * width), [width]);
}
