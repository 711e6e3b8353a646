/**
 * The room's door: bytes of any known format -> one valid {@link Dataset}, and what is implausible about it.
 * @module
 */
import { checkSuperblock } from "@cugro/hdf5";
import { applyMap } from "./apply_map.ts";
import { assemble, type Judged } from "./assemble.ts";
import { DatasetError, type RawDataset } from "./dataset.ts";
import { type FileFormat, formatOf } from "./formats/format.ts";
import { wantedFields } from "./names.ts";
import type { ReadOptions } from "./notice.ts";
import { faultsAt } from "./formats/faults.ts";
import { readCsv } from "./formats/read_csv.ts";
import { readHdf5 } from "./formats/read_hdf5.ts";
import { readParquet } from "./formats/read_parquet.ts";
import { readSafetensors } from "./formats/read_safetensors.ts";
import { readZip } from "./formats/read_zip.ts";
import { isTaken } from "./formats/table.ts";
import { printable } from "./printable.ts";
import { validate } from "./validate.ts";

/** One format's reader: bytes, the file's name for errors, names of the fields to read. */
type Reader = (bytes: Uint8Array, file: string, wanted: ReadonlySet<string>) => RawDataset;

/**
 * Reads and judges a dataset; the format is told by the content, not by the name.
 * @param bytes the whole file
 * @param file name used in errors
 * @returns a dataset in raw units, episodes complete; and its notices
 * @throws {DatasetError} naming file, field, row and value; with `strict` of the first notice, too
 */
export function readDataset(bytes: Uint8Array, file: string, options: ReadOptions = {}): Judged {
  const raw = told(readRaw(bytes, file, wantedFields(options)), options, file);
  return sayingWhatItWas(raw, () => {
    const judged = assemble(raw, file, options);
    const [notice] = judged.notices;
    if (options.strict && notice) {
      const { field, row, message, advice } = notice;
      const place = {
        file,
        ...(field === undefined ? {} : { field }),
        ...(row === undefined ? {} : { row }),
      };
      throw new DatasetError(place, `${message}; ${advice}`);
    }
    return { dataset: validate(judged.dataset, file), notices: judged.notices, ...leftOutOf(raw, options) };
  });
}

function leftOutOf({ present = [] }: RawDataset, options: ReadOptions): { leftOut?: string[] } {
  const wanted = wantedFields(options);
  const names = present.filter((name) => !isTaken(name, wanted)).map((name) => printable(name, 100));
  return names.length > 0 ? { leftOut: names } : {};
}

/** What is told of the file stands for what it does not say itself. */
function told(raw: RawDataset, { map, actionLimit, environment }: ReadOptions, file: string): RawDataset {
  const mapped = map ? applyMap(raw, map, file) : raw;
  const limit = actionLimit ? { action_limit: actionLimit } : {};
  const where = environment === undefined ? {} : {
    environment: environment === "none" ? undefined : environment,
    env_spec: undefined,
  };
  return { ...mapped, attributes: { ...mapped.attributes, ...limit, ...where } };
}

/** The names in a refusal may be none of the file's own: it says what the file was taken for. */
function sayingWhatItWas<T>({ origin }: RawDataset, judge: () => T): T {
  try {
    return judge();
  } catch (error) {
    if (origin === undefined || !(error instanceof DatasetError)) throw error;
    throw new DatasetError(error.place, `${error.fault} (the file was read as ${origin})`, { cause: error });
  }
}

const READERS: Readonly<Record<FileFormat, Reader>> = {
  hdf5: readHdf5,
  safetensors: readSafetensors,
  zip: readZip,
  parquet: readParquet,
  csv: readCsv,
};

function readRaw(bytes: Uint8Array, file: string, wanted: ReadonlySet<string>): RawDataset {
  return READERS[checkStart(bytes, file)](bytes, file, wanted);
}

/**
 * Refuses what its first bytes show to be no dataset.
 *
 * @returns the format
 * @throws {DatasetError} saying what the file is instead
 */
export function checkStart(bytes: Uint8Array, file: string): FileFormat {
  const format = formatOf(bytes);
  if (typeof format === "object") throw new DatasetError({ file }, format.unknown);
  if (format === "hdf5") faultsAt({ file }, () => checkSuperblock(bytes));
  return format;
}
