/**
 * A table by columns: what every format is written from.
 * @module
 */

/** What a cell may hold; null: nothing. */
export type Cell = string | number | boolean | null;

/** What a column holds: whole numbers of 32 bits, numbers of 64 bits (`number`) or of 32 (`single`). */
export type ColumnType = "text" | "whole" | "number" | "single" | "flag";

/** One column. All columns of a table have as many values. */
export interface Column {
  name: string;
  type: ColumnType;
  values: ArrayLike<Cell>;
}

/** Columns side by side. */
export interface Table {
  columns: readonly Column[];
  rows: number;
}

/**
 * The table of some objects: a column for each name, with what stands under it.
 *
 * @param types the columns, in their order
 * @param rows objects with these fields; undefined and numbers that are not finite become null
 * @returns as many rows as objects
 */
export function tableOf<Row extends object>(
  types: Readonly<{ [Name in keyof Row & string]: ColumnType }>,
  rows: readonly Row[],
): Table {
  const names = Object.keys(types) as (keyof Row & string)[];
  const columns = names.map((name) => ({
    name,
    type: types[name],
    // cast: `types` says of each name what its cells hold.
    values: rows.map((row) => cellOf(row[name] as Cell | undefined)),
  }));
  return { columns, rows: rows.length };
}

/** Numbers that are not finite are null. */
function cellOf(value: Cell | undefined): Cell {
  return value === undefined || (typeof value === "number" && !Number.isFinite(value)) ? null : value;
}
