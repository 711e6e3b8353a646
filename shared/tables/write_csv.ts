/**
 * A table as CSV (RFC 4180): a head, commas, lines that end in CR LF, quotation marks where they are needed; nothing for null. Numbers
 * are written so that they are read as the same.
 * @module
 */
import type { Cell, Table } from "./table.ts";

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** The text of the file. */
export function csvOf({ columns, rows }: Table): string {
  const lines = [columns.map(({ name }) => fieldOf(name)).join(",")];
  for (let row = 0; row < rows; row++) {
    lines.push(columns.map(({ values }) => fieldOf(values[row]!)).join(","));
  }
  return lines.map((line) => `${line}\r\n`).join("");
}

function fieldOf(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return Object.is(cell, -0) ? "-0.0" : String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
