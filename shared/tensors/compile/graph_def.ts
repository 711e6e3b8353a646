/**
 * What a TensorFlow graph is made of: named nodes with typed attributes, as in `graph.proto` and `attr_value.proto`.
 * @module
 */

/** Numbers of `types.proto`. */
export const DataType = { float32: 1, int32: 3, bool: 10 } as const;

/** A tensor written into the graph. */
export interface Constant {
  dtype: number;
  shape: number[];
  data: Float32Array | Int32Array | Uint8Array;
}

/** One attribute of a node. */
export type Attribute =
  | { kind: "type"; value: number }
  | { kind: "int"; value: number }
  | { kind: "ints"; value: number[] }
  | { kind: "float"; value: number }
  | { kind: "bool"; value: boolean }
  | { kind: "string"; value: string }
  | { kind: "shape"; value: number[] | "unknown" }
  | { kind: "tensor"; value: Constant };

/** Attributes by name. */
export type Attributes = Record<string, Attribute>;

/** One node. An input is `node:output`, or `^node` for "run after". */
export interface GraphNode {
  name: string;
  op: string;
  inputs: string[];
  attributes: Attributes;
  /** Where it must run, for example `/device:GPU:0`; empty lets TensorFlow choose. */
  device: string;
}
