/**
 * HDF5 files for tests, made by the library that users' files do not come from.
 * @module
 */
import h5wasm from "h5wasm";

/** A file open for writing. */
export type Hdf5Writer = InstanceType<typeof h5wasm.File>;
/** Bounds of the format's version. */
export type Version = "earliest" | "v108" | "v110" | "v112" | "v114" | "latest";

let made = 0;

/**
 * Bytes of the file that `build` fills.
 *
 * @param version @default "earliest"
 */
export async function makeHdf5(
  build: (file: Hdf5Writer) => void,
  version: Version = "earliest",
): Promise<Uint8Array<ArrayBuffer>> {
  const { FS } = await h5wasm.ready;
  const path = `/made-${++made}.hdf5`;
  const file = new h5wasm.File(path, "w", {
    libver: version === "earliest" ? ["earliest", "latest"] : version,
  });
  build(file);
  file.close();
  const bytes = new Uint8Array(FS.readFile(path) as Uint8Array);
  FS.unlink(path);
  return bytes;
}

/** What the library itself reads of a field. */
export async function valuesByLibrary(bytes: Uint8Array, name: string): Promise<ArrayLike<number | bigint>> {
  const { FS } = await h5wasm.ready;
  const path = `/compared-${++made}.hdf5`;
  FS.writeFile(path, bytes);
  const file = new h5wasm.File(path, "r");
  try {
    return (file.get(name) as InstanceType<typeof h5wasm.Dataset>).value as unknown as ArrayLike<
      number | bigint
    >;
  } finally {
    file.close();
    FS.unlink(path);
  }
}
