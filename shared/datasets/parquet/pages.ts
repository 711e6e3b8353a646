/**
 * The pages of a column, unpacked: each has levels (which values are there, where lists begin) and values.
 * @module
 */
import { brotliDecompressSync, crc32, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { ByteSource, Numbers } from "@cugro/hdf5";
import { type NumberColumn, readPlain, readValues } from "./decode.ts";
import type { Column, Piece } from "./footer.ts";
import { readRuns } from "./runs.ts";
import { unpackSnappy } from "./snappy.ts";
import {
  DAMAGED,
  numberOf,
  ParquetFault,
  type Reader,
  readStruct,
  type Struct,
  structOf,
  viewOf,
} from "./thrift.ts";

/** The contents of a page. `definitions`, `repetitions`: empty where all are the same. */
export interface Page {
  count: number;
  definitions: Uint32Array;
  repetitions: Uint32Array;
  /** Those that are there. */
  values: Numbers;
}

/** Bytes that pages may still take when they are unpacked. */
export interface Budget {
  left: number;
  /** Bytes that are read at once where pages are smaller. */
  windowBytes: number;
}

const PAGE = { data: 0, index: 1, dictionary: 2, dataV2: 3 };
const UNCOMPRESSED = 0;
const CODECS = ["none", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "Zstandard", "LZ4"];

/**
 * The pages of a piece, in order, each to be used before the next one is asked for.
 *
 * @param source the file
 * @param column its depth of lists and absent values
 * @param type as the file has it
 * @param piece of the column
 * @param budget bytes that may still be unpacked
 * @yields values and levels of a page
 * @throws {ParquetFault} for a damaged page, and one that unpacks to too much
 */
export function* pagesOf(
  source: ByteSource,
  column: Column,
  type: NumberColumn,
  piece: Piece,
  budget: Budget,
): Generator<Page> {
  const pages = openWindow(source, piece, budget.windowBytes);
  let dictionary: Numbers | undefined;
  for (let left = piece.values; left > 0;) {
    const { header, packed } = pages.next();
    if (header.has(4) && crc32(packed) !== numberOf(header, 4) >>> 0) throw new ParquetFault(DAMAGED);
    const kind = numberOf(header, 1);
    if (kind === PAGE.index) continue;
    const unpacked = numberOf(header, 2);
    budget.left -= unpacked;
    if (!(unpacked >= 0 && budget.left >= 0)) {
      throw new ParquetFault("it unpacks to more bytes than a file of this size may hold");
    }
    if (kind === PAGE.dictionary) {
      const bytes = unpack(packed, unpacked, piece.codec);
      dictionary = readPlain(bytes, type, countOf(structOf(header, 7), 1));
      continue;
    }
    const page = { header, packed, unpacked, codec: piece.codec };
    const read = kind === PAGE.dataV2 ? readPageV2 : kind === PAGE.data ? readPage : undefined;
    if (!read) throw new ParquetFault(DAMAGED);
    const found = read(page, column, type, { dictionary, left });
    left -= found.count;
    yield found;
  }
}

/** Bytes in which a page's header is looked for first; a longer one is read within the whole piece. */
const HEADER_BYTES = 2 ** 14;

/** Reads a piece page by page, without ever holding much more of it than a page. */
function openWindow(source: ByteSource, { from, to }: Piece, windowBytes: number) {
  let window = source.inMemory
    ? { at: from, bytes: source.read(from, to) }
    : { at: from, bytes: new Uint8Array(0) };
  let at = from;
  const take = (size: number): Uint8Array => {
    const end = Math.min(to, at + size);
    if (end > window.at + window.bytes.length) {
      window = { at, bytes: source.read(at, Math.min(to, at + Math.max(size, windowBytes))) };
    }
    return window.bytes.subarray(at - window.at, end - window.at);
  };
  const header = (most: number) => {
    const view = viewOf(take(most));
    const reader: Reader = { view, at: 0, end: view.byteLength };
    return { header: readStruct(reader), bytes: reader.at };
  };
  const shortOrLong = () => {
    try {
      return header(HEADER_BYTES);
    } catch (error) {
      if (to - at <= HEADER_BYTES) throw error;
      return header(to - at);
    }
  };
  return {
    next(): { header: Struct; packed: Uint8Array } {
      const found = shortOrLong();
      at += found.bytes;
      const size = numberOf(found.header, 3);
      if (!(size >= 0 && at + size <= to)) throw new ParquetFault(DAMAGED);
      const packed = take(size);
      at += size;
      return { header: found.header, packed };
    },
  };
}

/** A number of values, none of which was promised by the footer in vain. */
function countOf(header: Struct, id: number, most = 2 ** 31): number {
  const count = numberOf(header, id);
  if (!(count >= 0 && count <= most)) throw new ParquetFault(DAMAGED);
  return count;
}

interface PackedPage {
  header: Struct;
  packed: Uint8Array;
  unpacked: number;
  codec: number;
}

interface Known {
  dictionary: Numbers | undefined;
  /** Values that the piece still has. */
  left: number;
}

function readPage(
  { header, packed, unpacked, codec }: PackedPage,
  column: Column,
  type: NumberColumn,
  { dictionary, left }: Known,
): Page {
  const about = structOf(header, 5);
  const count = countOf(about, 1, left);
  let rest = unpack(packed, unpacked, codec);
  const levels = (most: number) => {
    if (most === 0) return new Uint32Array(0);
    if (rest.length < 4) throw new ParquetFault(DAMAGED);
    const size = new DataView(rest.buffer, rest.byteOffset).getUint32(0, true);
    if (size > rest.length - 4) throw new ParquetFault(DAMAGED);
    const found = readRuns(rest.subarray(4, 4 + size), bitsOf(most), count);
    rest = rest.subarray(4 + size);
    return found;
  };
  const repetitions = levels(column.mostRepetition);
  const definitions = levels(column.mostDefinition);
  const there = thereOf(definitions, column.mostDefinition, count);
  const values = readValues(rest, { encoding: numberOf(about, 2), type, count: there, dictionary });
  return { count, definitions, repetitions, values };
}

function readPageV2(
  { header, packed, unpacked, codec }: PackedPage,
  column: Column,
  type: NumberColumn,
  { dictionary, left }: Known,
): Page {
  const about = structOf(header, 8);
  const count = countOf(about, 1, left);
  const definitionBytes = countOf(about, 5, packed.length);
  const repetitionBytes = countOf(about, 6, packed.length - definitionBytes);
  const behind = repetitionBytes + definitionBytes;
  const level = (bytes: Uint8Array, most: number) =>
    most === 0 ? new Uint32Array(0) : readRuns(bytes, bitsOf(most), count);
  const repetitions = level(packed.subarray(0, repetitionBytes), column.mostRepetition);
  const definitions = level(packed.subarray(repetitionBytes, behind), column.mostDefinition);
  const isPacked = about.get(7) !== false && packed.length > behind;
  const rest = unpack(packed.subarray(behind), unpacked - behind, isPacked ? codec : UNCOMPRESSED);
  const there = thereOf(definitions, column.mostDefinition, count);
  const values = readValues(rest, { encoding: numberOf(about, 4), type, count: there, dictionary });
  return { count, definitions, repetitions, values };
}

const bitsOf = (most: number) => 32 - Math.clz32(most);

function thereOf(definitions: Uint32Array, most: number, count: number): number {
  if (definitions.length === 0) return count;
  let there = 0;
  for (const definition of definitions) if (definition === most) there++;
  return there;
}

function unpack(packed: Uint8Array, size: number, codec: number): Uint8Array {
  if (!(size >= 0)) throw new ParquetFault(DAMAGED);
  const bytes = unpackBy(packed, size, codec);
  if (bytes.length !== size) throw new ParquetFault(DAMAGED);
  return bytes;
}

function unpackBy(packed: Uint8Array, size: number, codec: number): Uint8Array {
  const limit = { maxOutputLength: Math.max(1, size) };
  try {
    if (codec === UNCOMPRESSED) return packed;
    if (codec === 1) return unpackSnappy(packed, size);
    if (codec === 2) return gunzipSync(packed, limit);
    if (codec === 4) return brotliDecompressSync(packed, limit);
    if (codec === 6) return zstdDecompressSync(packed, limit);
  } catch (cause) {
    throw new ParquetFault(DAMAGED, { cause });
  }
  throw new ParquetFault(
    `its compression ${CODECS[codec] ?? codec} is not read: use Snappy, Zstandard, gzip or none`,
  );
}
