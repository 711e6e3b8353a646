/**
 * The room's door: bytes of any known format -> one valid {@link Dataset}, and what is implausible about it.
 * @module
 */
import { checkSuperblock } from "@cugro/hdf5";
import { assemble, type Judged } from "./assemble.ts";
import { DatasetError, type RawDataset } from "./dataset.ts";
import { formatOf } from "./format.ts";
import { wantedFields } from "./names.ts";
import type { ReadOptions } from "./notice.ts";
import { faultsAt, readHdf5 } from "./read_hdf5.ts";
import { readSafetensors } from "./read_safetensors.ts";
import { validate } from "./validate.ts";

/**
 * Reads and judges a dataset; the format is told by the content, not by the name.
 * @param bytes the whole file
 * @param file name used in errors
 * @returns a dataset in raw units, episodes complete; and its notices
 * @throws {DatasetError} naming file, field, row and value; with `strict` of the first notice, too
 */
export function readDataset(bytes: Uint8Array, file: string, options: ReadOptions = {}): Judged {
  const judged = assemble(readRaw(bytes, file, wantedFields(options.reward)), file, options);
  const [notice] = judged.notices;
  if (options.strict && notice) {
    const { field, row, message, advice } = notice;
    const place = { file, ...(field === undefined ? {} : { field }), ...(row === undefined ? {} : { row }) };
    throw new DatasetError(place, `${message}; ${advice}`);
  }
  return { dataset: validate(judged.dataset, file), notices: judged.notices };
}

function readRaw(bytes: Uint8Array, file: string, wanted: ReadonlySet<string>): RawDataset {
  const read = checkStart(bytes, file) === "hdf5" ? readHdf5 : readSafetensors;
  return read(bytes, file, wanted);
}

/**
 * Refuses what its first bytes show to be no dataset.
 *
 * @returns the format
 * @throws {DatasetError} saying what the file is instead
 */
export function checkStart(bytes: Uint8Array, file: string): "hdf5" | "safetensors" {
  const format = formatOf(bytes);
  if (typeof format === "object") throw new DatasetError({ file }, format.unknown);
  if (format === "hdf5") faultsAt({ file }, () => checkSuperblock(bytes));
  return format;
}
