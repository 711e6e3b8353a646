/**
 * Runs in the thread of one bundle: opens the backend, makes the files, ends. The other side: `bundler.ts`.
 * @module
 */
import { openCompute } from "@cugro/tensors";
import { bundleFiles, type OnCheck } from "./bundle_files.ts";
import type { FromThread } from "./bundler.ts";
import type { ExportInput } from "./gather_version.ts";
import { OnnxRuntimeMissing } from "./onnx/runtime.ts";
import { zipFiles } from "./bundle_zip.ts";

interface Thread {
  onmessage: (event: MessageEvent<ExportInput>) => void;
  postMessage(message: FromThread, moved?: Transferable[]): void;
}
// cast: the types of this file are those of a page, not of a worker thread.
const thread = globalThis as unknown as Thread;

thread.onmessage = async ({ data }) => {
  try {
    const { compile } = await openCompute();
    const onCheck: OnCheck = (model, done, inputs) => thread.postMessage({ checking: model, done, inputs });
    const { files } = await bundleFiles(data, compile, onCheck);
    const made = zipFiles(files);
    thread.postMessage({ made }, [made.buffer]);
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    thread.postMessage({ failed, isMissing: error instanceof OnnxRuntimeMissing });
  }
};
