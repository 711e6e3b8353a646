/**
 * For tests of many small steps: the graph compiler where it runs, else eager.
 * @module
 */
import * as tf from "tf";
import { type Compile, eager } from "../numerics/compile.ts";
import { nativeCompile } from "../../tensors/compile/native_compile.ts";
import { openTestBackend } from "./backend.ts";

/** Opens the test backend and returns the fastest way to run steps on it. */
export async function fastCompile(): Promise<Compile> {
  await openTestBackend();
  return tf.getBackend() === "tensorflow" ? nativeCompile() as Compile : eager;
}
