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

/** How one array is stored. */
export interface TensorShape {
  shape: readonly number[];
  dtype: DataType;
}

/**
 * Bytes of a safetensors file.
 *
 * @param tensors named arrays; `data.length` is the product of `shape`.
 * @param metadata text kept in the header under `__metadata__`.
 * @returns the same bytes for the same tensors, whatever their order
 * @throws {RangeError} when a shape does not fit its data; {TypeError} for another kind of array.
 * @throws {RangeError} when a shape does not fit its data
 * @throws {TypeError} for another kind of array
 */
export function encodeTensors(tensors: TensorFile, metadata?: Record<string, string>): Uint8Array {
  const shapes = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, shapeOf(name, tensor)]),
  );
  const { start, names, size } = tensorLayout(shapes, metadata);
  const bytes = new Uint8Array(size);
  bytes.set(start);
  let at = start.length;
  for (const name of names) {
    const { data } = tensors[name]!;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * A safetensors file without its numbers: what stands before them, the order in which the arrays follow, and its size.
 *
 * @param tensors shapes and types by name
 * @param metadata text kept in the header under `__metadata__`
 * @returns `start`: the bytes before the numbers; `names` in the order of the data; `size` in bytes of the whole
 *   file
 * @throws {RangeError} for an invalid shape.
 */
export function tensorLayout(
  tensors: Readonly<Record<string, TensorShape>>,
  metadata?: Record<string, string>,
): { start: Uint8Array; names: string[]; size: number } {
  const sortedNames = Object.keys(tensors).sort();
  const header: Record<string, unknown> = {};
  if (metadata && Object.keys(metadata).length > 0) header.__metadata__ = sorted(metadata);
  const names = inDataOrder(sortedNames, tensors);
  const offsets = new Map<string, [number, number]>();
  let offset = 0;
  for (const name of names) {
    const { shape, dtype } = tensors[name]!;
    const end = offset + product(shape) * constructors[dtype].BYTES_PER_ELEMENT;
    offsets.set(name, [offset, end]);
    offset = end;
  }
  for (const name of sortedNames) header[name] = headerEntry(name, tensors[name]!, offsets.get(name)!);
  const start = startOf(header);
  return { start, names, size: start.length + offset };
}

/**
 * The tensors and metadata in a safetensors file; every array owns its memory.
 *
 * @param bytes the bytes of the whole file
 * @returns arrays and shapes by name
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

function inDataOrder(names: string[], tensors: Readonly<Record<string, TensorShape>>): string[] {
  const isWide = (name: string) => constructors[tensors[name]!.dtype].BYTES_PER_ELEMENT > 1;
  return [...names.filter(isWide), ...names.filter((name) => !isWide(name))];
}

function headerEntry(name: string, { shape, dtype }: TensorShape, offsets: [number, number]): HeaderEntry {
  if (name === "__metadata__" || name === "__proto__") {
    throw new RangeError(`A tensor cannot be named ${name}`);
  }
  return { dtype, shape: [...shape], data_offsets: offsets };
}

function shapeOf(name: string, { shape, data }: TensorEntry): TensorShape {
  const dtype = typeName(name, data);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || product(shape) !== data.length) {
    throw new RangeError(
      `Cannot write ${name} as its shape [${shape}] does not fit its ${data.length} values`,
    );
  }
  return { shape, dtype };
}

function typeName(name: string, data: unknown): DataType {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Uint8Array) return "U8";
  throw new TypeError(`Cannot write ${name} as its data must be a Float32Array, Int32Array or Uint8Array`);
}

function startOf(header: Record<string, unknown>): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, 8);
  return bytes;
}

function sorted(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}
