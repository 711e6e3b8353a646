/**
 * The stored form of a dataset (safetensors) and its hash.
 * @module
 */
import { createHash } from "node:crypto";
import { decodeTensors, encodeTensors, type TensorFile } from "@cugro/protocol";
import { type Dataset, DatasetError } from "./dataset.ts";
import { readMetadata } from "./metadata.ts";

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
  const { discreteActions, reward, environment } = dataset.metadata;
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
    environment,
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
  const { tensors: arrays, metadata } = decodeStored(bytes, file);
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
    metadata: readMetadata(attributesOf(metadata), file),
  };
}

function decodeStored(bytes: Uint8Array, file: string): ReturnType<typeof decodeTensors> {
  try {
    return decodeTensors(bytes);
  } catch (cause) {
    throw new DatasetError({ file }, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Numbers and lists were written in JSON notation. */
function attributesOf(metadata: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, text]) => [name, isText(name) ? text : parsed(text)]),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const isText = (name: string) => name === "env" || name === "family" || name === "reward_rule";

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
