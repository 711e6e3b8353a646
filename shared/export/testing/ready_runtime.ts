/**
 * For tests only: onnxruntime installed and loaded, so that what it keeps open for the process is no test's leak.
 * @module
 */
import { installOnnxRuntime } from "../../../scripts/setup/onnxruntime.ts";
import { createGraph } from "../onnx/graph.ts";
import { openOnnxModel } from "../onnx/runtime.ts";

/** Installs it once a machine, and runs a graph that adds nothing. */
export async function readyOnnxRuntime(): Promise<void> {
  await installOnnxRuntime(console.log);
  const graph = createGraph("nothing");
  graph.output("same", graph.input("given", "float", ["n"]), "float", ["n"]);
  const model = await openOnnxModel(graph.bytes("", {}));
  await model.run({ given: { shape: [1], data: new Float32Array(1) } });
  await model.close();
}
