/**
 * The TensorFlow operations a step may use, each with its test in `operations_test.ts`. To add one, read
 * "Adding a kernel" in the README.
 * @module
 */
import { type Attributes, DataType } from "./graph_def.ts";

/** Operations a step may use; they are written into the graph exactly as tfjs executes them. */
export const KNOWN_OPERATIONS: readonly string[] = [
  // arithmetic
  ..."Add AddN Sub Mul RealDiv FloorDiv FloorMod Pow Maximum Minimum SquaredDifference".split(" "),
  // one argument
  ..."Abs Neg Sign Square Sqrt Rsqrt Reciprocal Exp Expm1 Log Log1p Sin Cos Tan Atan Tanh Sinh Cosh".split(
    " ",
  ),
  ..."Erf Sigmoid Softplus Relu Relu6 Elu EluGrad Floor Ceil Round Softmax".split(" "),
  // comparison and choice
  ..."Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot Select IsNan".split(
    " ",
  ),
  // matrices and reductions
  ..."BatchMatMulV2 Sum Mean Prod Max Min All Any ArgMax ArgMin TopKV2 Cumsum Cumprod UnsortedSegmentSum"
    .split(" "),
  // shape and selection
  ..."Reshape ExpandDims Transpose ConcatV2 Slice StridedSlice SplitV Pack Unpack Tile PadV2 ReverseV2".split(
    " ",
  ),
  ..."GatherV2 GatherNd OneHot Cast Fill Range ZerosLike OnesLike".split(" "),
];

/**
 * Type attributes that tfjs leaves for eager TensorFlow to infer (a graph must spell them out): by operation, the
 * attribute and the input whose type it is.
 */
export const INFERRED_TYPES: Readonly<Record<string, readonly [attribute: string, input: number]>> = {
  ExpandDims: ["T", 0],
};

/** Kernels of tfjs that read their indices back only to check their bounds; in the graph TensorFlow checks them. */
export const BOUND_CHECKING_KERNELS: readonly string[] = ["GatherV2"];

/** What TensorFlow's optimiser turns into other arithmetic when it finds one as the input of another. */
const REGROUPED = new Set("Add AddN Sub Mul RealDiv Sqrt Exp Sigmoid".split(" "));

/**
 * Whether the operation must be kept from being regrouped; only floating-point rounds.
 *
 * @param op TensorFlow's name of the operation
 * @returns false for whole numbers
 */
export function isRegrouped(op: string, attributes: Attributes): boolean {
  return REGROUPED.has(op) && isDeviceWork(op, attributes);
}

/**
 * Whether the operation is pinned to the accelerator when there is one. Only floating-point work is: TensorFlow keeps
 * shapes, axes and indices in host memory, and a pin without a kernel there would refuse to load.
 *
 * @param op TensorFlow's name of the operation
 * @returns by the type of its attribute `T` or `dtype`
 */
export function isDeviceWork(op: string, attributes: Attributes): boolean {
  const type = attributes["T"] ?? attributes["dtype"];
  return op !== "Placeholder" && type?.kind === "type" && type.value === DataType.float32;
}
