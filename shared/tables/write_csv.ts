/**
 * A table as CSV (RFC 4180): a head, commas, lines that end in CR LF, quotation marks where they are needed; nothing for null. Numbers
 * are written so that they are read as the same.
 * @module
 */
import type { Cell, Table } from "./table.ts";

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** Rows of one piece: a text may have half a billion letters, which a million wide rows exceed. */
const PIECE_ROWS = 4_096;

/**
 * The text of the file, piece by piece.
 *
 * @param table any number of rows
 * @yields lines of some thousand rows at a time, with CRLF; null is an empty field
 */
export function* csvOf({ columns, rows }: Table): Generator<string> {
  yield `${columns.map(({ name }) => fieldOf(name)).join(",")}\r\n`;
  for (let first = 0; first < rows; first += PIECE_ROWS) {
    let piece = "";
    for (let row = first; row < Math.min(rows, first + PIECE_ROWS); row++) {
      piece += `${columns.map(({ values }) => fieldOf(values[row]!)).join(",")}\r\n`;
    }
    yield piece;
  }
}

function fieldOf(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return Object.is(cell, -0) ? "-0.0" : String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
