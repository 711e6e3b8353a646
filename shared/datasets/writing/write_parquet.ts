/**
 * Writes a dataset as Parquet: a column a number (`observations_0 observations_1 ...`), as tables are read by convention; attributes
 * are texts in the footer.
 *
 * Values stand there as they are. Without dictionaries, since the library's take -0 for 0, and the hash would be another; not packed,
 * since Snappy gains little on measurements, and where it gains much the file would be too small for what it holds to be read.
 * @module
 */
import type { ColumnSource } from "hyparquet-writer";
import type { Dataset } from "../dataset.ts";
import {
  attributesOf,
  fieldsOf,
  type Sink,
  textsOf,
  type WriteOptions,
  type WrittenField,
} from "./written_fields.ts";

/** Rows of a group, which is what the memory holds twice. */
const GROUP_ROWS = 65_536;

/**
 * Writes a dataset as Parquet, a group of rows at a time.
 *
 * @param sink gets bytes in their order
 * @param options attributes, and `onProgress`, called with 0 to 1
 */
export async function writeParquetTo(
  dataset: Dataset,
  sink: Sink,
  { attributes = {}, onProgress = () => {} }: WriteOptions = {},
): Promise<void> {
  // Loaded where something is written, and not by every service that reads datasets.
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const bytes = new ByteWriter();
  const take = async () => {
    await sink(bytes.getBytes());
    // As the library's own writer of files goes on: `offset` counts all bytes, `index` those not taken yet.
    bytes.index = 0;
  };
  const fields = fieldsOf(dataset);
  const texts = textsOf(attributesOf(dataset, attributes));
  const columns = fields.flatMap(columnsOf);
  const file = new ParquetWriter({
    writer: bytes,
    codec: "UNCOMPRESSED",
    statistics: false,
    schema: [{ name: "root", num_children: columns.length }, ...columns],
    kvMetadata: Object.entries(texts).map(([key, value]) => ({ key, value })),
    createdBy: "cugro",
  });
  const { size } = dataset;
  for (let from = 0; from < size; from += GROUP_ROWS) {
    const to = Math.min(size, from + GROUP_ROWS);
    const columnData = fields.flatMap((field) => partOf(field, from, to));
    // One page each: a group is small enough.
    await file.write({ columnData, rowGroupSize: to - from, pageSize: 0 });
    await take();
    onProgress(to / size);
  }
  await file.finish();
  await take();
}

function nameOf({ name, isMatrix }: WrittenField, column: number): string {
  return isMatrix ? `${name}_${column}` : name;
}

function columnsOf(field: WrittenField) {
  const type = field.isFlag ? "BOOLEAN" : field.data instanceof Float32Array ? "FLOAT" : "INT32";
  return Array.from({ length: field.width }, (_, column) => ({
    name: nameOf(field, column),
    type,
    repetition_type: "REQUIRED",
  } as const));
}

function partOf(field: WrittenField, from: number, to: number): ColumnSource[] {
  const { data, width, isFlag } = field;
  return Array.from({ length: width }, (_, column) => {
    const at = (_: unknown, i: number) => data[(from + i) * width + column]!;
    const values = { length: to - from };
    return {
      name: nameOf(field, column),
      data: isFlag
        ? Array.from(values, (_, i) => at(_, i) === 1)
        : data instanceof Float32Array
        ? Float32Array.from(values, at)
        : Int32Array.from(values, at),
      encoding: "PLAIN",
    };
  });
}
