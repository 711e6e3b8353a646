/**
 * The stored form of a dataset (safetensors) and its hash.
 * @module
 */
import { createHash } from "node:crypto";
import { encodeTensors, type TensorFile } from "@cugro/protocol";
import { type Dataset, DatasetError } from "./dataset.ts";
import { readMetadata } from "./metadata.ts";
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
  const { discreteActions, reward } = dataset.metadata;
  const attributes = {
    env,
    family,
    goal,
    horizon,
    return_random: returnRandom,
    return_final_policy: returnFinalPolicy,
    action_limit: actionLimit,
    discrete_actions: discreteActions,
    reward_rule: reward,
  };
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) metadata[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return encodeTensors(arraysOf(dataset), metadata);
}

/**
 * Reads what {@link encodeDataset} wrote; the content was judged when it was accepted.
 *
 * @throws {DatasetError} where the bytes are no stored dataset
 */
export function decodeDataset(bytes: Uint8Array, file = "dataset"): Dataset {
  const { arrays, attributes } = readSafetensors(bytes, file);
  const array = (name: string) => {
    const found = arrays[name];
    if (found) return found;
    throw new DatasetError({ file, field: name }, "the field is missing: this is no stored dataset");
  };
  const floats = (name: string) => array(name).data as Float32Array;
  const flags = (name: string) => Uint8Array.from(array(name).data);
  const [size = 0, stateDim = 0] = array("states").shape;
  return {
    states: floats("states"),
    actions: floats("actions"),
    rewards: floats("rewards"),
    nextStates: floats("nextStates"),
    terminals: flags("terminals"),
    timeouts: flags("timeouts"),
    ...(arrays.success ? { success: flags("success") } : {}),
    size,
    stateDim,
    actionDim: array("actions").shape[1] ?? 1,
    metadata: readMetadata(attributes, file),
  };
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
