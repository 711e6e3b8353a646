import { assert, assertEquals } from "@std/assert";
import { openBackend } from "../backend.ts";
import { exampleBatch, exampleState, exampleStep } from "../testing/example_step.ts";
import { nativeBackend } from "./native_backend.ts";
import { integerField, varint } from "./protobuf.ts";
import { encodeSavedModel } from "./saved_model.ts";
import { buildStepGraph } from "./step_graph.ts";
import { traceStep } from "./record_graph.ts";

await openBackend({ backend: "native" });

/** The fields of an encoded message: numbers for varints, bytes for everything with a length. */
function fieldsOf(bytes: Uint8Array): { field: number; value: number | Uint8Array }[] {
  const fields: { field: number; value: number | Uint8Array }[] = [];
  let at = 0;
  const number = () => {
    let [value, scale] = [0, 1];
    for (;; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = number();
    if ((tag & 7) === 0) fields.push({ field: tag >> 3, value: number() });
    else {
      const size = (tag & 7) === 5 ? 4 : number();
      fields.push({ field: tag >> 3, value: bytes.subarray(at, at += size) });
    }
  }
  return fields;
}

const messages = (bytes: Uint8Array, field: number) =>
  fieldsOf(bytes).filter((entry) => entry.field === field).map(({ value }) => value as Uint8Array);
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** Operation, device and element type of every node, read back from the bytes of a `saved_model.pb`. */
function placements(savedModel: Uint8Array): { op: string; device: string; dtype: number }[] {
  const graph = messages(messages(savedModel, 2)[0]!, 2)[0]!;
  return messages(graph, 1).map((node) => {
    const attributes = messages(node, 5).map((entry) =>
      [text(messages(entry, 1)[0]), messages(entry, 2)[0]!] as const
    );
    const type = attributes.find(([name]) => name === "T" || name === "dtype")?.[1];
    const dtype = type ? fieldsOf(type)[0]!.value as number : 0;
    return { op: text(messages(node, 2)[0]), device: text(messages(node, 4)[0]), dtype };
  });
}

Deno.test("varint() and integerField() write the bytes of the protocol buffer specification", () => {
  assertEquals([...varint(150)], [0x96, 0x01]);
  assertEquals([...varint(-1)], [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
  assertEquals([...integerField(1, 150)], [0x08, 0x96, 0x01]);
});

Deno.test("encodeSavedModel() pins floating-point work and the weights to the device that was asked for", () => {
  const sizes = { width: 16, batch: 8, features: 4 };
  const trace = traceStep(nativeBackend(), exampleStep(), exampleState(sizes), exampleBatch(sizes, 1));
  const onDevice = placements(encodeSavedModel(buildStepGraph(trace, "/device:GPU:0").nodes));
  for (const op of ["BatchMatMulV2", "Sigmoid", "VarHandleOp", "ReadVariableOp", "AssignVariableOp"]) {
    const found = onDevice.filter((node) => node.op === op);
    assert(found.length > 0 && found.every(({ device }) => device === "/device:GPU:0"), op);
  }
  const pinned = onDevice.filter(({ device }) => device !== "");
  assertEquals([...new Set(pinned.map(({ dtype }) => dtype))], [1]);
  assert(onDevice.some(({ dtype, device }) => dtype === 3 && device === ""), "axes stay in host memory");
  const anywhere = placements(encodeSavedModel(buildStepGraph(trace, "").nodes));
  assertEquals(
    anywhere.map(({ op, dtype }) => ({ op, dtype })),
    onDevice.map(({ op, dtype }) => ({ op, dtype })),
  );
  assert(anywhere.every(({ device }) => device === ""));
});
