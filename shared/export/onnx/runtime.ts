/**
 * onnxruntime, with which every graph is checked before it is written. Not among the packages that everybody installs: its
 * package has 139 MB, of which two files of 14 MB are needed, and these for export alone. WebAssembly rather than the native
 * library (over 200 MB): it needs no right to run native code, so that confined services have it too, and it
 * gives the same bytes on every machine.
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { hasOnnxRuntime, ONNXRUNTIME_FILES, ONNXRUNTIME_FOLDER, ONNXRUNTIME_SETUP } from "./runtime_files.ts";

/** onnxruntime is not installed. */
export class OnnxRuntimeMissing extends Error {
  override name = "OnnxRuntimeMissing";
  constructor(cause?: unknown) {
    super(
      `Cannot export as onnxruntime is not installed, with which every graph is checked before it is written: run \`${ONNXRUNTIME_SETUP}\` (14 MB)`,
      { cause },
    );
  }
}

/** An array that goes into a model or comes out of it. */
export interface OnnxArray {
  shape: readonly number[];
  data: Float32Array | BigInt64Array;
}

/** A model in memory. */
export interface OnnxModel {
  run(inputs: Readonly<Record<string, OnnxArray>>): Promise<Record<string, OnnxArray>>;
  close(): Promise<void>;
}

/** The part of onnxruntime's interface that is used. */
interface OnnxRuntime {
  env: { wasm: { numThreads: number; wasmBinary?: Uint8Array }; logLevel: string };
  InferenceSession: { create(bytes: Uint8Array): Promise<OnnxSession> };
  Tensor: new (type: string, data: OnnxArray["data"], shape: readonly number[]) => OnnxTensor;
}
interface OnnxSession {
  run(inputs: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
  release(): Promise<void>;
}
interface OnnxTensor {
  data: OnnxArray["data"];
  dims: readonly number[];
}

let loaded: Promise<OnnxRuntime> | undefined;

/**
 * Opens a model.
 *
 * @param bytes of an ONNX file
 * @returns must be closed
 * @throws {OnnxRuntimeMissing}
 * @throws {Error} for bytes that are no model
 */
export async function openOnnxModel(bytes: Uint8Array): Promise<OnnxModel> {
  const { InferenceSession, Tensor } = await (loaded ??= load());
  const session = await InferenceSession.create(bytes);
  return {
    async run(inputs) {
      const tensors = Object.entries(inputs).map(([name, { shape, data }]) =>
        [name, new Tensor(data instanceof Float32Array ? "float32" : "int64", data, shape)] as const
      );
      const outputs = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { data, dims }]) => [name, { data, shape: dims }]),
      );
    },
    close: () => session.release(),
  };
}

async function load(): Promise<OnnxRuntime> {
  if (!hasOnnxRuntime()) {
    loaded = undefined;
    throw new OnnxRuntimeMissing();
  }
  const [script, binary] = Object.keys(ONNXRUNTIME_FILES).map((name) => join(ONNXRUNTIME_FOLDER, name));
  const runtime = await withoutLocation(() => import(pathToFileURL(script!).href));
  // One thread: sums are the same from run to run.
  Object.assign(runtime.env.wasm, { numThreads: 1, wasmBinary: await readFile(binary!) });
  runtime.env.logLevel = "error";
  return runtime;
}

/** A thread's location has no origin that addresses could be resolved against, which the module would try as it is loaded. */
async function withoutLocation(load: () => Promise<OnnxRuntime>): Promise<OnnxRuntime> {
  const known = Object.getOwnPropertyDescriptor(globalThis, "location");
  Object.defineProperty(globalThis, "location", { value: undefined, configurable: true });
  try {
    return await load();
  } finally {
    if (known) Object.defineProperty(globalThis, "location", known);
    else Reflect.deleteProperty(globalThis, "location");
  }
}
