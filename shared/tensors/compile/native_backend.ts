/**
 * The part of tfjs-node's backend that compiling uses. It is not in the package's documentation, which is why the
 * package is pinned to one exact version and `operations_test.ts` runs against the real one.
 * @module
 */
import * as tf from "tf";

/** Attribute of an operation as tfjs-node hands it to its binding. */
export interface OperationAttribute {
  name: string;
  type: number;
  value: unknown;
}

/** Handle of a tensor that lives in TensorFlow. */
export interface TensorHandle {
  id: number;
  shape: number[];
  dtype: number;
}

/** The N-API binding. */
export interface Binding {
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  /** Shares memory with `values`: they must not change while the tensor lives. */
  createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  /** A copy of the values. */
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): TensorHandle[];
}

/** The backend that tfjs-node registers as "tensorflow". */
export interface NativeBackend {
  readonly binding: Binding;
  executeSingleOutput(op: string, attributes: OperationAttribute[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: OperationAttribute[],
    inputs: tf.TensorInfo[],
    count: number,
  ): tf.Tensor[];
  readSync(id: object): tf.backend_util.BackendValues;
}

/**
 * The native backend, when it is the active one.
 *
 * @returns TensorFlow's backend with its own members
 * @throws {Error} When another backend is active: only TensorFlow itself has graphs.
 */
export function nativeBackend(): NativeBackend {
  if (tf.getBackend() !== "tensorflow") {
    throw new Error(
      `Cannot compile steps as the native backend is not active: current backend is "${tf.getBackend()}"`,
    );
  }
  // cast: tfjs types no backend's own members.
  return tf.backend() as unknown as NativeBackend;
}
