/**
 * For tests only: opens the tensor backend once and proves that a test leaks no tensor. `CUGRO_BACKEND=wasm` takes the fallback.
 * @module
 */
import * as tf from "tf";
import { openBackend } from "@cugro/tensors";

/** A test body on an open backend, which must leave as many tensors as it found. */
export function noLeaks(body: () => void | Promise<void>): () => Promise<void> {
  return async () => {
    await openBackend();
    const before = tf.memory().numTensors;
    await body();
    const leaked = tf.memory().numTensors - before;
    if (leaked !== 0) throw new Error(`Expected no tensors to be left over: ${leaked} are`);
  };
}
