/**
 * For tests only: onnxruntime installed and loaded, so that what it keeps open for the process is no test's leak.
 * @module
 */
import process from "node:process";
import { installOnnxRuntime } from "../../../scripts/setup/onnxruntime.ts";
import { createGraph } from "../onnx/onnx_graph.ts";
import { openOnnxModel } from "../onnx/runtime.ts";

/** Whether it can be had: installs it once a machine, and runs a graph that adds nothing. A missing runtime is reported, and with `CUGRO_REQUIRE=all` thrown. */
export async function readyOnnxRuntime(): Promise<boolean> {
  try {
    await installOnnxRuntime(console.log);
  } catch (error) {
    if (process.env.CUGRO_REQUIRE === "all") throw error;
    console.error(`skipped: ${(error as Error).message}`);
    return false;
  }
  const graph = createGraph("nothing");
  graph.output("same", graph.input("given", "float", ["n"]), "float", ["n"]);
  const model = await openOnnxModel(graph.bytes("", {}));
  await model.run({ given: { shape: [1], data: new Float32Array(1) } });
  await model.close();
  return true;
}
