/**
 * The seam between a step and the way it is computed, restated structurally so that this room imports no other.
 * @module
 */
import type * as tf from "tf";

/** One array outside TensorFlow: `data` holds the product of `shape` values, row-major. */
export interface StoredArray {
  shape: number[];
  data: Float32Array | Int32Array;
}

/** Named arrays outside TensorFlow. */
export type Stored = Record<string, StoredArray>;

/** Named tensors. */
export type Tensors = Record<string, tf.Tensor>;

/** A step: a pure function of tensors with static shapes. `state` persists between calls, `inputs` change. */
export interface StepDefinition<S extends Tensors, I extends Tensors, O extends Tensors> {
  name: string;
  /**
   * Everything that decides what the step computes, besides the names, shapes and types of state and inputs: steps of
   * equal name and identity are traced once a process. Without it every compilation traces.
   */
  identity?: string;
  step: (state: S, inputs: I) => { state: S; outputs: O };
}

/** A step ready to be called many times; it owns its copy of the state. */
export interface CompiledStep {
  /** Feeds `inputs`, updates the state inside, returns the outputs. A step that throws changes no state. */
  run(inputs: Stored): Stored;
  /** The current state, as arrays of its own. */
  readState(): Promise<Stored>;
  /** Releases the state; calling it again does nothing. */
  dispose(): void;
}

/** Turns a step into something that is called many times. */
export type Compile = <S extends Tensors, I extends Tensors, O extends Tensors>(
  definition: StepDefinition<S, I, O>,
  initialState: Stored,
  exampleInputs: Stored,
) => CompiledStep;

/** Shape and type of one array, as fixed when the step was compiled. */
export interface ArraySpec {
  name: string;
  shape: number[];
  dtype: "float32" | "int32" | "bool";
}

/** The specs of `stored`, sorted by name so that equal arrays give equal graphs. */
export function specsOf(stored: Stored): ArraySpec[] {
  return Object.keys(stored).sort().map((name) => {
    const { shape, data } = stored[name]!;
    return { name, shape: [...shape], dtype: data instanceof Float32Array ? "float32" : "int32" };
  });
}

/**
 * Checks that `stored` holds exactly the arrays of `specs`: TensorFlow itself does not check what is fed.
 *
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
