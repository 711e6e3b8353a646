/**
 * Numbers of an HDF5 file, read one after the other and never beyond their block. All are little-endian.
 * @module
 */
import type { ByteSource } from "./byte_source.ts";

/** A file that its own structure contradicts; becomes the fault of a DatasetError. */
export class StorageFault extends Error {
  override name = "StorageFault";
}

/** The message where no more is known. */
export const DAMAGED = "its data is damaged; write the file again";

/** A piece of the file that lies in memory. */
interface Page {
  from: number;
  to: number;
  bytes: Uint8Array;
  view: DataView;
}

/** The file from its superblock on, since addresses count from there. */
export interface FileBytes {
  source: ByteSource;
  /** Bytes of the file. */
  size: number;
  /** The page of its structure that was read last; before it, earlier ones. */
  page: Page;
  pages: Map<number, Page>;
  /** Bytes of an address, and of a length. */
  offsetSize: number;
  lengthSize: number;
  /** Where the header of the group at the top is. */
  root: number | undefined;
  /** Bytes of structure that may still be looked at. */
  structureLeft: number;
}

/**
 * A sound file names each part of its structure a few times at most.
 *
 * @param fileBytes size of the file in bytes
 * @returns bytes of structure that may be read of it, all readings counted
 */
export function structureLimit(fileBytes: number): number {
  return 16 * fileBytes + 2 ** 20;
}

/**
 * Counts bytes of structure that are read, which bounds the work for a file whose parts name each other again
 * and again.
 *
 * @param bytes that are about to be read
 * @throws {StorageFault} where it is more than any sound file needs
 */
export function spend(file: FileBytes, bytes: number): void {
  file.structureLeft -= bytes;
  if (!(file.structureLeft >= 0)) throw new StorageFault(DAMAGED);
}

const PAGE_BYTES = 2 ** 16;
const MOST_PAGES = 64;

function pageOf(source: ByteSource, from: number, to: number): Page {
  const bytes = source.read(from, to);
  return { from, to, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/**
 * A file whose structure nobody has looked at; one that lies in memory is a single page.
 *
 * @param source a file, or a part of one
 * @returns with addresses and lengths of 8 bytes until the superblock says otherwise
 */
export function openBytes(source: ByteSource): FileBytes {
  return {
    source,
    size: source.size,
    page: pageOf(source, 0, source.inMemory ? source.size : 0),
    pages: new Map(),
    offsetSize: 8,
    lengthSize: 8,
    root: undefined,
    structureLeft: structureLimit(source.size),
  };
}

/** The page that bytes lie on, which are inside the file; where they lie on two, a page of their own. */
function pageWith(file: FileBytes, at: number, end: number): Page {
  const { page, pages, source } = file;
  if (at >= page.from && end <= page.to) return page;
  const number = Math.floor(at / PAGE_BYTES);
  const last = Math.min(file.size, (number + 1) * PAGE_BYTES);
  if (end > last) return pageOf(source, at, end);
  const found = pages.get(number) ?? pageOf(source, number * PAGE_BYTES, last);
  if (pages.size >= MOST_PAGES) pages.clear();
  pages.set(number, found);
  file.page = found;
  return found;
}

/**
 * Bytes of the structure, up to the end of the file.
 *
 * @param at first byte
 * @param end byte behind the last
 * @returns fewer where the file ends before; not a copy
 */
export function bytesIn(file: FileBytes, at: number, end: number): Uint8Array {
  const to = Math.min(end, file.size);
  const { bytes, from } = pageWith(file, at, to);
  return bytes.subarray(at - from, to - from);
}

/**
 * One byte of the structure; undefined behind the end.
 *
 * @param at place in the file
 * @returns 0 to 255
 */
export function byteAt(file: FileBytes, at: number): number | undefined {
  return at < file.size ? bytesIn(file, at, at + 1)[0] : undefined;
}

/** A place in a block of the file. */
export interface Cursor {
  file: FileBytes;
  at: number;
  end: number;
}

/**
 * A cursor at the beginning of a block.
 *
 * @param at address; undefined, as for an address that is not set, is a fault
 * @param length in bytes; by default to the end of the file
 * @returns to be read from its beginning
 * @throws {StorageFault} where the block is not inside the file
 */
export function cursorAt(file: FileBytes, at: number | undefined, length?: number): Cursor {
  if (at === undefined || !(at >= 0) || !(at <= file.size)) throw new StorageFault(DAMAGED);
  const end = length === undefined ? file.size : at + length;
  if (!(end >= at) || !(end <= file.size)) throw new StorageFault(DAMAGED);
  return { file, at, end };
}

/**
 * Skips bytes, and says where they began.
 *
 * @param size in bytes
 * @returns place of the first of them
 * @throws {StorageFault} at the end of the block
 */
export function skip(cursor: Cursor, size: number): number {
  const { at } = cursor;
  if (!(size >= 0) || !(at + size <= cursor.end)) throw new StorageFault(DAMAGED);
  cursor.at += size;
  return at;
}

/**
 * A whole number of 1 to 8 bytes; from 2^53 on it is not exact, and larger than any place in a file.
 *
 * @param cursor is moved behind it
 * @param size 1 to 8 bytes, the lowest first
 * @returns not exact from 2^53 on
 */
export function uint(cursor: Cursor, size: number): number {
  const begin = skip(cursor, size);
  const { view, from } = pageWith(cursor.file, begin, begin + size);
  const at = begin - from;
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, true);
  if (size === 4) return view.getUint32(at, true);
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + view.getUint8(at + i);
  return value;
}

/**
 * An address; undefined where the file says that there is nothing.
 *
 * @param cursor is moved behind it
 * @returns bytes from the beginning of the file
 */
export function address(cursor: Cursor): number | undefined {
  const { file, at } = cursor;
  const value = uint(cursor, file.offsetSize);
  const isSet = bytesIn(file, at, at + file.offsetSize).some((byte) => byte !== 0xff);
  return isSet ? value : undefined;
}

/**
 * A length.
 *
 * @param cursor is moved behind it
 * @returns a number of bytes or of elements
 */
export function length(cursor: Cursor): number {
  return uint(cursor, cursor.file.lengthSize);
}

/**
 * Reads four letters, or however many the text has.
 *
 * @param cursor is moved behind them
 * @throws {StorageFault} where the block does not begin with this text
 */
export function expectSignature(cursor: Cursor, text: string): void {
  const at = skip(cursor, text.length);
  const bytes = bytesIn(cursor.file, at, at + text.length);
  for (let i = 0; i < text.length; i++) {
    if (bytes[i] !== text.charCodeAt(i)) throw new StorageFault(DAMAGED);
  }
}

/**
 * Text in UTF-8 up to the first zero.
 *
 * @param bytes of the text, and what follows it
 * @returns without the zero
 */
export function textAt(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}
