/**
 * Numbers of rows as people read them. Pure.
 * @module
 */

/**
 * A number of rows as people read it, the same in sentences, tables and reports, on whatever machine.
 *
 * @param rows a whole number
 * @returns such as `1,200`
 */
export function countOf(rows: number): string {
  return rows.toLocaleString("en-US");
}
