/**
 * Records what a step does. The step runs once on the real backend; every TensorFlow operation that tfjs executes
 * (forward, the backward of its tape, the optimiser) passes through two methods of the backend, and is written down.
 * @module
 */
import * as tf from "tf";
import type { Attributes, Constant } from "./graph_def.ts";
import { BOUND_CHECKING_KERNELS, KNOWN_OPERATIONS } from "./operations.ts";
import type { NativeBackend, OperationAttribute } from "./native_backend.ts";
import { attributesOf, bitsOf, readConstant, UntraceableStep } from "./recorded_values.ts";
import { type ArraySpec, type Params, specsOf, type StepDefinition, type Stored, toParams } from "../seam.ts";

/** Output `output` of node `node`, counted from 0 in the order of execution. */
export interface Reference {
  node: number;
  output: number;
}

/** One thing a step used or did. */
export type TracedNode =
  | { kind: "state" | "input"; spec: ArraySpec }
  | { kind: "constant"; constant: Constant }
  | {
    kind: "operation";
    op: string;
    attributes: Attributes;
    inputs: Reference[];
    varies: boolean;
  };

/** A value a step returns. */
export interface TracedResult {
  spec: ArraySpec;
  value: Reference;
}

/** Everything a step did, in order. */
export interface Trace {
  nodes: TracedNode[];
  state: TracedResult[];
  outputs: TracedResult[];
}

/**
 * Runs `definition.step` once and records it.
 *
 * @param initialState arrays by name; the shapes are part of the graph
 * @param exampleInputs arrays by name; the shapes are part of the graph
 * @returns its operations in order, and which of them are the next state and the outputs
 * @throws {UntraceableStep} When it uses an unknown operation, reads a tensor back or draws random numbers.
 * @throws {TypeError} When the state it returns has other names, shapes or types than the state it was given.
 */
export function traceStep(
  backend: NativeBackend,
  definition: StepDefinition,
  initialState: Stored,
  exampleInputs: Stored,
): Trace {
  const recorder = new Recorder(backend);
  let trace: Trace | undefined;
  tf.tidy(() => {
    const state = recorder.feed("state", initialState);
    const inputs = recorder.feed("input", exampleInputs);
    const result = recorder.record(() => definition.step(state, inputs));
    const next = recorder.results(result.state);
    checkSameState(definition.name, specsOf(initialState), next);
    trace = { nodes: recorder.nodes, state: next, outputs: recorder.results(result.outputs) };
  });
  return trace!;
}

/** Stands in front of the backend for the length of one trace. */
class Recorder {
  readonly nodes: TracedNode[] = [];
  /** Where the data of a tensor came from; tensors that share data (`clone`, `identity`) share their origin. */
  readonly #origins = new Map<object, Reference>();
  readonly #constants = new Map<string, number>();
  #readsAllowed = 0;

  constructor(private readonly backend: NativeBackend) {}

  /** Makes the tensors of `stored`, known from now on as state or input. */
  feed(kind: "state" | "input", stored: Stored): Params {
    const tensors = toParams(stored);
    for (const spec of specsOf(stored)) {
      this.#origins.set(tensors[spec.name]!.dataId, { node: this.nodes.length, output: 0 });
      this.nodes.push({ kind, spec });
    }
    return tensors;
  }

  /** Runs `step` while everything it does on the backend is written down. */
  record<T>(step: () => T): T {
    const { backend } = this;
    const { executeSingleOutput, executeMultipleOutputs, readSync } = backend;
    const restoreKernels = this.#allowBoundChecks();
    const random = Math.random;
    backend.executeSingleOutput = (op, attributes, inputs) => {
      const output = executeSingleOutput.call(backend, op, attributes, inputs);
      this.#write(op, attributes, inputs, [output]);
      return output;
    };
    backend.executeMultipleOutputs = (op, attributes, inputs, count) => {
      const outputs = executeMultipleOutputs.call(backend, op, attributes, inputs, count);
      this.#write(op, attributes, inputs, outputs);
      return outputs;
    };
    backend.readSync = (id) => {
      this.#checkRead(id);
      return readSync.call(backend, id);
    };
    Math.random = () => {
      throw new UntraceableStep("it draws random numbers, which a graph would repeat: pass them as inputs");
    };
    try {
      return step();
    } finally {
      Math.random = random;
      restoreKernels();
      // The interceptors are own properties: without them the methods of the class are back.
      for (const key of ["executeSingleOutput", "executeMultipleOutputs", "readSync"] as const) {
        delete (backend as Partial<NativeBackend>)[key];
      }
    }
  }

  /** Where each returned tensor came from, sorted by name. */
  results(tensors: Params): TracedResult[] {
    return Object.keys(tensors).sort().map((name) => {
      const tensor = tensors[name]!;
      const dtype = tensor.dtype as ArraySpec["dtype"];
      return { spec: { name, shape: [...tensor.shape], dtype }, value: this.#originOf(tensor) };
    });
  }

  #write(op: string, attributes: OperationAttribute[], inputs: tf.TensorInfo[], outputs: tf.Tensor[]): void {
    if (!KNOWN_OPERATIONS.includes(op)) {
      throw new UntraceableStep(`operation ${op} is not known to the compiler`);
    }
    const references = inputs.map((input) => this.#originOf(input));
    const varies = references.some(({ node }) => variesOf(this.nodes[node]!));
    const recorded = attributesOf(this.backend.binding, op, attributes, inputs);
    outputs.forEach((tensor, output) =>
      this.#origins.set(tensor.dataId, { node: this.nodes.length, output })
    );
    this.nodes.push({ kind: "operation", op, attributes: recorded, inputs: references, varies });
  }

  /** A tensor nobody recorded was made from JavaScript values: a constant, shared where the values are the same. */
  #originOf(tensor: tf.TensorInfo): Reference {
    const known = this.#origins.get(tensor.dataId);
    if (known) return known;
    const constant = readConstant(this.backend, tensor);
    const key = constant.data.length > 64
      ? undefined
      : `${constant.dtype}[${constant.shape}]${bitsOf(constant)}`;
    const node = (key && this.#constants.get(key)) ?? this.nodes.push({ kind: "constant", constant }) - 1;
    if (key) this.#constants.set(key, node as number);
    const origin = { node: node as number, output: 0 };
    this.#origins.set(tensor.dataId, origin);
    return origin;
  }

  #checkRead(id: object): void {
    const origin = this.#origins.get(id);
    const node = origin && this.nodes[origin.node];
    if (!node || !variesOf(node) || this.#readsAllowed > 0) return;
    const source = node.kind === "operation"
      ? `the result of ${node.op}`
      : node.kind === "constant"
      ? "a constant"
      : node.spec.name;
    throw new UntraceableStep(`it reads ${source} back to JavaScript`);
  }

  #allowBoundChecks(): () => void {
    const restore = BOUND_CHECKING_KERNELS.map((name) => {
      const kernel = tf.getKernel(name, "tensorflow") as { kernelFunc: tf.KernelFunc };
      const { kernelFunc } = kernel;
      kernel.kernelFunc = (parameters) => {
        this.#readsAllowed++;
        try {
          return kernelFunc(parameters);
        } finally {
          this.#readsAllowed--;
        }
      };
      return () => void (kernel.kernelFunc = kernelFunc);
    });
    return () => restore.forEach((undo) => undo());
  }
}

function variesOf(node: TracedNode): boolean {
  return node.kind === "operation" ? node.varies : node.kind !== "constant";
}

function checkSameState(step: string, given: ArraySpec[], returned: TracedResult[]): void {
  const describe = (specs: ArraySpec[]) =>
    specs.map(({ name, shape, dtype }) => `${name} ${dtype}[${shape}]`).join(", ");
  const [before, after] = [describe(given), describe(returned.map(({ spec }) => spec))];
  if (before !== after) {
    throw new TypeError(
      `Cannot compile step "${step}" as it must return the state it was given (${before}): it returns ${after}`,
    );
  }
}
