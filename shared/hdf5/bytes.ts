/**
 * Numbers of an HDF5 file, read one after the other and never beyond their block. All are little-endian.
 * @module
 */

/** A file that its own structure contradicts; becomes the fault of a DatasetError. */
export class StorageFault extends Error {
  override name = "StorageFault";
}

/** What is said where no more is known. */
export const DAMAGED = "its data is damaged; write the file again";

/** The file from its superblock on, since addresses count from there. */
export interface FileBytes {
  bytes: Uint8Array;
  view: DataView;
  /** Bytes of an address, and of a length. */
  offsetSize: number;
  lengthSize: number;
  /** Where the header of the group at the top is. */
  root: number | undefined;
  /** Bytes of structure that may still be looked at. */
  structureLeft: number;
}

/** A sound file names each part of its structure a few times at most. */
export function structureLimit(fileBytes: number): number {
  return 16 * fileBytes + 2 ** 20;
}

/**
 * Notes that so many bytes of structure are looked at, which bounds the work for a file whose parts name each other again
 * and again.
 *
 * @throws {StorageFault} where it is more than any sound file needs
 */
export function spend(file: FileBytes, bytes: number): void {
  file.structureLeft -= bytes;
  if (!(file.structureLeft >= 0)) throw new StorageFault(DAMAGED);
}

/** A place in a block of the file. */
export interface Cursor {
  file: FileBytes;
  at: number;
  end: number;
}

/** A cursor at the beginning of a block. @throws {StorageFault} where the block is not inside the file */
export function cursorAt(file: FileBytes, at: number | undefined, length?: number): Cursor {
  if (at === undefined || !(at >= 0) || !(at <= file.bytes.length)) throw new StorageFault(DAMAGED);
  const end = length === undefined ? file.bytes.length : at + length;
  if (!(end >= at) || !(end <= file.bytes.length)) throw new StorageFault(DAMAGED);
  return { file, at, end };
}

/** Passes over so many bytes, and says where they began. @throws {StorageFault} at the end of the block */
export function skip(cursor: Cursor, size: number): number {
  const { at } = cursor;
  if (!(size >= 0) || !(at + size <= cursor.end)) throw new StorageFault(DAMAGED);
  cursor.at += size;
  return at;
}

/** A whole number of 1 to 8 bytes; from 2^53 on it is not exact, and larger than any place in a file. */
export function uint(cursor: Cursor, size: number): number {
  const { view } = cursor.file;
  const at = skip(cursor, size);
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, true);
  if (size === 4) return view.getUint32(at, true);
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + view.getUint8(at + i);
  return value;
}

/** An address; undefined where the file says that there is nothing. */
export function address(cursor: Cursor): number | undefined {
  const { file, at } = cursor;
  const value = uint(cursor, file.offsetSize);
  const isSet = file.bytes.subarray(at, at + file.offsetSize).some((byte) => byte !== 0xff);
  return isSet ? value : undefined;
}

/** A length. */
export function length(cursor: Cursor): number {
  return uint(cursor, cursor.file.lengthSize);
}

/** @throws {StorageFault} where the block does not begin with this text */
export function expectSignature(cursor: Cursor, text: string): void {
  const at = skip(cursor, text.length);
  for (let i = 0; i < text.length; i++) {
    if (cursor.file.bytes[at + i] !== text.charCodeAt(i)) throw new StorageFault(DAMAGED);
  }
}

/** Text in UTF-8 up to the first zero. */
export function textAt(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}
