/**
 * For tests only (this room may not import the platform): opens a tensor backend once and proves that a test leaks no tensor.
 * `CUGRO_BACKEND=wasm` takes the fallback, `cpu` plain JS; otherwise the native library.
 * @module
 */
import process from "node:process";
import util from "node:util";
import * as tf from "tf";

let opened: Promise<void> | undefined;

/** Makes tfjs ready; the same promise for everyone. */
export function openTestBackend(): Promise<void> {
  return opened ??= open(process.env.CUGRO_BACKEND ?? "native");
}

async function open(name: string): Promise<void> {
  if (name === "native") {
    // The binding's package still calls two functions that Node 23 and Deno no longer have.
    Object.assign(util, { isNullOrUndefined: (x: unknown) => x == null, isArray: Array.isArray });
    process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
    await import("@tensorflow/tfjs-node-gpu");
    await tf.ready();
    return;
  }
  await import("@tensorflow/tfjs-layers");
  if (name === "wasm") {
    const wasm = await import("@tensorflow/tfjs-backend-wasm");
    wasm.setWasmPaths(
      new URL("../../../node_modules/@tensorflow/tfjs-backend-wasm/wasm-out/", import.meta.url).pathname,
    );
  }
  if (!(await tf.setBackend(name))) throw new Error(`Cannot test as backend "${name}" did not open`);
}

/** A test body on an open backend, which must leave as many tensors as it found. */
export function noLeaks(body: () => void | Promise<void>): () => Promise<void> {
  return async () => {
    await openTestBackend();
    const before = tf.memory().numTensors;
    await body();
    const leaked = tf.memory().numTensors - before;
    if (leaked !== 0) throw new Error(`Expected no tensors to be left over: ${leaked} are`);
  };
}
