/**
 * The TensorFlow operations a step may use, each with its test in `operations_test.ts`. To add one, read
 * "Adding a kernel" in the README.
 * @module
 */
import { type Attributes, DataType } from "./graph.ts";

/** One operation as TensorFlow executes it: its name, attributes and the shapes of its tensor inputs. */
export interface Operation {
  op: string;
  attributes: Attributes;
  shapes: number[][];
}

/** Operations written into the graph as they were executed. */
const KNOWN = new Set([
  // arithmetic
  ..."Add AddN AddV2 Sub Mul RealDiv Div DivNoNan FloorDiv FloorMod Pow Maximum Minimum SquaredDifference"
    .split(" "),
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
  ..."MatMul BatchMatMulV2 Sum Mean Prod Max Min All Any ArgMax ArgMin TopKV2 Cumsum UnsortedSegmentSum"
    .split(" "),
  // shape and selection
  ..."Reshape ExpandDims Transpose ConcatV2 Slice StridedSlice SplitV Pack Unpack Tile PadV2 ReverseV2".split(
    " ",
  ),
  ..."GatherV2 GatherNd OneHot Cast Fill Range ZerosLike OnesLike".split(" "),
]);

/** Kernels of tfjs that read their indices back only to check their bounds; in the graph TensorFlow checks them. */
export const BOUND_CHECKING_KERNELS = ["GatherV2"];

/** Whether a step may use this operation. */
export function isKnown(op: string): boolean {
  return KNOWN.has(op);
}

/**
 * The form of an operation that TensorFlow's graph optimiser knows how to fuse: a product of two matrices is `MatMul`
 * (tfjs asks for the batched one), a sum is `AddV2`.
 */
export function rewrite({ op, attributes, shapes }: Operation): Omit<Operation, "shapes"> {
  if (op === "BatchMatMulV2" && shapes.every((shape) => shape.length === 2)) {
    const { T, adj_x, adj_y } = attributes;
    return { op: "MatMul", attributes: { T: T!, transpose_a: adj_x!, transpose_b: adj_y! } };
  }
  if (op === "Add") return { op: "AddV2", attributes };
  return { op, attributes };
}

/**
 * Whether the operation is pinned to the accelerator when there is one. Only floating-point work is: TensorFlow keeps
 * shapes, axes and indices in host memory, and pins that have no kernel there would refuse to load.
 */
export function isDeviceWork({ op, attributes }: Omit<Operation, "shapes">): boolean {
  const type = attributes["T"] ?? attributes["dtype"];
  return type?.kind === "type" && type.value === DataType.float32 && op !== "TopKV2";
}
