/**
 * Runs in the thread of one bundle: opens the backend, makes the files, ends. The other side: `bundler.ts`.
 * @module
 */
import { openCompute } from "@cugro/tensors";
import { bundleFiles } from "./bundle_files.ts";
import type { FromThread } from "./bundler.ts";
import type { ExportInput } from "./gather_version.ts";
import { OnnxRuntimeMissing } from "./onnx/runtime.ts";

interface Thread {
  onmessage: (event: MessageEvent<ExportInput>) => void;
  postMessage(message: FromThread): void;
}
// cast: the types of this file are those of a page, not of a worker thread.
const thread = globalThis as unknown as Thread;

thread.onmessage = async ({ data }) => {
  try {
    const { compile } = await openCompute();
    thread.postMessage({ made: await bundleFiles(data, compile) });
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    thread.postMessage({ failed, isMissing: error instanceof OnnxRuntimeMissing });
  }
};
