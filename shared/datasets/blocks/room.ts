/**
 * Where numbers are kept while a file is judged: in memory as far as it reaches, then in files of a folder.
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Numbers, NumbersType, Values } from "@cugro/hdf5";
import { fillFrom } from "./file_source.ts";
import { BLOCK_BYTES, blockRowsOf, type Rows, rowsIn, type RowsPlace } from "./block_rows.ts";

/** Memory and a folder for the numbers of one file. */
export interface Room {
  /** Bytes of a block. */
  readonly blockBytes: number;
  /** Bytes that may still be kept in memory. */
  memoryLeft: number;
  /** Makes a file, open for reading and writing; absent where all is kept in memory. */
  makeFile?(): { file: number; path: string };
  /** Opens a file for reading. */
  openFile?(path: string): number;
  /** Closes the files. */
  close(): void;
}

/**
 * Room in memory alone.
 *
 * @param blockBytes bytes of a block of rows
 * @returns without files
 */
export function roomInMemory(blockBytes = BLOCK_BYTES): Room {
  return { blockBytes, memoryLeft: Infinity, close: () => {} };
}

/**
 * Room in a folder, which the caller removes.
 *
 * @param folder an existing one
 * @param memoryBytes that are kept in memory before
 * @param blockBytes bytes of a block of rows
 * @returns opens files once the memory is used up
 */
export function roomIn(folder: string, memoryBytes: number, blockBytes = BLOCK_BYTES): Room {
  const files: number[] = [];
  const kept = (file: number) => {
    files.push(file);
    return file;
  };
  return {
    blockBytes,
    memoryLeft: memoryBytes,
    makeFile() {
      const path = join(folder, `numbers-${files.length}`);
      return { file: kept(openSync(path, "wx+")), path };
    },
    openFile: (path) => kept(openSync(path, "r")),
    close: () => files.splice(0).forEach((file) => closeSync(file)),
  };
}

/** Numbers that are written one after the other, and then read. */
export interface NumbersWriter {
  /** Adds numbers of the writer's type. */
  add(numbers: Numbers): void;
  /** How many were added. */
  count(): number;
  /** The added numbers: one array where they are kept in memory. */
  numbers(): Numbers | Values;
}

/**
 * Opens room for numbers.
 *
 * @param room where they are put
 * @param type of the numbers
 * @param most how many may be added
 * @returns takes numbers until it is read
 */
export function openNumbers(room: Room, type: NumbersType, most: number): NumbersWriter {
  const bytes = most * new type(0).BYTES_PER_ELEMENT;
  if (!room.makeFile || bytes <= room.memoryLeft) {
    room.memoryLeft -= bytes;
    return numbersInMemory(type, most);
  }
  return numbersInFile(room.makeFile(), type);
}

function numbersInMemory(type: NumbersType, most: number): NumbersWriter {
  const all = new type(most);
  let count = 0;
  return {
    add(numbers) {
      all.set(numbers as never, count);
      count += numbers.length;
    },
    count: () => count,
    numbers: () => count === most ? all : all.subarray(0, count),
  };
}

function numbersInFile({ file, path }: { file: number; path: string }, type: NumbersType): NumbersWriter {
  const size = new type(0).BYTES_PER_ELEMENT;
  let count = 0;
  return {
    add(numbers) {
      writeAll(file, bytesOf(numbers), count * size);
      count += numbers.length;
    },
    count: () => count,
    numbers: () => ({ length: count, type, read: reader(file, type, 0), place: { path, at: 0 } }),
  };
}

/** Rows that are written one after the other, and then read. */
export interface RowsWriter {
  /** Adds rows, `[n, columns]`. */
  add(block: Float32Array): void;
  rows(): Rows;
}

/**
 * Opens room for rows.
 *
 * @param room where they are put
 * @param size how many will be added
 * @param columns numbers in a row
 * @returns takes blocks of rows in their order
 */
export function openRows(room: Room, size: number, columns: number): RowsWriter {
  const { blockBytes } = room;
  const bytes = 4 * size * columns;
  if (!room.makeFile || bytes <= room.memoryLeft) {
    room.memoryLeft -= bytes;
    const all = new Float32Array(size * columns);
    let filled = 0;
    return {
      add(block) {
        all.set(block, filled);
        filled += block.length;
      },
      rows: () => rowsIn(all, columns, { blockBytes }),
    };
  }
  const { file, path } = room.makeFile();
  let written = 0;
  return {
    add(block) {
      writeAll(file, bytesOf(block), written);
      written += block.byteLength;
    },
    rows: () => ({
      ...rowsAt({ file, path, at: 0 }, { size, columns, blockBytes }),
      write: (row, values) => writeAll(file, bytesOf(values), 4 * row * columns),
    }),
  };
}

/**
 * Rows in an open file, in the machine's own form of float32.
 *
 * @param file an open one, and the first byte in it
 * @param shape rows and columns
 * @returns read by ranges
 */
export function rowsAt(
  { file, path, at }: { file: number; path: string; at: number },
  { size, columns, blockBytes }: { size: number; columns: number; blockBytes?: number },
): Rows {
  const read = reader(file, Float32Array, at);
  const place: RowsPlace = { path, at };
  return {
    size,
    columns,
    blockRows: blockRowsOf(columns, blockBytes),
    place,
    read: (from, to) => read(from * columns, to * columns) as Float32Array,
  };
}

/**
 * Rows that another thread has put there.
 *
 * @param room opens the file
 * @param place in memory, or in a file
 * @param shape rows and columns
 * @returns read by ranges
 * @throws {RangeError} for a file where the room is memory alone
 */
export function rowsAtPlace(
  room: Room,
  place: RowsPlace,
  { size, columns }: { size: number; columns: number },
): Rows {
  const { blockBytes } = room;
  if ("data" in place) return rowsIn(place.data, columns, { blockBytes });
  if (!room.openFile) throw new RangeError("rows in a file need a room that opens files");
  return rowsAt({ file: room.openFile(place.path), ...place }, { size, columns, blockBytes });
}

/** Reads ranges of numbers into a buffer that is used again. */
function reader(file: number, type: NumbersType, at: number): (from: number, to: number) => Numbers {
  const size = new type(0).BYTES_PER_ELEMENT;
  let buffer = new type(0);
  return (from, to) => {
    if (buffer.length < to - from) buffer = new type(to - from);
    const numbers = buffer.subarray(0, to - from);
    fillFrom(file, bytesOf(numbers), at + from * size);
    return numbers;
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Numbers): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  try {
    for (let written = 0; written < bytes.length;) {
      written += writeSync(file, bytes, written, bytes.length - written, at + written);
    }
  } catch (cause) {
    throw isFull(cause) ? new NoRoomError(cause) : cause;
  }
}

/** The folder for numbers is full: no fault of the file. */
export class NoRoomError extends Error {
  override name = "NoRoomError";
  constructor(cause?: unknown) {
    super(
      "Cannot read a dataset as there is no room left in the temporary folder, which takes up to three times the file's " +
        "size: make room there, or let TMPDIR name another folder",
      { cause },
    );
  }
}

/**
 * Whether an error says that a disk is full, or that a share of it is used up.
 *
 * @param error of the system
 * @returns true for ENOSPC and EDQUOT
 */
export function isFull(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT";
}
