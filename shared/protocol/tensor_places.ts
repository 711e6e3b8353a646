/**
 * Where the tensors of a safetensors file lie, read from its header, so that a large file can be read in parts.
 * @module
 */

/** A tensor's entry in the header. */
export interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** The supported types. */
export const constructors = { F32: Float32Array, I32: Int32Array, U8: Uint8Array } as const;
/** Name of a type. */
export type DataType = keyof typeof constructors;
/** The specification's limit on the header. */
const maxHeaderBytes = 100_000_000;

/** Where a tensor lies in its file: bytes `[start, end)`. */
export interface TensorPlace {
  type: DataType;
  shape: number[];
  start: number;
  end: number;
}

/**
 * The number of bytes before the tensors in a file of `size`, read from its first 8.
 *
 * @param start `[n]`, n >= 8
 * @param size bytes of the whole file
 * @returns bytes
 * @throws {SyntaxError} as {@link tensorPlaces}
 */
export function headerBytes(start: Uint8Array, size: number): number {
  if (size < 8) throw broken(`it has ${size} bytes, and its header length alone takes 8`);
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true));
  if (length > maxHeaderBytes || 8 + length > size) {
    throw broken(`its header should take ${length} bytes, but the file has ${size}`);
  }
  return 8 + length;
}

/**
 * Where the tensors of a file lie, and its metadata, read from its header, so that a large file can be read in parts.
 *
 * @param start its first bytes, at least {@link headerBytes} of them
 * @param size bytes of the whole file
 * @returns shape, type, and place in bytes of each tensor
 * @throws {SyntaxError} saying what is wrong with the file.
 */
export function tensorPlaces(
  start: Uint8Array,
  size: number,
): { places: Record<string, TensorPlace>; metadata: Record<string, string> } {
  const dataStart = headerBytes(start, size);
  const header = parseHeader(start.subarray(8, dataStart));
  const places: Record<string, TensorPlace> = {};
  const spans: [number, number, string][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const entry = checkEntry(name, value);
    const [begin, end] = entry.data_offsets;
    if (dataStart + end > size) {
      throw broken(`${name} ends at byte ${dataStart + end}, but the file has ${size}: it is cut off`);
    }
    spans.push([begin, end, name]);
    places[name] = {
      type: entry.dtype as DataType,
      shape: entry.shape,
      start: dataStart + begin,
      end: dataStart + end,
    };
  }
  checkSpans(spans, size - dataStart);
  return { places, metadata: checkMetadata(header.__metadata__) };
}

function parseHeader(json: Uint8Array): Record<string, unknown> {
  try {
    const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
    if (typeof header !== "object" || header === null || Array.isArray(header)) {
      throw new Error("not an object");
    }
    return header;
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

/**
 * Number of values in a tensor of this shape.
 *
 * @param shape sides
 * @returns 1 for a single number
 */
export function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}
function broken(reason: string, cause?: unknown): SyntaxError {
  return new SyntaxError(`This is not a readable safetensors file: ${reason}`, cause ? { cause } : undefined);
}
