/**
 * The room's door: bytes of any known format -> one valid {@link Dataset}, and what is implausible about it.
 * @module
 */
import { type ByteSource, checkSuperblock, sourceOf, type Values, valuesIn } from "@cugro/hdf5";
import { applyMap } from "./apply_map.ts";
import { assembleRows, type Judged, type JudgedRows } from "./assemble.ts";
import { type Room, roomInMemory } from "./blocks/room.ts";
import { DatasetError, type RawArray, type RawDataset } from "./dataset.ts";
import { inMemory } from "./dataset_rows.ts";
import { type FileFormat, formatOf } from "./formats/format.ts";
import { wantedFields } from "./field_names.ts";
import type { ReadOptions } from "./notice.ts";
import { faultsAt } from "./formats/format_faults.ts";
import { readCsv } from "./formats/read_csv.ts";
import { readHdf5 } from "./formats/read_hdf5.ts";
import { readParquet } from "./formats/read_parquet.ts";
import { readSafetensors } from "./formats/read_safetensors.ts";
import { readZip } from "./formats/read_zip.ts";
import { isTaken } from "./formats/table_columns.ts";
import { printable } from "./printable.ts";
import { validate } from "./validate.ts";

/** One format's reader: the file, its name for errors, names of the fields to read, room for what is unpacked. */
type Reader = (source: ByteSource, file: string, wanted: ReadonlySet<string>, room: Room) => RawDataset;

/**
 * Reads and judges a dataset; the format is told by the content, not by the name.
 * @param bytes the whole file
 * @param file name used in errors
 * @returns a dataset in raw units, episodes complete; and its notices
 * @throws {DatasetError} naming file, field, row and value; with `strict` of the first notice, too
 *
 * @example
 * ```ts
 * import { readDataset } from "@cugro/datasets";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = Array.from({ length: 100 }, (_, i) => `${i % 10},${Math.sin(i)},1,${i % 10 === 9 ? 1 : 0}`);
 * const map = { states: ["state"], actions: ["action"], rewards: ["reward"], terminals: ["terminal"] };
 * const { dataset } = readDataset(new TextEncoder().encode(["state,action,reward,terminal", ...rows].join("\n")), "task.csv", { map });
 * assertEquals([dataset.size, dataset.stateDim, dataset.actionDim], [100, 1, 1]);
 * ```
 */
export function readDataset(bytes: Uint8Array, file: string, options: ReadOptions = {}): Judged {
  const { dataset, ...rest } = readRows(sourceOf(bytes), file, options, roomInMemory());
  return { dataset: inMemory(dataset), ...rest };
}

/**
 * The same of a file that is read by ranges.
 *
 * @param room where its numbers are kept, as far as they do not stay in the file; it stays open
 */
function readRows(
  source: ByteSource,
  file: string,
  options: ReadOptions,
  room: Room,
  noting = (raw: RawDataset) => raw,
): JudgedRows {
  const raw = withCallersWords(noting(readRaw(source, file, wantedFields(options), room)), options, file);
  return namingOrigin(raw, () => {
    const judged = assembleRows(raw, file, options, room);
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

/**
 * {@link readRows} of a file on disk. What the judgement did not look at is read as well: it may be damaged.
 *
 * @param source the file
 * @param file named in errors
 * @param options how it is read
 * @param room where its matrices are kept
 * @returns matrices as rows, and what is implausible about them
 * @throws {DatasetError} as {@link readRows}
 */
export function readByRanges(source: ByteSource, file: string, options: ReadOptions, room: Room): JudgedRows {
  const unread = new Map<string, Values>();
  const noting = (raw: RawDataset) => {
    const arrays = Object.entries(raw.arrays).map(([name, array]): [string, RawArray] => {
      const values = valuesIn(array.data);
      unread.set(name, values);
      const read: Values["read"] = (from, to) => {
        unread.delete(name);
        return values.read(from, to);
      };
      return [name, ArrayBuffer.isView(array.data) ? array : { ...array, data: { ...values, read } }];
    });
    return { ...raw, arrays: Object.fromEntries(arrays) };
  };
  const judged = readRows(source, file, options, room, noting);
  for (const values of unread.values()) {
    for (let from = 0; from < values.length; from += PIECE) {
      values.read(from, Math.min(values.length, from + PIECE));
    }
  }
  return judged;
}

const PIECE = 2 ** 18;

/** The caller's map, action limit and environment, which take the place of the file's own. */
function withCallersWords(
  raw: RawDataset,
  { map, actionLimit, environment }: ReadOptions,
  file: string,
): RawDataset {
  const mapped = map ? applyMap(raw, map, file) : raw;
  const limit = actionLimit ? { action_limit: actionLimit } : {};
  const where = environment === undefined ? {} : {
    environment: environment === "none" ? undefined : environment,
    env_spec: undefined,
  };
  return { ...mapped, attributes: { ...mapped.attributes, ...limit, ...where } };
}

/** The names in a refusal may be none of the file's own: it says what the file was taken for. */
function namingOrigin<T>({ origin }: RawDataset, judge: () => T): T {
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

function readRaw(source: ByteSource, file: string, wanted: ReadonlySet<string>, room: Room): RawDataset {
  return READERS[checkStart(source, file)](source, file, wanted, room);
}

/**
 * Refuses what its first bytes show to be no dataset.
 *
 * @param source the file
 * @param file named in errors
 * @returns the format
 * @throws {DatasetError} saying what the file is instead
 */
export function checkStart(source: ByteSource, file: string): FileFormat {
  const format = formatOf(source);
  if (typeof format === "object") throw new DatasetError({ file }, format.unknown);
  if (format === "hdf5") faultsAt({ file }, () => checkSuperblock(source));
  return format;
}
