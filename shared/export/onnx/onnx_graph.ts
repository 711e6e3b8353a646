/**
 * A graph of ONNX while it is made, and its bytes: by Buf's protobuf from the official schema, so that nothing here knows how
 * messages are laid out. `onnx_schema.json` is what is needed of onnx/onnx.proto of ONNX 1.23 as a descriptor (SPDX:
 * Apache-2.0, https://github.com/onnx/onnx).
 * @module
 */
import { create, createFileRegistry, fromJson, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { version } from "@cugro/telemetry";
import schema from "./onnx_schema.json" with { type: "json" };

/**
 * The oldest set of operators that has LayerNormalization: every onnxruntime from 1.12 on runs it, in Python, Node and
 * browsers, and newer sets bring nothing that is needed.
 */
const OPSET = 17;
/** Of the same time as {@link OPSET}. */
const IR_VERSION = 8;
const TYPES = { float: 1, int64: 7 } as const;
const ATTRIBUTE = { float: 1, int: 2, ints: 7 } as const;

const MODEL = createFileRegistry(fromJson(FileDescriptorProtoSchema, schema), () => undefined)
  .getMessage("onnx.ModelProto")!;

/** The element type of a graph's tensor. */
export type ElementType = keyof typeof TYPES;
/** A value of a graph: the name of an input, a weight, or what a node gives. */
export type Value = string & { readonly __value: unique symbol };
/** Numbers of a node: `axis: 1`, `axes: [1]`, `epsilon: { float: 1e-5 }`. */
export type Attributes = Readonly<Record<string, number | readonly number[] | { float: number }>>;

/** A graph that grows. */
export interface Graph {
  /** A size as text is one that callers choose. */
  input(name: string, type: ElementType, shape: readonly (number | string)[]): Value;
  output(name: string, value: Value, type: ElementType, shape: readonly (number | string)[]): void;
  /** Numbers that are part of the graph; those of the same name are there once. */
  weight(name: string, data: Float32Array, shape: readonly number[]): Value;
  /** Whole numbers, as axes and shapes are. */
  integers(...numbers: number[]): Value;
  /** The same node of the same values is there once: what does not change from step to step is computed once. */
  node(type: string, inputs: readonly Value[], attributes?: Attributes): Value;
  /** The model's bytes, the same for the same calls. */
  bytes(description: string, metadata: Readonly<Record<string, string>>): Uint8Array;
}

/** The parts of a graph so far. */
interface Parts {
  nodes: object[];
  inputs: object[];
  outputs: object[];
  weights: Map<string, object>;
}

/**
 * A graph without anything in it.
 *
 * @param name of the graph
 * @returns the same node, asked for twice, is one
 */
export function createGraph(name: string): Graph {
  const parts: Parts = { nodes: [], inputs: [], outputs: [], weights: new Map() };
  const made = new Map<string, Value>();
  const weight = (label: string, tensor: object): Value => {
    if (!parts.weights.has(label)) parts.weights.set(label, { ...tensor, name: label });
    return label as Value;
  };
  return {
    input(label, type, shape) {
      parts.inputs.push(valueInfo(label, type, shape));
      return label as Value;
    },
    output(label, value, type, shape) {
      addNode(parts, "Identity", [value], {}, label as Value);
      parts.outputs.push(valueInfo(label, type, shape));
    },
    weight: (label, data, shape) =>
      weight(label, { dims: shape.map(BigInt), dataType: TYPES.float, rawData: littleEndian(data) }),
    integers: (...numbers) =>
      weight(`integers ${numbers.join(" ")}`, {
        ...{ dims: [BigInt(numbers.length)], dataType: TYPES.int64 },
        rawData: littleEndian(BigInt64Array.from(numbers, BigInt)),
      }),
    node(type, from, attributes = {}) {
      const key = JSON.stringify([type, from, attributes]);
      const known = made.get(key) ?? addNode(parts, type, from, attributes);
      made.set(key, known);
      return known;
    },
    bytes: (description, metadata) => encodeModel(modelOf(name, parts, description, metadata)),
  };
}

function addNode(
  { nodes }: Parts,
  type: string,
  from: readonly Value[],
  attributes: Attributes,
  output = `${type}_${nodes.length}` as Value,
): Value {
  nodes.push({
    ...{ name: output, opType: type, input: from, output: [output] },
    attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
  });
  return output;
}

function modelOf(
  name: string,
  { nodes, inputs, outputs, weights }: Parts,
  docString: string,
  metadata: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return {
    ...{ irVersion: BigInt(IR_VERSION), opsetImport: [{ domain: "", version: BigInt(OPSET) }] },
    ...{ producerName: "cugro", producerVersion: version, docString },
    graph: { name, node: nodes, initializer: [...weights.values()], input: inputs, output: outputs },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
}

function valueInfo(name: string, type: ElementType, shape: readonly (number | string)[]): object {
  const dim = shape.map((size) => typeof size === "string" ? { dimParam: size } : { dimValue: BigInt(size) });
  return { name, type: { tensorType: { elemType: TYPES[type], shape: { dim } } } };
}

function attributeOf(name: string, value: Attributes[string]): object {
  if (typeof value === "number") return { name, type: ATTRIBUTE.int, i: BigInt(value) };
  return "float" in value
    ? { name, type: ATTRIBUTE.float, f: value.float }
    : { name, type: ATTRIBUTE.ints, ints: value.map(BigInt) };
}

/** Typed arrays have the machine's order of bytes, which is little-endian wherever Deno runs. */
function littleEndian({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function encodeModel(model: Record<string, unknown>): Uint8Array {
  return toBinary(MODEL, create(MODEL, model));
}
