/**
 * A table as Parquet. Values stand there as they are: the library's dictionaries take -0 for 0.
 * @module
 */
import type { Column, ColumnType, Table } from "./table.ts";

const TYPES = {
  text: "STRING",
  whole: "INT32",
  number: "DOUBLE",
  single: "FLOAT",
  flag: "BOOLEAN",
} as const satisfies Record<ColumnType, string>;

/**
 * The bytes of the file.
 *
 * @param table whole, in memory
 * @returns a whole Parquet file
 */
export async function parquetOf({ columns }: Table): Promise<Uint8Array<ArrayBuffer>> {
  // Loaded where something is written, and not by every process that knows of tables.
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map((column) => ({
        ...{ name: column.name, type: TYPES[column.type], data: dataOf(column), nullable: hasNull(column) },
        ...{ encoding: "PLAIN", statistics: column.type !== "text" },
      })),
      createdBy: "cugro",
    }),
  );
}

function dataOf({ values }: Column) {
  return values instanceof Float32Array ? values : Array.from(values);
}

function hasNull({ values }: Column): boolean {
  if (values instanceof Float32Array) return false;
  return Array.from(values).includes(null);
}
