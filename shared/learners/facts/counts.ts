/**
 * Numbers of rows as people read them. Pure.
 * @module
 */

/** `1,200`: the same in sentences, tables and reports, on whatever machine. */
export function countOf(rows: number): string {
  return rows.toLocaleString("en-US");
}
