/**
 * Reads what tfjs hands to its backend, constants and attributes, into the form a graph is written from.
 * @module
 */
import type * as tf from "tf";
import { type Attribute, type Attributes, type Constant, DataType } from "./graph_def.ts";
import type { Binding, NativeBackend, OperationAttribute } from "./native_backend.ts";
import { INFERRED_TYPES } from "./operations.ts";

/** Says why a step cannot become a graph. */
export class UntraceableStep extends Error {
  override name = "UntraceableStep";
}

/**
 * A copy of a tensor that was made from JavaScript values.
 *
 * @param tensor `[...]` of type float32, int32 or bool, read back
 * @returns type, shape and values
 * @throws {UntraceableStep} for a tensor of another type
 */
export function readConstant(backend: NativeBackend, tensor: tf.TensorInfo): Constant {
  const dtype = DataType[tensor.dtype as keyof typeof DataType];
  if (dtype === undefined) throw new UntraceableStep(`it uses a constant of type ${tensor.dtype}`);
  const values = backend.readSync(tensor.dataId);
  const array =
    { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[tensor.dtype as keyof typeof DataType];
  return { dtype, shape: [...tensor.shape], data: array.from(values as ArrayLike<number>) };
}

/**
 * The exact bits: -0 and 0 are not the same constant.
 *
 * @param constant any type
 * @returns text that is the same for the same bits
 */
export function bitsOf({ data }: Constant): string {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).join();
}

/**
 * The attributes of an operation, those included that eager TensorFlow infers.
 *
 * @param op TensorFlow's name of the operation
 * @param inputs tensors of any shape, `[...]`: their types are what is inferred
 * @returns attributes by name
 */
export function attributesOf(
  binding: Binding,
  op: string,
  attributes: OperationAttribute[],
  inputs: tf.TensorInfo[],
): Attributes {
  const recorded: Attributes = {};
  for (const { name, type, value } of attributes) {
    recorded[name] = attributeOf(binding, op, name, type, value);
  }
  const inferred = INFERRED_TYPES[op];
  if (inferred) {
    const [name, input] = inferred;
    recorded[name] = { kind: "type", value: DataType[inputs[input]!.dtype as keyof typeof DataType] };
  }
  return recorded;
}

function attributeOf(binding: Binding, op: string, name: string, type: number, value: unknown): Attribute {
  if (type === binding.TF_ATTR_TYPE) return { kind: "type", value: value as number };
  if (type === binding.TF_ATTR_BOOL) return { kind: "bool", value: Boolean(value) };
  if (type === binding.TF_ATTR_FLOAT) return { kind: "float", value: value as number };
  if (type === binding.TF_ATTR_STRING) return { kind: "string", value: value as string };
  if (type === binding.TF_ATTR_SHAPE) return { kind: "shape", value: value as number[] };
  if (type === binding.TF_ATTR_INT) {
    return Array.isArray(value)
      ? { kind: "ints", value }
      : { kind: "int", value: (value as number | undefined) ?? 0 };
  }
  throw new UntraceableStep(`attribute ${name} of operation ${op} has an unknown type`);
}
