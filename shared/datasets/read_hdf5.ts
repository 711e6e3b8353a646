/**
 * Reads HDF5 in the D4RL layout. The file lives in the library's own memory, so links cannot leave it.
 * @module
 */
import h5wasm from "h5wasm";
import { ATTRIBUTE_NAMES } from "./names.ts";
import { DatasetError, type Numbers, type RawArray, type RawDataset } from "./dataset.ts";

const KNOWN_FILTERS = new Set([1, 2, 3, 4]); // deflate, shuffle, fletcher32, szip
const MAX_VALUES = 2 ** 31;
let opened = 0;

/**
 * Opens the bytes of an HDF5 file and reads every dataset at its top level and all attributes.
 * @param bytes the whole file
 * @param file name used in errors
 * @throws {DatasetError} if the file is damaged, or uses external links, virtual datasets or unknown filters
 */
export async function readHdf5(
  bytes: Uint8Array,
  file: string,
  wanted: ReadonlySet<string>,
): Promise<RawDataset> {
  const library = await h5wasm.ready;
  const { FS } = library;
  const path = `/dataset-${++opened}.hdf5`;
  FS.writeFile(path, bytes);
  try {
    return readOpened(openHdf5(library, path, file), file, wanted);
  } finally {
    FS.unlink(path);
  }
}

type Hdf5File = InstanceType<typeof h5wasm.File>;

type Library = Awaited<typeof h5wasm.ready>;

function openHdf5(library: Library, path: string, file: string): Hdf5File {
  // Else the library prints its whole stack of errors; the one sentence below says what a person needs.
  library.activate_throwing_error_handler();
  try {
    const opened = new h5wasm.File(path, "r");
    if (opened.file_id < 0n) throw new Error("the library refused it");
    return opened;
  } catch (cause) {
    throw new DatasetError({ file }, "the HDF5 file is damaged or cut short; write it again", { cause });
  } finally {
    library.deactivate_throwing_error_handler();
  }
}

function readOpened(opened: Hdf5File, file: string, wanted: ReadonlySet<string>): RawDataset {
  try {
    const arrays: Record<string, RawArray> = {};
    const present = opened.keys();
    for (const field of present.filter((name) => wanted.has(name))) {
      const entity = opened.get(field);
      if (entity instanceof h5wasm.Dataset) arrays[field] = readArray(entity, field, file);
      else if (!(entity instanceof h5wasm.Group)) {
        throw new DatasetError({ file, field }, "links to other files are refused");
      }
    }
    return { arrays, attributes: readAttributes(opened), present };
  } finally {
    opened.close();
  }
}

function readArray(dataset: InstanceType<typeof h5wasm.Dataset>, field: string, file: string): RawArray {
  const { metadata, shape } = dataset;
  if (metadata.virtual_sources?.length) {
    throw new DatasetError({ file, field }, "virtual datasets are refused");
  }
  const unknown = dataset.filters.find((filter) => !KNOWN_FILTERS.has(filter.id));
  if (unknown) {
    throw new DatasetError(
      { file, field, value: unknown.name },
      "the compression filter is unknown; use gzip",
    );
  }
  if (!shape) throw new DatasetError({ file, field }, "the field has no shape");
  const values = shape.reduce((product, side) => product * side, 1);
  if (values > MAX_VALUES) {
    throw new DatasetError({ file, field, value: values }, "the field has too many values");
  }
  let data: unknown;
  try {
    data = dataset.value;
  } catch (cause) {
    throw new DatasetError({ file, field }, "its data is damaged", { cause });
  }
  if (data === null && values > 0) throw new DatasetError({ file, field }, "its data is damaged");
  return { shape: [...shape], data: toNumbers(data), integer: metadata.type === 0 };
}

function toNumbers(data: unknown): Numbers {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  if (ArrayBuffer.isView(data)) return data as Numbers;
  if (Array.isArray(data)) return Float64Array.from(data, Number);
  return Float64Array.from(typeof data === "number" ? [data] : []);
}

function readAttributes(opened: Hdf5File): Record<string, unknown> {
  const known = ATTRIBUTE_NAMES.filter((name) => Object.hasOwn(opened.attrs, name));
  return Object.fromEntries(known.map((name) => [name, opened.attrs[name]!.value]));
}
