/**
 * A table as the bytes of a file.
 * @module
 */
import type { Table } from "./table.ts";
import { csvOf } from "./write_csv.ts";
import { parquetOf } from "./write_parquet_table.ts";

/** A format that tables are written in. */
export type TableFormat = "csv" | "parquet";

/** All of them. */
export const TABLE_FORMATS: readonly TableFormat[] = ["csv", "parquet"];

/** What each is called in headers of HTTP. */
export const MEDIA_TYPES: Readonly<Record<TableFormat, string>> = {
  csv: "text/csv; charset=utf-8; header=present",
  parquet: "application/vnd.apache.parquet",
};

/**
 * A table as a file of CSV (UTF-8) or Parquet.
 *
 * @param format `parquet`, else CSV
 * @returns the bytes of the whole file
 */
export async function writeTable(table: Table, format: TableFormat): Promise<Uint8Array<ArrayBuffer>> {
  if (format === "parquet") return await parquetOf(table);
  const encoder = new TextEncoder();
  return await new Blob(Array.from(csvOf(table), (piece) => encoder.encode(piece))).bytes();
}
