/**
 * Tensor files: the safetensors format with F32, I32 and U8. One byte sequence for one content: names sorted,
 * header padded to 8 bytes, wide types first so that every tensor is aligned. By hand, since hashes of artifacts rest on
 * these very bytes, and no library promises to keep its own.
 * @module
 */

/** One array with its shape. */
export interface TensorEntry {
  shape: number[];
  data: Float32Array | Int32Array | Uint8Array;
}
/** Named arrays. */
export type TensorFile = Record<string, TensorEntry>;

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const constructors = { F32: Float32Array, I32: Int32Array, U8: Uint8Array } as const;
type DataType = keyof typeof constructors;
/** The specification's limit on the header. */
const maxHeaderBytes = 100_000_000;

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
  const { header, dataStart } = readHeader(bytes);
  const tensors: TensorFile = {};
  const spans: [number, number, string][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const entry = checkEntry(name, value);
    const [begin, end] = entry.data_offsets;
    if (dataStart + end > bytes.length) {
      throw broken(
        `${name} ends at byte ${dataStart + end}, but the file has ${bytes.length}: it is cut off`,
      );
    }
    spans.push([begin, end, name]);
    // Not `slice`: a Buffer's shares its memory, and its `buffer` is a pool of many.
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(dataStart + begin, dataStart + end));
    tensors[name] = { shape: entry.shape, data: new constructors[entry.dtype as DataType](copy.buffer) };
  }
  checkSpans(spans, bytes.length - dataStart);
  return { tensors, metadata: checkMetadata(header.__metadata__) };
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

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) throw broken(`it has ${bytes.length} bytes, and its header length alone takes 8`);
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (size > maxHeaderBytes || 8 + size > bytes.length) {
    throw broken(`its header should take ${size} bytes, but the file has ${bytes.length}`);
  }
  try {
    const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + size)));
    if (typeof header !== "object" || header === null || Array.isArray(header)) {
      throw new Error("not an object");
    }
    return { header, dataStart: 8 + size };
  } catch (cause) {
    throw broken("its header is not a JSON object", cause);
  }
}

function checkEntry(name: string, value: unknown): HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<HeaderEntry>;
  if (name === "__proto__") throw broken("a tensor cannot be named __proto__");
  if (typeof dtype !== "string" || !Object.hasOwn(constructors, dtype)) {
    throw broken(`${name} has type ${dtype}, and only F32, I32 and U8 are read`);
  }
  const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw broken(`${name} has the shape ${JSON.stringify(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0] > offsets[1]) {
    throw broken(`${name} has the offsets ${JSON.stringify(offsets)}`);
  }
  const wanted = product(shape) * constructors[dtype as DataType].BYTES_PER_ELEMENT;
  if (offsets[1] - offsets[0] !== wanted) {
    throw broken(`${name} [${shape}] needs ${wanted} bytes and has ${offsets[1] - offsets[0]}`);
  }
  return { dtype, shape, data_offsets: [offsets[0], offsets[1]] };
}

/** Tensors fill the data part exactly: a hole or an overlap means a damaged or crafted file. */
function checkSpans(spans: [number, number, string][], size: number): void {
  let position = 0;
  for (const [begin, end, name] of spans.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== position) {
      throw broken(`${name} begins at byte ${begin} of the data instead of ${position}`);
    }
    position = end;
  }
  if (position !== size) throw broken(`its tensors take ${position} bytes, but ${size} follow the header`);
}

function checkMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  const isText = typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === "string");
  if (!isText) throw broken("its __metadata__ is not a map of strings");
  return value as Record<string, string>;
}

function sorted(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}

function broken(reason: string, cause?: unknown): SyntaxError {
  return new SyntaxError(`This is not a readable safetensors file: ${reason}`, cause ? { cause } : undefined);
}
