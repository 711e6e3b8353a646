/**
 * The room's door: bytes of any known format -> one valid {@link Dataset}.
 * @module
 */
import { assemble } from "./assemble.ts";
import { type Dataset, DatasetError } from "./dataset.ts";
import { readHdf5 } from "./read_hdf5.ts";
import { readSafetensors } from "./read_safetensors.ts";
import { validate } from "./validate.ts";

const HDF5_MAGIC = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Reads and judges a dataset; the format is told by the content, not by the name.
 * @param bytes the whole file
 * @param file name used in errors
 * @returns a dataset in raw units, episodes complete
 * @throws {DatasetError} naming file, field, row and value
 */
export async function readDataset(bytes: Uint8Array, file: string): Promise<Dataset> {
  if (bytes.length === 0) throw new DatasetError({ file }, "the file is empty");
  const raw = isHdf5(bytes) ? await readHdf5(bytes, file) : readOther(bytes, file);
  return validate(assemble(raw, file), file);
}

function isHdf5(bytes: Uint8Array): boolean {
  return HDF5_MAGIC.every((byte, index) => bytes[index] === byte);
}

function readOther(bytes: Uint8Array, file: string) {
  if (bytes.length > 9 && bytes[8] === 0x7b) return readSafetensors(bytes, file);
  throw new DatasetError(
    { file },
    "the format is not known; send HDF5 in the D4RL layout (.hdf5) or safetensors",
  );
}
