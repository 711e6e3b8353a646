/**
 * A table of text, parsed piece by piece: each piece ends behind a line, and is read with the table's first line before it.
 * @module
 */
import { CsvError, parse } from "csv-parse/sync";
import type { ByteSource } from "@cugro/hdf5";
import { DatasetError } from "../dataset.ts";

/** Signs that end lines. */
export const NEWLINE = 10;
/** See {@link NEWLINE}; only where there is none of those. */
export const RETURN = 13;
const QUOTE = 34;
const MOST_LINE = 2 ** 20;

/**
 * Gives each record of a table, the names first.
 *
 * @param pieceBytes that are read at once
 * @throws {DatasetError} naming the line that cannot be read
 */
export function parseTable(
  source: ByteSource,
  delimiter: string,
  onRecord: (record: string[]) => void,
  { file, pieceBytes }: { file: string; pieceBytes: number },
): void {
  let head: Uint8Array = new Uint8Array(0);
  let linesBefore = 0, isFirst = true;
  for (const piece of piecesOf(source, pieceBytes)) {
    const bytes = isFirst ? piece : joined(head, piece);
    const headLines = isFirst ? 0 : countOf(head);
    let records = 0;
    const take = (record: string[]) => {
      if (isFirst || records > 0) onRecord(record);
      records++;
    };
    parsePiece(bytes, delimiter, take, { file, before: linesBefore - headLines });
    linesBefore += countOf(piece);
    if (isFirst) head = headOf(piece);
    isFirst = false;
  }
}

/** Pieces that end behind a line outside quotation marks, where there is one within reach. */
function* piecesOf(source: ByteSource, pieceBytes: number): Generator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for (let from = 0; from < source.size; from += pieceBytes) {
    const read = source.read(from, Math.min(source.size, from + pieceBytes));
    const bytes = rest.length > 0 ? joined(rest, read) : read;
    const end = from + pieceBytes >= source.size ? bytes.length : lastEnd(bytes);
    // A line that is too long is the parser's to refuse.
    const cut = end === 0 && bytes.length > 2 * MOST_LINE ? bytes.length : end;
    if (cut > 0) yield bytes.subarray(0, cut);
    rest = bytes.slice(cut);
  }
}

/** Behind the last line end that is in no quotation marks; 0: there is none. */
function lastEnd(bytes: Uint8Array): number {
  const sign = bytes.includes(NEWLINE) ? NEWLINE : RETURN;
  if (!bytes.includes(QUOTE)) return bytes.lastIndexOf(sign) + 1;
  let end = 0;
  for (let i = 0, isQuoted = false; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) isQuoted = !isQuoted;
    else if (bytes[i] === sign && !isQuoted) end = i + 1;
  }
  return end;
}

/** The table's first line with something in it, and what stands before. */
function headOf(bytes: Uint8Array): Uint8Array {
  const sign = bytes.includes(NEWLINE) ? NEWLINE : RETURN;
  let isQuoted = false, isEmpty = true;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) isQuoted = !isQuoted;
    if (byte === sign && !isQuoted && !isEmpty) return bytes.slice(0, i + 1);
    if (byte !== NEWLINE && byte !== RETURN) isEmpty = false;
  }
  return bytes.slice();
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function countOf(bytes: Uint8Array): number {
  const sign = bytes.includes(NEWLINE) ? NEWLINE : RETURN;
  let lines = 0;
  for (let at = bytes.indexOf(sign); at >= 0; at = bytes.indexOf(sign, at + 1)) lines++;
  return lines;
}

function parsePiece(
  bytes: Uint8Array,
  delimiter: string,
  onRecord: (record: string[]) => void,
  { file, before }: { file: string; before: number },
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
    throw new DatasetError({ file }, faultOf(cause, before), { cause });
  }
}

/** @param before lines of the file before those that the parser has counted */
function faultOf({ code, message, lines }: CsvError & { lines?: number }, before: number): string {
  const place = lines === undefined ? "" : ` (line ${lines + before})`;
  if (code === "CSV_MAX_RECORD_SIZE") return `a row has more than ${MOST_LINE} letters${place}`;
  const first = message.split("\n")[0]!.replace(/\bline (\d+)/, (_, line) => `line ${Number(line) + before}`);
  return code === "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH"
    ? `every line must have as many fields as the first one${place}`
    : `the table cannot be read: ${first}`;
}
