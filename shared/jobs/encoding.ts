/**
 * The algorithm's arrays as bytes: weights, normalisers and shards are safetensors in raw units, curves are JSON.
 * @module
 */
import type { ReplayRows } from "@cugro/algorithm";
import {
  type Curve,
  type Normaliser,
  normaliserFromStored,
  type Snapshot,
  type Stored,
} from "@cugro/algorithm/arrays";
import {
  canonicalJson,
  decodeTensors,
  encodeTensors,
  type JsonValue,
  type TensorFile,
} from "@cugro/protocol";
import { PermanentError } from "@cugro/worker/errors";

/**
 * Bytes of weights, a normaliser or a sketch.
 *
 * @param stored arrays by name
 * @returns bytes of a tensor file
 */
export function encodeStored(stored: Stored): Uint8Array {
  return encodeTensors(stored);
}

/**
 * What {@link encodeStored} wrote.
 *
 * @param bytes of {@link encodeStored}
 * @returns arrays by name
 */
export function decodeStored(bytes: Uint8Array): Stored {
  return toStored(decodeTensors(bytes).tensors);
}

function toStored(tensors: TensorFile): Stored {
  const stored: Stored = {};
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (data instanceof Uint8Array) {
      throw new PermanentError(`The tensor ${name} must hold numbers of 32 bits`);
    }
    stored[name] = { shape, data };
  }
  return stored;
}

/**
 * The normaliser of one task.
 *
 * @param bytes of a normaliser
 * @returns centre, half-range, minimum and maximum of its states and actions
 */
export function decodeNormaliser(bytes: Uint8Array): Normaliser {
  return normaliserFromStored(decodeStored(bytes));
}

/**
 * One shard: states `[n, S]`, and actions `[n, A]` once it is labelled.
 *
 * @param size rows, n
 * @param states `[n, S]`
 * @param actions `[n, A]`, once it is labelled
 * @returns bytes of a tensor file
 */
export function encodeShard(size: number, states: Float32Array, actions?: Float32Array): Uint8Array {
  const matrix = (data: Float32Array) => ({ shape: [size, data.length / size], data });
  return encodeTensors({ states: matrix(states), ...(actions ? { actions: matrix(actions) } : {}) });
}

/**
 * Reads the states of a shard that is not labelled yet.
 *
 * @param bytes of {@link encodeShard}
 * @returns states `[size, S]`
 * @throws {PermanentError} if it holds none
 */
export function decodeShardStates(bytes: Uint8Array): { states: Float32Array; size: number } {
  const { states } = decodeStored(bytes);
  if (!states) throw new PermanentError("The shard holds no states");
  return { states: states.data as Float32Array, size: states.shape[0]! };
}

/**
 * A labelled shard of one old task.
 *
 * @param bytes of {@link encodeShard}
 * @param task the old task that it stands for
 * @returns states `[size, S]` and actions `[size, A]`
 * @throws {PermanentError} if it holds no states or no actions
 */
export function decodeShard(bytes: Uint8Array, task: number): ReplayRows {
  const { states, actions } = decodeStored(bytes);
  if (!states || !actions) throw new PermanentError(`A shard of task ${task} holds no states or no actions`);
  return {
    task,
    states: states.data as Float32Array,
    actions: actions.data as Float32Array,
    size: states.shape[0]!,
  };
}

/**
 * Loss curves as JSON.
 *
 * @param curves losses by step; those that are not finite become null
 * @returns bytes of canonical JSON
 */
export function encodeCurves(curves: readonly Curve[]): Uint8Array {
  return encodeJson(
    curves.map(({ name, steps, values }) => ({ name, steps: [...steps], values: values.map(finiteOrNull) })),
  );
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/**
 * Canonical JSON bytes.
 *
 * @param value any JSON
 * @returns the same bytes for the same value, whatever the order of its fields
 */
export function encodeJson(value: JsonValue): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

/**
 * A training's whole state as one file.
 *
 * @param snapshot arrays by name, and the training's position
 * @returns bytes of a tensor file
 */
export function encodeSnapshot({ tensors, position }: Snapshot): Uint8Array {
  return encodeTensors(tensors, { position: JSON.stringify(position) });
}

/**
 * What {@link encodeSnapshot} wrote.
 *
 * @param bytes of {@link encodeSnapshot}
 * @returns arrays by name, and the training's position
 */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const { tensors, metadata } = decodeTensors(bytes);
  return { tensors: toStored(tensors), position: JSON.parse(metadata.position ?? "") };
}
