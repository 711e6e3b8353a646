/**
 * Writes a dataset as HDF5 in the D4RL layout, readable by every tool of the field.
 * @module
 */
import type h5wasm from "h5wasm";
import type { Dataset } from "../dataset.ts";
import { unpackedLimit } from "../read_limits.ts";
import { attributesOf, fieldsOf, type Sink, type WriteOptions, type WrittenField } from "./written_fields.ts";

type File = InstanceType<typeof h5wasm.File>;

/** Rows of a chunk, which a reader unpacks at once. */
const CHUNK_ROWS = 4096;
/** Bytes that the library is given at a time, and that are taken from it. */
const SLAB_BYTES = 8 * 2 ** 20;
const LARGEST_INT = 2 ** 31 - 1;
let written = 0;

/**
 * The bytes of an HDF5 file with `observations actions rewards next_observations terminals timeouts` and attributes.
 *
 * @param dataset what to write
 * @param attributes further attributes of the file, e.g. how it was collected
 * @returns `[bytes]`, HDF5
 */
export async function writeHdf5(
  dataset: Dataset,
  attributes: Record<string, string | number> = {},
): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  await writeHdf5To(dataset, (piece) => void pieces.push(piece.slice()), { attributes });
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/**
 * Writes a dataset as HDF5, piece by piece: the library's memory holds the packed file, and no field as a whole.
 *
 * @param sink gets bytes in their order
 * @param options attributes, and `onProgress`, called with 0 to 1
 */
export async function writeHdf5To(dataset: Dataset, sink: Sink, options: WriteOptions = {}): Promise<void> {
  const { onProgress = () => {} } = options;
  const { FS } = await ready();
  const path = `/written-${++written}.hdf5`;
  try {
    await putFile(path, dataset, options, true);
    // Numbers that are all the same pack so well that the file would be refused: nobody could tell it from one made to fill memories.
    if (2 * unpackedBytes(dataset) > unpackedLimit(FS.stat(path).size)) {
      await putFile(path, dataset, { ...options, onProgress: () => {} }, false);
    }
    const { size } = FS.stat(path);
    const stream = FS.open(path, "r");
    for (let at = 0; at < size; at += SLAB_BYTES) {
      const piece = new Uint8Array(Math.min(SLAB_BYTES, size - at));
      FS.read(stream, piece, 0, piece.length, at);
      await sink(piece);
      onProgress(0.9 + 0.1 * (at + piece.length) / size);
    }
    FS.close(stream);
  } finally {
    if (FS.analyzePath(path).exists) FS.unlink(path);
  }
}

/** The library is large, and loaded where something is written. */
async function ready() {
  return await (await import("h5wasm")).ready;
}

const unpackedBytes = (dataset: Dataset) =>
  fieldsOf(dataset).reduce((sum, { data }) => sum + data.byteLength, 0);

async function putFile(
  path: string,
  dataset: Dataset,
  { attributes = {}, onProgress = () => {} }: WriteOptions,
  isPacked: boolean,
): Promise<void> {
  const { File } = await import("h5wasm");
  const file = new File(path, "w");
  try {
    const total = unpackedBytes(dataset);
    let done = 0;
    for (const field of fieldsOf(dataset)) {
      for (const bytes of putField(file, field, dataset.size, isPacked)) {
        onProgress(0.9 * ((done += bytes) / total));
      }
      await untilTimersHaveRun();
    }
    putAttributes(file, attributesOf(dataset, attributes));
  } finally {
    file.close();
  }
}

/** Packing computes: in between, what shows the progress and what stops the command gets its turn. */
const untilTimersHaveRun = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** Yields the bytes that were put. */
function* putField(
  file: File,
  { name, data, width, isMatrix }: WrittenField,
  size: number,
  isPacked: boolean,
): Generator<number> {
  const side = isMatrix ? [width] : [];
  const slab = Math.max(
    CHUNK_ROWS,
    Math.floor(SLAB_BYTES / (width * data.BYTES_PER_ELEMENT) / CHUNK_ROWS) * CHUNK_ROWS,
  );
  const rows = Math.min(size, slab);
  const dataset = file.create_dataset({
    ...{ name, data: data.subarray(0, rows * width), shape: [rows, ...side], dtype: dtypeOf(data) },
    ...{ chunks: [Math.min(size, CHUNK_ROWS), ...side] },
    ...(isPacked ? { compression: "gzip", compression_opts: [4] } : {}),
    ...(rows < size ? { maxshape: [size, ...side] } : {}),
  });
  yield rows * width * data.BYTES_PER_ELEMENT;
  if (rows === size) return;
  dataset.resize([size, ...side]);
  for (let from = rows; from < size; from += slab) {
    const to = Math.min(size, from + slab);
    dataset.write_slice(
      [[from, to], ...side.map((side): [number, number] => [0, side])],
      data.subarray(from * width, to * width),
    );
    yield (to - from) * width * data.BYTES_PER_ELEMENT;
  }
}

function dtypeOf(data: WrittenField["data"]): string {
  return data instanceof Uint8Array ? "<B" : data instanceof Int32Array ? "<i" : "<f";
}

/** The library would cut whole numbers to 32 bits. A goal is float32 where nothing is lost by it. */
function putAttributes(file: File, attributes: ReturnType<typeof attributesOf>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "string") file.create_attribute(name, value);
    else if (Array.isArray(value)) {
      file.create_attribute(name, name === "goal" ? goalOf(value) : Float64Array.from(value));
    } else file.create_attribute(name, value, null, isInt(value) ? "<i" : "<d");
  }
}

const isInt = (value: number) => Number.isInteger(value) && Math.abs(value) <= LARGEST_INT;

function goalOf(goal: readonly number[]): Float32Array | Float64Array {
  return goal.every((value) => Math.fround(value) === value)
    ? Float32Array.from(goal)
    : Float64Array.from(goal);
}
