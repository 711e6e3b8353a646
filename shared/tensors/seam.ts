/**
 * The seam between a step and the way it is computed. A step is a pure function of tensors with static shapes; `eager` runs
 * it operation by operation, a graph compiler may trace it once and run it as one call. Code that only writes steps needs
 * nothing else of this room: there is no backend here, and no native code.
 * @module
 */
import * as tf from "tf";

/** One array outside the tensor library. */
export interface StoredTensor {
  /** Sizes, outermost first. */
  shape: number[];
  /** Values, row-major. */
  data: Float32Array | Int32Array;
}

/** Named arrays outside the tensor library: weights and snapshots as they are written to files, batches as they are fed. */
export type Stored = Record<string, StoredTensor>;

/** Named live tensors. Who makes them disposes them. */
export type Params = Record<string, tf.Tensor>;

/** A pure step. It returns every entry of the state, changed or not; it must not keep or dispose its arguments. */
export interface StepDefinition {
  /** For error messages and traces. */
  name: string;
  /**
   * Everything that decides what the step computes, besides the names, shapes and types of state and inputs. A compiler
   * may do its work once for all steps of equal name and identity; without it, it must not.
   */
  identity?: string;
  /** Next state and outputs, from nothing but its arguments. */
  step: (state: Params, inputs: Params) => { state: Params; outputs: Params };
}

/** A step bound to its own copy of the state. Calls of `run` must not overlap. */
export interface CompiledStep {
  /**
   * Runs one step on `inputs` (names, shapes and types as in the example), keeps the new state, returns the outputs.
   * A step that throws changes no state.
   */
  run(inputs: Stored): Promise<Stored> | Stored;
  /** A copy of the present state. */
  readState(): Promise<Stored>;
  /** Frees the state; calling it again does nothing. */
  dispose(): void;
}

/** Binds a step to an initial state; `exampleInputs` fixes names, shapes and types of the inputs. */
export type Compile = (
  definition: StepDefinition,
  initialState: Stored,
  exampleInputs: Stored,
) => CompiledStep;

/**
 * Keeps the state as live tensors and runs the step operation by operation: on any backend, for steps that cannot become a
 * graph, and what compiled steps are compared with.
 *
 * @example
 * ```ts
 * import { openBackend } from "@cugro/tensors";
 * import { eager } from "@cugro/tensors/seam";
 * import * as tf from "tf";
 * import { assertEquals } from "@std/assert";
 *
 * await openBackend({ backend: "wasm" });
 * const x = { shape: [2], data: Float32Array.of(1, 2) };
 * const step = eager(
 *   { name: "sum", step: ({ total }, { x }) => ({ state: { total: tf.add(total!, x!) }, outputs: {} }) },
 *   { total: { shape: [2], data: new Float32Array(2) } },
 *   { x },
 * );
 * await step.run({ x });
 * await step.run({ x });
 * assertEquals([...(await step.readState()).total!.data], [2, 4]);
 * step.dispose();
 * ```
 */
export const eager: Compile = (definition, initialState, exampleInputs) => {
  const inputSpecs = specsOf(exampleInputs);
  const what = `step "${definition.name}"`;
  let state: Params | undefined = toParams(initialState);
  return {
    run(inputs) {
      if (!state) throw new Error(`Cannot run ${what} as it is disposed`);
      checkStored(what, inputSpecs, inputs);
      const previous = state;
      const result = tf.tidy(() => definition.step(previous, toParams(inputs)));
      const outputs = toStored(result.outputs);
      // One tensor may stand in the old state, the new one and the outputs at once.
      const kept = new Set(Object.values(result.state));
      const done = new Set([...Object.values(previous), ...Object.values(result.outputs)]);
      for (const tensor of done) if (!kept.has(tensor)) tensor.dispose();
      state = result.state;
      return outputs;
    },
    readState: () =>
      state ? Promise.resolve(toStored(state)) : Promise.reject(new Error(`${what} is disposed`)),
    dispose() {
      for (const tensor of new Set(Object.values(state ?? {}))) tensor.dispose();
      state = undefined;
    },
  };
};

/**
 * A live tensor with a copy of the values: a backend may read an array as late as the tensor's first use.
 *
 * @param stored shape and data
 * @returns float32 or int32, of that shape
 */
export function toTensor({ shape, data }: StoredTensor): tf.Tensor {
  return tf.tensor(data.slice(), shape, data instanceof Int32Array ? "int32" : "float32");
}

/**
 * Live tensors of all entries, as {@linkcode toTensor} makes them; the caller disposes them.
 *
 * @param stored arrays by name
 * @returns tensors by name
 */
export function toParams(stored: Stored): Params {
  return Object.fromEntries(Object.entries(stored).map(([name, tensor]) => [name, toTensor(tensor)]));
}

/**
 * Copies live tensors out and does not dispose them; booleans become integers.
 *
 * @param params tensors by name
 * @returns arrays by name
 */
export function toStored(params: Params): Stored {
  return Object.fromEntries(
    Object.entries(params).map(([name, tensor]) => {
      const values = tensor.dataSync() as Float32Array | Int32Array | Uint8Array;
      const data = values instanceof Float32Array ? values.slice() : Int32Array.from(values);
      return [name, { shape: tensor.shape.slice(), data }];
    }),
  );
}

/** Shape and type of one array, as fixed when the step was compiled. */
export interface ArraySpec {
  name: string;
  shape: number[];
  dtype: "float32" | "int32" | "bool";
}

/**
 * The specs of `stored`, sorted by name so that equal arrays give equal graphs.
 *
 * @param stored arrays by name
 * @returns name, shape and type of each
 */
export function specsOf(stored: Stored): ArraySpec[] {
  return Object.keys(stored).sort().map((name) => {
    const { shape, data } = stored[name]!;
    return { name, shape: [...shape], dtype: data instanceof Float32Array ? "float32" : "int32" };
  });
}

/**
 * Checks that `stored` holds exactly the arrays of `specs`: TensorFlow itself does not check what is fed.
 *
 * @param what named in the error
 * @param specs as compiled
 * @param stored arrays by name
 * @throws {RangeError} On a missing or unexpected name, another shape, or data that does not fill its shape.
 * @throws {TypeError} On integers where floats were compiled, or the reverse.
 */
export function checkStored(what: string, specs: ArraySpec[], stored: Stored): void {
  for (const name of Object.keys(stored)) {
    if (!specs.some((spec) => spec.name === name)) {
      throw new RangeError(`Cannot run ${what}: "${name}" is unknown`);
    }
  }
  for (const { name, shape, dtype } of specs) {
    const array = stored[name];
    if (!array) throw new RangeError(`Cannot run ${what}: "${name}" is missing`);
    if (array.shape.length !== shape.length || array.shape.some((size, axis) => size !== shape[axis])) {
      throw new RangeError(
        `Cannot run ${what} as "${name}" must be [${shape}]: current shape is [${array.shape}]`,
      );
    }
    const actual = array.data instanceof Float32Array ? "float32" : "int32";
    if (actual !== dtype) {
      throw new TypeError(`Cannot run ${what} as "${name}" must be ${dtype}: current type is ${actual}`);
    }
    const size = shape.reduce((product, n) => product * n, 1);
    if (array.data.length !== size) {
      throw new RangeError(
        `Cannot run ${what} as "${name}" must hold ${size} values: it holds ${array.data.length}`,
      );
    }
  }
}
