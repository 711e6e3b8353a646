/**
 * Thrift's compact protocol, as Parquet's footer and page headers are written: structures of numbered fields.
 *
 * Strangers wrote them: lists are as long as what follows can hold, and nothing is nested deeper than Parquet nests.
 * @module
 */

/** A sentence about the file. */
export class ParquetFault extends Error {
  override name = "ParquetFault";
}

/** The message where no more is known. */
export const DAMAGED = "its data is damaged; write the file again";

/**
 * Bytes as numbers are read of them.
 *
 * @param bytes any, which are not copied
 * @returns of the same memory
 */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView<ArrayBuffer> {
  // cast: nobody hands out shared memory here.
  return new DataView(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** A place in a part of the file. */
export interface Reader {
  view: DataView<ArrayBuffer>;
  at: number;
  end: number;
}

/** A structure's fields by their numbers. */
export type Struct = Map<number, Value>;
/** The value of a field; text is bytes. */
export type Value = boolean | number | Uint8Array | Value[] | Struct;

const TYPE = {
  true: 1,
  false: 2,
  byte: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  bytes: 8,
  list: 9,
  set: 10,
  struct: 12,
};
const MOST_DEPTH = 16;

/**
 * Reads a structure, and leaves the place behind it.
 *
 * @param reader bytes, and the place in them
 * @param depth of structures around it
 * @returns values by the numbers of their fields
 * @throws {ParquetFault} where it is damaged, or too deep
 */
export function readStruct(reader: Reader, depth = 0): Struct {
  if (depth > MOST_DEPTH) throw new ParquetFault(DAMAGED);
  const fields: Struct = new Map();
  let id = 0;
  for (let head = readByte(reader); head !== 0; head = readByte(reader)) {
    const type = head & 15;
    id = head >> 4 ? id + (head >> 4) : zigzag(reader);
    const value = type === TYPE.true || type === TYPE.false
      ? type === TYPE.true
      : readValue(reader, type, depth);
    fields.set(id, value);
  }
  return fields;
}

function readByte(reader: Reader): number {
  if (reader.at >= reader.end) throw new ParquetFault(DAMAGED);
  return reader.view.getUint8(reader.at++);
}

/** At most ten bytes; exact up to 2^53. */
function varint(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = readByte(reader);
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return value;
  }
  throw new ParquetFault(DAMAGED);
}

function zigzag(reader: Reader): number {
  const value = varint(reader);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function readValue(reader: Reader, type: number, depth: number): Value {
  switch (type) {
    case TYPE.true:
    case TYPE.false:
      return readByte(reader) === 1;
    case TYPE.byte:
      return readByte(reader);
    case TYPE.int16:
    case TYPE.int32:
    case TYPE.int64:
      return zigzag(reader);
    case TYPE.double:
      return readDouble(reader);
    case TYPE.bytes:
      return readBytes(reader, varint(reader));
    case TYPE.list:
    case TYPE.set:
      return readList(reader, depth);
    case TYPE.struct:
      return readStruct(reader, depth + 1);
    default:
      throw new ParquetFault(DAMAGED);
  }
}

function readDouble(reader: Reader): number {
  if (reader.at + 8 > reader.end) throw new ParquetFault(DAMAGED);
  reader.at += 8;
  return reader.view.getFloat64(reader.at - 8, true);
}

function readBytes(reader: Reader, size: number): Uint8Array {
  if (!(reader.at + size <= reader.end)) throw new ParquetFault(DAMAGED);
  const { view, at } = reader;
  reader.at += size;
  return new Uint8Array(view.buffer, view.byteOffset + at, size);
}

function readList(reader: Reader, depth: number): Value[] {
  if (depth > MOST_DEPTH) throw new ParquetFault(DAMAGED);
  const head = readByte(reader);
  const size = head >> 4 === 15 ? varint(reader) : head >> 4;
  // Each value takes a byte at least.
  if (size > reader.end - reader.at) throw new ParquetFault(DAMAGED);
  const values: Value[] = [];
  for (let i = 0; i < size; i++) values.push(readValue(reader, head & 15, depth + 1));
  return values;
}

/**
 * A field that must be a number.
 *
 * @param struct that has the field
 * @param id number of the field
 * @param otherwise its value where it is left out
 * @returns any number
 * @throws {ParquetFault} where it is none
 */
export function numberOf(struct: Struct, id: number, otherwise?: number): number {
  const value = struct.get(id) ?? otherwise;
  if (typeof value !== "number") throw new ParquetFault(DAMAGED);
  return value;
}

/**
 * A field that must be a structure.
 *
 * @param struct that has the field
 * @param id number of the field
 * @returns a structure
 * @throws {ParquetFault} where it is none
 */
export function structOf(struct: Struct, id: number): Struct {
  const value = struct.get(id);
  if (!(value instanceof Map)) throw new ParquetFault(DAMAGED);
  return value;
}

/**
 * A field that must be a list of structures.
 *
 * @param struct that has the field
 * @param id number of the field
 * @returns none where it is left out
 * @throws {ParquetFault} where it is something else
 */
export function structsOf(struct: Struct, id: number): Struct[] {
  const value = struct.get(id) ?? [];
  if (!Array.isArray(value) || !value.every((item) => item instanceof Map)) throw new ParquetFault(DAMAGED);
  return value as Struct[];
}

/**
 * Text of a field.
 *
 * @param value bytes of UTF-8
 * @returns text
 * @throws {ParquetFault} where it is something else
 */
export function textOf(value: Value | undefined): string {
  if (!(value instanceof Uint8Array)) throw new ParquetFault(DAMAGED);
  return new TextDecoder().decode(value);
}
