/**
 * Writes a graph as the bytes of a `saved_model.pb`. Field numbers are those of TensorFlow's `saved_model.proto`,
 * `meta_graph.proto`, `graph.proto`, `node_def.proto`, `attr_value.proto`, `tensor.proto` and `tensor_shape.proto`.
 * @module
 */
import type { Attribute, Constant, GraphNode } from "./graph_def.ts";
import { bytesField, floatField, integerField, joinBytes, textField } from "./protobuf.ts";

/** Version of the operation definitions the nodes follow (TensorFlow 2.17). */
const PRODUCER = 1882;

/**
 * A SavedModel with one meta graph, tagged "serve".
 *
 * @param nodes of the graph, each after its inputs
 * @returns bytes of `saved_model.pb`
 */
export function encodeSavedModel(nodes: GraphNode[]): Uint8Array {
  const versions = bytesField(4, integerField(1, PRODUCER));
  const graph = joinBytes([...nodes.map((node) => bytesField(1, encodeNode(node))), versions]);
  const info = textField(4, "serve");
  const metaGraph = joinBytes([bytesField(1, info), bytesField(2, graph)]);
  return joinBytes([integerField(1, 1), bytesField(2, metaGraph)]);
}

function encodeNode({ name, op, inputs, device, attributes }: GraphNode): Uint8Array {
  return joinBytes([
    textField(1, name),
    textField(2, op),
    ...inputs.map((input) => textField(3, input)),
    ...(device ? [textField(4, device)] : []),
    ...Object.keys(attributes).sort().map((key) =>
      bytesField(5, joinBytes([textField(1, key), bytesField(2, encodeAttribute(attributes[key]!))]))
    ),
  ]);
}

function encodeAttribute(attribute: Attribute): Uint8Array {
  switch (attribute.kind) {
    case "ints":
      return bytesField(1, joinBytes(attribute.value.map((value) => integerField(3, value))));
    case "string":
      return textField(2, attribute.value);
    case "int":
      return integerField(3, attribute.value);
    case "float":
      return floatField(4, attribute.value);
    case "bool":
      return integerField(5, attribute.value ? 1 : 0);
    case "type":
      return integerField(6, attribute.value);
    case "shape":
      return bytesField(7, encodeShape(attribute.value));
    case "tensor":
      return bytesField(8, encodeTensor(attribute.value));
  }
}

function encodeShape(shape: number[] | "unknown"): Uint8Array {
  if (shape === "unknown") return integerField(3, 1);
  return joinBytes(shape.map((size) => bytesField(2, integerField(1, size))));
}

function encodeTensor({ dtype, shape, data }: Constant): Uint8Array {
  const header = joinBytes([integerField(1, dtype), bytesField(2, encodeShape(shape))]);
  return joinBytes([header, encodeValues(data)]);
}

/** All values, or one where they are all the same bits: TensorFlow repeats the last value it is given. */
function encodeValues(data: Constant["data"]): Uint8Array {
  const first = data[0];
  if (first === undefined) return new Uint8Array();
  if (!data.every((value: number) => Object.is(value, first))) {
    return bytesField(4, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  if (data instanceof Float32Array) return floatField(5, first);
  return integerField(data instanceof Int32Array ? 7 : 11, first);
}
