/**
 * Activates the native backend, for this room's tests and benchmark; services do it through `backend.ts`.
 * @module
 */
import process from "node:process";
import util from "node:util";
import * as tf from "tf";

/** Imports tfjs-node, which registers its backend and all gradients, and makes it the active one. */
export async function activateNative(): Promise<void> {
  // tfjs-node 4.22 calls two functions that current runtimes have removed.
  const legacy = util as unknown as Record<string, (value: unknown) => boolean>;
  legacy["isNullOrUndefined"] ??= (value) => value === null || value === undefined;
  legacy["isArray"] ??= Array.isArray;
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  await import("@tensorflow/tfjs-node-gpu");
  if (!await tf.setBackend("tensorflow")) throw new Error("The native backend could not be activated");
}
