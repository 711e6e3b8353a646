/**
 * Networks as data: which layers follow each other, and the names of their tensors. A new kind of network is a description.
 * @module
 */

/** A part of the first linear layer. */
export interface InputKernel {
  /** Name of the tensor `[I, O]`. */
  kernel: string;
  /** Only these rows of the tensor, from and to; all if left out. */
  rows?: readonly [number, number];
}

/** x W + b. */
export interface LinearLayer {
  layer: "linear";
  /** Name of the tensor `[I, O]`. */
  kernel: string;
  /** Name of the tensor `[O]`. */
  bias: string;
  /** Name of a tensor `[tasks, O]`: the task's row is added to the bias. */
  taskRows?: string;
}

/** A layer; `residual` adds what its layers make of its input to the input. */
export type Layer =
  | LinearLayer
  | { layer: "layerNorm" | "silu" | "relu" }
  | { layer: "residual"; layers: readonly Layer[] };

/** A network: a first linear layer over the state and what belongs to each candidate, then the others. */
export interface NetworkDescription {
  /** Of the state, shared by all its candidates. */
  states: InputKernel;
  /** Of a candidate's own numbers: noise, or an action. Its sums go on from the state's. */
  candidates?: InputKernel;
  /** The first layer's; as in {@linkcode LinearLayer}. */
  bias: string;
  taskRows?: string;
  layers: readonly Layer[];
}
