/**
 * The stored form of a dataset (safetensors) and its hash.
 * @module
 */
import { createHash } from "node:crypto";
import { decodeTensors, tensorLayout, type TensorShape } from "@cugro/protocol";
import { type Rows, rowsIn } from "./blocks/block_rows.ts";
import { type Dataset, DatasetError, type DatasetRows } from "./dataset.ts";
import { rowsOfDataset } from "./dataset_rows.ts";
import { readMetadata } from "./metadata.ts";

/** One array of a dataset: how it is stored, and its bytes piece by piece. */
interface StoredArray extends TensorShape {
  pieces(): Iterable<Uint8Array>;
}

function arraysOf(given: Dataset | DatasetRows): Record<string, StoredArray> {
  const { states, actions, nextStates, rewards, terminals, timeouts, success } = rowsOfDataset(given);
  return {
    states: matrix(states),
    actions: matrix(actions),
    rewards: { shape: [rewards.length], dtype: "F32", pieces: () => rowPieces(rowsIn(rewards, 1)) },
    nextStates: matrix(nextStates),
    terminals: flags(terminals),
    timeouts: flags(timeouts),
    ...(success ? { success: flags(success) } : {}),
  };
}

function matrix(rows: Rows): StoredArray {
  return { shape: [rows.size, rows.columns], dtype: "F32", pieces: () => rowPieces(rows) };
}

function flags(values: Uint8Array): StoredArray {
  return { shape: [values.length], dtype: "U8", pieces: () => [values] };
}

function* rowPieces(rows: Rows): Generator<Uint8Array> {
  for (let from = 0; from < rows.size; from += rows.blockRows) {
    const { buffer, byteOffset, byteLength } = rows.read(from, Math.min(rows.size, from + rows.blockRows));
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
}

/**
 * The file `datasets/<hash>.safetensors` of a dataset.
 *
 * @param dataset in memory or by rows
 * @returns `[bytes]`, safetensors
 */
export function encodeDataset(dataset: Dataset | DatasetRows): Uint8Array {
  const { size, pieces } = encodeInPieces(dataset);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces()) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * The same file piece by piece, each to be used before the next one is asked for, and its size in bytes.
 *
 * @param dataset in memory or by rows
 * @returns its size in bytes, and its pieces in order
 */
export function encodeInPieces(
  dataset: Dataset | DatasetRows,
): { size: number; pieces(): Iterable<Uint8Array> } {
  const arrays = arraysOf(dataset);
  const { start, names, size } = tensorLayout(arrays, metadataOf(dataset));
  return {
    size,
    *pieces() {
      yield start;
      for (const name of names) yield* arrays[name]!.pieces();
    },
  };
}

function metadataOf(dataset: Dataset | DatasetRows): Record<string, string> {
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
  return metadata;
}

/**
 * Reads what {@link encodeDataset} wrote; the content was judged when it was accepted.
 *
 * @param bytes `[n]`, safetensors
 * @param file name used in errors
 * @returns matrices `[N, S]` and `[N, A]`, raw units
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

/**
 * Identity of a dataset: SHA-256 (hex) over the names, shapes and bytes of its arrays, and nothing else.
 *
 * @param dataset in memory or by rows
 * @returns 64 hexadecimal digits
 */
export function datasetHash(dataset: Dataset | DatasetRows): string {
  const hash = createHash("sha256");
  for (const [name, array] of Object.entries(arraysOf(dataset)).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}[${array.shape}]\n`);
    for (const piece of array.pieces()) hash.update(piece);
  }
  return hash.digest("hex");
}
