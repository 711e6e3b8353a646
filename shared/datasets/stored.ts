/**
 * The stored form of a dataset (safetensors) and its hash.
 * @module
 */
import { createHash } from "node:crypto";
import { encodeTensors, type TensorFile } from "@cugro/protocol";
import { assemble } from "./assemble.ts";
import type { Dataset } from "./dataset.ts";
import { readSafetensors } from "./read_safetensors.ts";

function arraysOf(dataset: Dataset): TensorFile {
  const { size, stateDim, actionDim } = dataset;
  return {
    states: { shape: [size, stateDim], data: dataset.states },
    actions: { shape: [size, actionDim], data: dataset.actions },
    rewards: { shape: [size], data: dataset.rewards },
    nextStates: { shape: [size, stateDim], data: dataset.nextStates },
    terminals: { shape: [size], data: dataset.terminals },
    timeouts: { shape: [size], data: dataset.timeouts },
    ...(dataset.success ? { success: { shape: [size], data: dataset.success } } : {}),
  };
}

/** The file `datasets/<hash>.safetensors` of a dataset. */
export function encodeDataset(dataset: Dataset): Uint8Array {
  const { env, family, goal, horizon, returnRandom, returnFinalPolicy, actionLimit } = dataset.metadata;
  const attributes = {
    env,
    family,
    goal,
    horizon,
    return_random: returnRandom,
    return_final_policy: returnFinalPolicy,
    action_limit: actionLimit,
  };
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) metadata[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return encodeTensors(arraysOf(dataset), metadata);
}

/** Reads what {@link encodeDataset} wrote; the content was judged when it was accepted. */
export function decodeDataset(bytes: Uint8Array, file = "dataset"): Dataset {
  return assemble(readSafetensors(bytes, file), file);
}

/** Identity of a dataset: SHA-256 (hex) over the names, shapes and bytes of its arrays, and nothing else. */
export function datasetHash(dataset: Dataset): string {
  const hash = createHash("sha256");
  for (
    const [name, { shape, data }] of Object.entries(arraysOf(dataset)).sort(([a], [b]) => (a < b ? -1 : 1))
  ) {
    hash.update(`${name}[${shape}]\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
