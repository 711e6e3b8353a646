/**
 * Which format a file has, told by its content; and what else people send under the name of a dataset.
 * @module
 */
import { type ByteSource, hdf5Start } from "@cugro/hdf5";
import { csvDelimiter, TABLE_START } from "./read_csv.ts";
import { isTfRecord } from "./tfrecord.ts";

/** A format that is read. */
export type FileFormat = "hdf5" | "safetensors" | "zip" | "parquet" | "csv";
/** A format that is read, or a sentence about what it is instead. */
export type Format = FileFormat | { unknown: string };

const RLDS =
  "it is a TFRecord file, as RLDS has them: read its steps with tensorflow_datasets, and write them with numpy.savez";
const PICKLE = "it is a Python pickle, which is never opened: write HDF5 or safetensors";
/** Beginning, as text of one letter a byte -> what it is. */
const KNOWN: readonly [RegExp | string, string][] = [
  [
    /^version https:\/\/git-lfs/,
    "it is a Git LFS pointer and not the file it stands for: run git lfs pull, then send the file",
  ],
  [
    /^\s*(<!doctype html|<html|<head|<\?xml[^>]*>\s*<html)/i,
    "it is an HTML page and no dataset: download the file itself",
  ],
  [/^\s*<\?xml/i, "it is XML, perhaps the error message of a download: download the file itself"],
  ["\x1f\x8b", "it is packed with gzip: unpack it first (gunzip)"],
  ["\x28\xb5\x2f\xfd", "it is packed with Zstandard: unpack it first (unzstd)"],
  ["BZh", "it is packed with bzip2: unpack it first (bunzip2)"],
  ["\xfd7zXZ", "it is packed with xz: unpack it first (unxz)"],
  ["\x93NUMPY", "it is a single numpy array: write all fields to one file with numpy.savez"],
  ["PARE", "it is an encrypted Parquet file: write it without encryption"],
  ["\xff\xfe", "it is text in UTF-16: save it in UTF-8"],
  ["ARROW1", "it is an Arrow file (Feather): write Parquet instead"],
  [
    "MATLAB 5.0",
    "it is a MATLAB file before version 7.3: save it with -v7.3, or write HDF5 with these field names",
  ],
  ["\x80\x02", PICKLE],
  ["\x80\x03", PICKLE],
  ["\x80\x04", PICKLE],
  ["\x80\x05", PICKLE],
  [/^\s*[[{]\s*"/, "it is JSON, perhaps the error message of a download: download the file itself"],
];

/**
 * Tells the format.
 *
 * @param source any file
 * @returns the format, or in words what else the file is
 */
export function formatOf(source: ByteSource): Format {
  if (source.size === 0) return { unknown: "the file is empty" };
  if (hdf5Start(source) !== undefined) return "hdf5";
  const bytes = source.read(0, Math.min(source.size, TABLE_START));
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4) return "zip";
  if (isTfRecord(bytes, source.size)) return { unknown: RLDS };
  if (isSafetensors(bytes)) return "safetensors";
  const start = Array.from(bytes.subarray(0, 200), (byte) => String.fromCharCode(byte)).join("");
  if (start.startsWith("PAR1")) return "parquet";
  const known = KNOWN.find(([pattern]) =>
    typeof pattern === "string" ? start.startsWith(pattern) : pattern.test(start)
  );
  if (known) return { unknown: known[1] };
  if (csvDelimiter(new TextDecoder().decode(bytes)) !== undefined) return "csv";
  return { unknown: "the format is not known; send HDF5, Parquet, CSV, npz or safetensors" };
}

/**
 * A header's length in eight bytes, of which the upper ones are 0, then its `{`. Before what is told by its first bytes: those
 * of a length may be any, as of a pickle or of gzip.
 */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes.length > 9 && bytes[8] === 0x7b && bytes.subarray(4, 8).every((byte) => byte === 0);
}
