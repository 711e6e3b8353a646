/**
 * Tensor files: the safetensors format with F32, I32 and U8. One byte sequence for one content: names sorted,
 * header padded to 8 bytes, wide types first so that every tensor is aligned. By hand, since hashes of artifacts rest on
 * these very bytes, and no library promises to keep its own.
 * @module
 */

import { constructors, type DataType, type HeaderEntry, product, tensorPlaces } from "./tensor_places.ts";

/** One array with its shape. */
export interface TensorEntry {
  shape: number[];
  data: Float32Array | Int32Array | Uint8Array;
}
/** Named arrays. */
export type TensorFile = Record<string, TensorEntry>;

/**
 * Bytes of a safetensors file.
 *
 * @param tensors named arrays; `data.length` is the product of `shape`.
 * @param metadata text kept in the header under `__metadata__`.
 * @throws {RangeError} when a shape does not fit its data; {TypeError} for another kind of array.
 */
export function encodeTensors(tensors: TensorFile, metadata?: Record<string, string>): Uint8Array {
  const names = Object.keys(tensors).sort();
  const header: Record<string, unknown> = {};
  if (metadata && Object.keys(metadata).length > 0) header.__metadata__ = sorted(metadata);
  let offset = 0;
  const offsets = new Map<string, [number, number]>();
  for (const name of inDataOrder(names, tensors)) {
    const { data } = tensors[name]!;
    offsets.set(name, [offset, offset + data.byteLength]);
    offset += data.byteLength;
  }
  for (const name of names) header[name] = headerEntry(name, tensors[name]!, offsets.get(name)!);
  return assemble(header, offset, names.map((name) => [offsets.get(name)![0], tensors[name]!.data]));
}

/**
 * The tensors and metadata in a safetensors file; every array owns its memory.
 *
 * @throws {SyntaxError} saying what is wrong with the bytes.
 */
export function decodeTensors(bytes: Uint8Array): { tensors: TensorFile; metadata: Record<string, string> } {
  const { places, metadata } = tensorPlaces(bytes, bytes.length);
  const tensors: TensorFile = {};
  for (const [name, { shape, type, start, end }] of Object.entries(places)) {
    // Not `slice`: a Buffer's shares its memory, and its `buffer` is a pool of many.
    const copy = new Uint8Array(end - start);
    copy.set(bytes.subarray(start, end));
    tensors[name] = { shape, data: new constructors[type](copy.buffer) };
  }
  return { tensors, metadata };
}

function inDataOrder(names: string[], tensors: TensorFile): string[] {
  const wide = names.filter((name) => tensors[name]!.data.BYTES_PER_ELEMENT > 1);
  return [...wide, ...names.filter((name) => tensors[name]!.data.BYTES_PER_ELEMENT === 1)];
}

function headerEntry(name: string, { shape, data }: TensorEntry, offsets: [number, number]): HeaderEntry {
  if (name === "__metadata__" || name === "__proto__") {
    throw new RangeError(`A tensor cannot be named ${name}`);
  }
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || product(shape) !== data.length) {
    throw new RangeError(
      `Cannot write ${name} as its shape [${shape}] does not fit its ${data.length} values`,
    );
  }
  return { dtype: typeName(name, data), shape: [...shape], data_offsets: offsets };
}

function typeName(name: string, data: unknown): DataType {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Uint8Array) return "U8";
  throw new TypeError(`Cannot write ${name} as its data must be a Float32Array, Int32Array or Uint8Array`);
}

function assemble(
  header: Record<string, unknown>,
  size: number,
  parts: [number, TensorEntry["data"]][],
): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8 + json.length, 8 + headerBytes);
  bytes.set(json, 8);
  for (const [offset, data] of parts) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 8 + headerBytes + offset);
  }
  return bytes;
}

function sorted(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}
