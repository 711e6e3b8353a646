/**
 * Reads tables of text: a line that names the columns, then one row a line, with commas, semicolons or tabs.
 *
 * Row by row: a row's texts are gone when the next one is read, and only the columns that are used are kept, as numbers.
 * @module
 */
import type { ByteSource } from "@cugro/hdf5";
import { type NumbersWriter, openNumbers, type Room, roomInMemory } from "../blocks/room.ts";
import { DatasetError, type RawArray, type RawDataset } from "../dataset.ts";
import type { Matrix } from "./matrix.ts";
import { NEWLINE, parseTable, RETURN } from "./csv_pieces.ts";
import { arrayOfColumns, chooseColumns, type Parts } from "./table_columns.ts";

const DELIMITERS = [",", ";", "\t"];
const ABSENT: ReadonlySet<string> = new Set(["", "na", "nan", "null", "none"]);
const FLAGS: Readonly<Record<string, number>> = { true: 1, false: 0 };

interface NumberColumn {
  name: string;
  at: number;
  writer: NumbersWriter;
  /** Values that are not written yet. */
  block: Float64Array;
  filled: number;
  /** Whether every number is written as a whole one. */
  integer: boolean;
}

/** Commas inside quotation marks separate no columns: a name may be `"force, x"`. */
const QUOTED = /"(?:[^"]|"")*"/g;

/** Bytes in which the first two lines of a table are looked for. */
export const TABLE_START = 2 ** 18;

/**
 * The delimiter of a text that is a table: its first line has it, and its second as often; undefined where it is none.
 *
 * @param start of the file
 * @returns comma, semicolon, tab or space
 */
export function csvDelimiter(start: string): string | undefined {
  const [first = "", second = ""] = start.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "")
    .slice(0, 2).map((line) => line.replace(QUOTED, ""));
  const most = DELIMITERS.map((sign) => ({ sign, count: first.split(sign).length - 1 }))
    .sort((a, b) => b.count - a.count)[0]!;
  const isTable = most.count > 0 && second.split(most.sign).length - 1 === most.count;
  // deno-lint-ignore no-control-regex -- no text has them
  return isTable && !/[\x00-\x08\x0e-\x1f]/.test(first + second) ? most.sign : undefined;
}

interface Table {
  names: string[];
  parts: Parts;
  columns: NumberColumn[];
  rows: number;
}

/**
 * Reads the wanted columns.
 *
 * @param source the file, which is read piece by piece
 * @param file name used in errors
 * @param wanted names of arrays, and of further columns
 * @param room where the columns are kept
 * @returns a column for each wanted array, or several side by side
 * @throws {DatasetError} naming row and column of what is no number, and lines that have other columns
 */
export function readCsv(
  source: ByteSource,
  file: string,
  wanted: ReadonlySet<string>,
  room: Room = roomInMemory(),
): RawDataset {
  const start = new TextDecoder().decode(source.read(0, Math.min(source.size, TABLE_START)));
  const found: Table = { names: [], parts: new Map(), columns: [], rows: 0 };
  const onRecord = (record: string[]) => {
    if (found.names.length > 0) return addRow(found, record, file);
    found.names = namesOf(record, file);
    found.parts = chooseColumns(found.names, wanted, file);
    // A row has a sign for each of its columns at least.
    const most = Math.min(linesIn(source), Math.ceil(source.size / found.names.length));
    const used = new Set([...found.parts.values()].flat());
    found.columns = found.names.flatMap((name, at) =>
      used.has(name) ? [openColumn(name, at, openNumbers(room, Float64Array, most), most)] : []
    );
  };
  parseTable(source, csvDelimiter(start) ?? ",", onRecord, { file, pieceBytes: room.blockBytes });
  const byName = new Map(found.columns.map((column) => [column.name, matrixOf(column, found.rows)]));
  const arrays: Record<string, RawArray> = {};
  for (const [array, names] of found.parts) {
    arrays[array] = arrayOfColumns(names.map((name) => byName.get(name)!));
  }
  return { arrays, attributes: {}, present: found.names };
}

const BLOCK = 2 ** 13;

function openColumn(name: string, at: number, writer: NumbersWriter, most: number): NumberColumn {
  return { name, at, writer, block: new Float64Array(Math.min(BLOCK, most)), filled: 0, integer: true };
}

function write(column: NumberColumn): void {
  column.writer.add(column.block.subarray(0, column.filled));
  column.filled = 0;
}

const PIECE = 2 ** 20;

/** Never more rows than that. */
function linesIn(source: ByteSource): number {
  const count = (sign: number) => {
    let lines = 0;
    for (let from = 0; from < source.size; from += PIECE) {
      const bytes = source.read(from, Math.min(source.size, from + PIECE));
      for (let at = bytes.indexOf(sign); at >= 0; at = bytes.indexOf(sign, at + 1)) lines++;
    }
    return lines;
  };
  return 1 + (count(NEWLINE) || count(RETURN));
}

function namesOf(record: readonly string[], file: string): string[] {
  const names = record.map((name) => name.trim().replace(/^#\s*/, ""));
  if (names.every((name) => name !== "" && !Number.isNaN(Number(name)))) {
    throw new DatasetError({ file, row: 0 }, "the first line must name the columns, and it holds numbers");
  }
  return names;
}

function addRow(
  found: Pick<Table, "columns" | "rows">,
  record: readonly string[],
  file: string,
): void {
  for (const column of found.columns) {
    const text = record[column.at]!;
    const value = numberIn(text);
    if (value === undefined) {
      const advice = text.includes(",") ? " with a point and no comma" : "";
      throw new DatasetError(
        { file, field: column.name, row: found.rows, value: text },
        `it must be a number${advice}, or true or false`,
      );
    }
    column.block[column.filled++] = value;
    if (column.filled === column.block.length) write(column);
    column.integer &&= Number.isInteger(value) && !text.includes(".");
  }
  found.rows++;
}

/** NaN for what is absent; undefined for what is no number. `0x10` is none. */
function numberIn(text: string): number | undefined {
  const value = Number(text);
  const isPlain = !Number.isNaN(value) && (value !== 0 || text.length > 0) && !/^\s*[+-]?0[xob]/i.test(text);
  if (isPlain && text.trim() !== "") return value;
  const word = text.trim().toLowerCase();
  return ABSENT.has(word) ? NaN : FLAGS[word];
}

function matrixOf(column: NumberColumn, rows: number): Matrix {
  write(column);
  return { rows, width: 1, data: column.writer.numbers(), integer: column.integer };
}
