/**
 * Writes a dataset in a format that other tools read. Whatever is written is read here again as the same dataset.
 * @module
 */
import type { Dataset } from "../dataset.ts";
import { writeHdf5To } from "./write_hdf5.ts";
import { writeParquetTo } from "./write_parquet.ts";
import { writeSafetensorsTo } from "./write_safetensors.ts";
import type { Sink, WriteOptions } from "./written_fields.ts";

type Writer = (dataset: Dataset, sink: Sink, options?: WriteOptions) => Promise<void>;

/** A format that is written. */
export type WrittenFormat = "hdf5" | "parquet" | "safetensors";

const WRITERS: Readonly<Record<WrittenFormat, Writer>> = {
  hdf5: writeHdf5To,
  parquet: writeParquetTo,
  safetensors: writeSafetensorsTo,
};
/** File name ending -> format. */
const ENDINGS: Readonly<Record<string, WrittenFormat>> = {
  hdf5: "hdf5",
  h5: "hdf5",
  parquet: "parquet",
  pq: "parquet",
  safetensors: "safetensors",
};

/** All formats that are written. */
export const WRITTEN_FORMATS = Object.keys(WRITERS) as readonly WrittenFormat[];

/**
 * The format that a file's name asks for; undefined where it asks for none of those that are written.
 *
 * @param fileName with its ending
 * @returns the format
 */
export function writtenFormatOf(fileName: string): WrittenFormat | undefined {
  const ending = /\.([^./\\]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
}

/**
 * Writes a dataset piece by piece.
 *
 * @param dataset in memory
 * @param format of the file
 * @param sink takes the bytes in order
 * @param options further attributes
 */
export async function writeDataset(
  dataset: Dataset,
  format: WrittenFormat,
  sink: Sink,
  options: WriteOptions = {},
): Promise<void> {
  await WRITERS[format](dataset, sink, options);
}
