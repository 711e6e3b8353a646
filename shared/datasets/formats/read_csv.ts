/**
 * Reads tables of text: a line that names the columns, then one row a line, with commas, semicolons or tabs.
 *
 * Row by row: a row's texts are gone when the next one is read, and only the columns that are used are kept, as numbers.
 * @module
 */
import { CsvError, parse } from "csv-parse/sync";
import { DatasetError, type RawArray, type RawDataset } from "../dataset.ts";
import type { Matrix } from "./matrix.ts";
import { arrayOfColumns, chooseColumns, type Parts } from "./table.ts";

const DELIMITERS = [",", ";", "\t"];
const MOST_LINE = 2 ** 20;
const ABSENT: ReadonlySet<string> = new Set(["", "na", "nan", "null", "none"]);
const FLAGS: Readonly<Record<string, number>> = { true: 1, false: 0 };

interface NumberColumn {
  name: string;
  at: number;
  values: Float64Array;
  /** Whether every number is written as a whole one. */
  integer: boolean;
}

/** Bytes in which the first two lines of a table are looked for. */
export const TABLE_START = 2 ** 18;

/** The delimiter of a text that is a table: its first line has it, and its second as often; undefined where it is none. */
export function csvDelimiter(start: string): string | undefined {
  const [first = "", second = ""] = start.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
  const most = DELIMITERS.map((sign) => ({ sign, count: first.split(sign).length - 1 }))
    .sort((a, b) => b.count - a.count)[0]!;
  const isTable = most.count > 0 && second.split(most.sign).length - 1 === most.count;
  // deno-lint-ignore no-control-regex -- no text has them
  return isTable && !/[\x00-\x08\x0e-\x1f]/.test(first + second) ? most.sign : undefined;
}

/**
 * Reads the wanted columns.
 *
 * @param bytes the whole file
 * @param file name used in errors
 * @param wanted names of arrays, and of further columns
 * @throws {DatasetError} naming row and column of what is no number, and lines that have other columns
 */
export function readCsv(bytes: Uint8Array, file: string, wanted: ReadonlySet<string>): RawDataset {
  const start = new TextDecoder().decode(bytes.subarray(0, TABLE_START));
  const delimiter = csvDelimiter(start) ?? ",";
  const lines = linesIn(bytes);
  const found: { names: string[]; parts: Parts; columns: NumberColumn[]; rows: number } = {
    names: [],
    parts: new Map(),
    columns: [],
    rows: 0,
  };
  const onRecord = (record: string[]) => {
    if (found.names.length > 0) return addRow(found, record, file);
    found.names = namesOf(record, file);
    found.parts = chooseColumns(found.names, wanted, file);
    // A row has a sign for each of its columns at least.
    const most = Math.min(lines, Math.ceil(bytes.length / found.names.length));
    const used = new Set([...found.parts.values()].flat());
    found.columns = found.names.flatMap((name, at) =>
      used.has(name) ? [{ name, at, values: new Float64Array(most), integer: true }] : []
    );
  };
  parseAll(bytes, delimiter, onRecord, file);
  const byName = new Map(found.columns.map((column) => [column.name, matrixOf(column, found.rows)]));
  const arrays: Record<string, RawArray> = {};
  for (const [array, names] of found.parts) {
    arrays[array] = arrayOfColumns(names.map((name) => byName.get(name)!));
  }
  return { arrays, attributes: {}, present: found.names };
}

/** Never more rows than that. */
function linesIn(bytes: Uint8Array): number {
  const line = bytes.includes(10) ? 10 : 13;
  let lines = 1;
  for (let at = bytes.indexOf(line); at >= 0; at = bytes.indexOf(line, at + 1)) lines++;
  return lines;
}

function namesOf(record: readonly string[], file: string): string[] {
  const names = record.map((name) => name.trim().replace(/^#\s*/, ""));
  if (names.every((name) => name !== "" && !Number.isNaN(Number(name)))) {
    throw new DatasetError({ file, row: 0 }, "the first line must name the columns, and it holds numbers");
  }
  return names;
}

function addRow(
  found: { columns: readonly NumberColumn[]; rows: number },
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
    column.values[found.rows] = value;
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

function matrixOf({ values, integer }: NumberColumn, rows: number): Matrix {
  return { rows, width: 1, data: values.subarray(0, rows), integer };
}

function parseAll(
  bytes: Uint8Array,
  delimiter: string,
  onRecord: (record: string[]) => void,
  file: string,
): void {
  try {
    parse(bytes, {
      bom: true,
      delimiter,
      max_record_size: MOST_LINE,
      on_record: (record: string[]) => {
        onRecord(record);
        return null;
      },
      relax_quotes: false,
      skip_empty_lines: true,
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new DatasetError({ file }, faultOf(cause), { cause });
  }
}

function faultOf({ code, message, lines }: CsvError & { lines?: number }): string {
  const place = lines === undefined ? "" : ` (line ${lines})`;
  if (code === "CSV_MAX_RECORD_SIZE") return `a row has more than ${MOST_LINE} letters${place}`;
  return code === "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH"
    ? `every line must have as many fields as the first one${place}`
    : `the table cannot be read: ${message.split("\n")[0]}`;
}
