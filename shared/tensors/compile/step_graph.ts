/**
 * Turns a trace into a graph whose state lives in TensorFlow.
 *
 *     init:     state_in ─ DeepCopy ─ Assign           release:  DestroyResource
 *     step:     Read ─┐
 *               input ┴─ operations ─ (all done) ─ Assign ─ (all done) ─ outputs
 *     state:    Read
 * @module
 */
import { type Attribute, type Attributes, type Constant, DataType, type GraphNode } from "./graph_def.ts";
import { isDeviceWork, isRegrouped } from "./operations.ts";
import type { Reference, Trace, TracedNode } from "./record_graph.ts";
import type { ArraySpec } from "../seam.ts";

/** A named array and the tensor of the graph that carries it. */
export interface Port {
  spec: ArraySpec;
  tensor: string;
}

/** A graph and the names by which it is fed and fetched. */
export interface StepGraph {
  nodes: GraphNode[];
  inputs: Port[];
  outputs: Port[];
  /** Fetched when there is no other output, to make the step happen. */
  stepDone: string;
  /** Placeholders that set the state when `initDone` is fetched. */
  initial: Port[];
  initDone: string;
  /** The state as it is. */
  state: Port[];
  /** Frees the memory of the state when fetched. */
  released: string;
}

/**
 * The graph of `trace`, with floating-point work pinned to `device` unless that is empty.
 * @param trace of one run of the step
 * @param device such as `/device:GPU:0`; empty: TensorFlow's choice
 * @returns nodes, and the names of what the caller feeds, runs and reads
 */
export function buildStepGraph(trace: Trace, device: string): StepGraph {
  const nodes: GraphNode[] = [];
  const add: Add = (name, op, inputs, attributes) => {
    nodes.push({ name, op, inputs, attributes, device: isDeviceWork(op, attributes) ? device : "" });
    return `${name}:0`;
  };
  const inputs: Port[] = [];
  const variables: Variable[] = [];
  const numbers: string[] = [];
  const wanted = neededNodes(trace);
  trace.nodes.forEach((node, index) => {
    // State and inputs that nothing uses stay: they are part of what the caller feeds and reads.
    if (node.kind === "state") variables.push(addVariable(add, index, node.spec));
    else if (node.kind === "input") inputs.push({ spec: node.spec, tensor: addInput(add, index, node.spec) });
    else if (!wanted.has(index)) return;
    else if (isNumbers(node)) numbers.push(addNumbers(add, index, node.constant));
    else addComputation(add, trace, index, node);
  });
  const { outputs, stepDone } = addResults(add, trace, variables);
  const initial = variables.map((variable) => ({ spec: variable.spec, tensor: addInitial(add, variable) }));
  const kept = [...variables.map(({ name }) => name), ...numbers];
  const initDone = addDone(add, "init_done", kept.map((name) => `^${name}_init`));
  for (const name of kept) {
    add(`${name}_free`, "DestroyResourceOp", [`${name}:0`], { ignore_lookup_error: TRUE });
  }
  const released = addDone(add, "released", kept.map((name) => `^${name}_free`));
  const state = variables.map(({ spec, read }) => ({ spec, tensor: read }));
  return { nodes, inputs, outputs, stepDone, initial, initDone, state, released };
}

const TRUE: Attribute = { kind: "bool", value: true };

type Add = (name: string, op: string, inputs: string[], attributes: Attributes) => string;

interface Variable {
  name: string;
  spec: ArraySpec;
  read: string;
}

/** Indices of the nodes that the returned state and outputs depend on. */
function neededNodes(trace: Trace): Set<number> {
  const wanted = new Set<number>();
  const open = [...trace.state, ...trace.outputs].map(({ value }) => value.node);
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (wanted.has(index)) continue;
    wanted.add(index);
    const node = trace.nodes[index]!;
    if (node.kind === "operation") open.push(...node.inputs.map((input) => input.node));
  }
  return wanted;
}

function addVariable(add: Add, index: number, spec: ArraySpec): Variable {
  const name = `state_${index}`;
  const dtype = typeOf(spec);
  const handle = add(name, "VarHandleOp", [], {
    dtype,
    shape: shapeOf(spec),
    shared_name: { kind: "string", value: name },
  });
  return { name, spec, read: add(`${name}_read`, "ReadVariableOp", [handle], { dtype }) };
}

/**
 * tfjs-node feeds JavaScript memory without copying it. A copy must stand between it and everything that may keep it:
 * reshapes and slices share memory with what they read, so that a variable could end up inside a JavaScript array.
 */
function addInput(add: Add, index: number, spec: ArraySpec): string {
  const feed = add(`input_${index}`, "Placeholder", [], { dtype: typeOf(spec), shape: shapeOf(spec) });
  add(`input_${index}_copy`, "DeepCopy", [feed], { T: typeOf(spec) });
  return feed;
}

function addInitial(add: Add, { name, spec }: Variable): string {
  const dtype = typeOf(spec);
  const feed = add(`${name}_feed`, "Placeholder", [], { dtype, shape: shapeOf(spec) });
  const copy = add(`${name}_copy`, "DeepCopy", [feed], { T: dtype });
  add(`${name}_init`, "AssignVariableOp", [`${name}:0`, copy], { dtype });
  return feed;
}

function addComputation(add: Add, trace: Trace, index: number, node: TracedNode): void {
  const name = `node_${index}`;
  if (node.kind === "constant") {
    const dtype: Attribute = { kind: "type", value: node.constant.dtype };
    add(name, "Const", [], { dtype, value: { kind: "tensor", value: node.constant } });
  } else if (node.kind === "operation") {
    const regrouped = isRegrouped(node.op, node.attributes);
    const inputs = node.inputs.map((input) =>
      regrouped && isHidden(trace, input) ? `node_${input.node}_hidden:0` : tensorOf(trace, input)
    );
    add(name, node.op, inputs, node.attributes);
    if (regrouped) addHidden(add, name);
  }
}

/**
 * TensorFlow's optimiser regroups arithmetic that it recognises, at the cost of its rounding: (x + b) + y becomes
 * (x + y) + b. Operations that it would regroup take each other's results by way of a placeholder with a default, which
 * it does not look through and which costs next to nothing when it runs.
 */
function addHidden(add: Add, name: string): void {
  add(`${name}_hidden`, "PlaceholderWithDefault", [`${name}:0`], {
    dtype: { kind: "type", value: DataType.float32 },
    shape: { kind: "shape", value: "unknown" },
  });
}

/** Whether a result has such a placeholder. */
function isHidden(trace: Trace, { node }: Reference): boolean {
  const source = trace.nodes[node]!;
  return source.kind === "operation" && isRegrouped(source.op, source.attributes);
}

type Numbers = Extract<TracedNode, { kind: "constant" }>;

/** Whether a node is floating-point numbers that the step brought along. */
function isNumbers(node: TracedNode): node is Numbers {
  return node.kind === "constant" && node.constant.dtype === DataType.float32;
}

/**
 * Numbers are variables that nothing changes: what the optimiser knew it would work into the arithmetic, x / c as
 * x (1 / c), 1 / x as a reciprocal, and round otherwise. Shapes and axes it may know.
 */
function addNumbers(add: Add, index: number, numbers: Constant): string {
  const name = `numbers_${index}`;
  const dtype: Attribute = { kind: "type", value: numbers.dtype };
  const shape: Attribute = { kind: "shape", value: numbers.shape };
  const handle = add(name, "VarHandleOp", [], { dtype, shape, shared_name: { kind: "string", value: name } });
  const value = add(`${name}_value`, "Const", [], { dtype, value: { kind: "tensor", value: numbers } });
  add(`${name}_init`, "AssignVariableOp", [handle, value], { dtype });
  add(`${name}_read`, "ReadVariableOp", [handle], { dtype });
  return name;
}

/**
 * Assignments wait until everything is read and computed: no read sees a new value, and a step that fails half-way
 * changes nothing. Outputs wait for the assignments: fetching any of them makes the step happen.
 */
function addResults(add: Add, trace: Trace, variables: Variable[]) {
  const results = [...trace.state, ...trace.outputs].map(({ value }) =>
    `^${tensorOf(trace, value).split(":")[0]}`
  );
  const changed = trace.state.filter(({ value, spec }) => {
    const source = trace.nodes[value.node]!;
    return source.kind !== "state" || source.spec.name !== spec.name;
  });
  add("computed", "NoOp", [
    ...new Set([...results, ...variables.map(({ read }) => `^${read.split(":")[0]}`)]),
  ], {});
  const assigned = changed.map(({ spec, value }) => {
    const { name } = variables.find((variable) => variable.spec.name === spec.name)!;
    add(`${name}_assign`, "AssignVariableOp", [`${name}:0`, tensorOf(trace, value), "^computed"], {
      dtype: typeOf(spec),
    });
    return `^${name}_assign`;
  });
  add("assigned", "NoOp", ["^computed", ...assigned], {});
  const outputs = trace.outputs.map(({ spec, value }, index) => {
    const inputs = [tensorOf(trace, value), "^assigned"];
    return { spec, tensor: add(`output_${index}`, "Identity", inputs, { T: typeOf(spec) }) };
  });
  return { outputs, stepDone: addDone(add, "step_done", ["^assigned"]) };
}

/** Something to fetch once `after` has run. */
function addDone(add: Add, name: string, after: string[]): string {
  const constant: Attribute = {
    kind: "tensor",
    value: { dtype: DataType.int32, shape: [], data: Int32Array.of(1) },
  };
  return add(name, "Const", after, { dtype: { kind: "type", value: DataType.int32 }, value: constant });
}

function tensorOf(trace: Trace, { node, output }: Reference): string {
  const source = trace.nodes[node]!;
  if (source.kind === "state") return `state_${node}_read:0`;
  if (isNumbers(source)) return `numbers_${node}_read:0`;
  return source.kind === "input" ? `input_${node}_copy:0` : `node_${node}:${output}`;
}

function typeOf({ dtype }: ArraySpec): Attribute {
  return { kind: "type", value: DataType[dtype] };
}

function shapeOf({ shape }: ArraySpec): Attribute {
  return { kind: "shape", value: shape };
}
