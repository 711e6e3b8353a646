/**
 * One field: judged by its header, and then read. Its values come straight from the file's bytes, so that there is no
 * buffer with something else in it.
 * @module
 */
import type { FilePlace } from "./byte_source.ts";
import {
  bytesIn,
  type Cursor,
  cursorAt,
  DAMAGED,
  type FileBytes,
  skip,
  StorageFault,
  uint,
} from "./bytes.ts";
import { bandBytes, MOST_BAND, openChunks } from "./chunk_values.ts";
import { unknownFilter } from "./chunk_filters.ts";
import { type Grid, placeOf, type StoredChunk } from "./chunk_grid.ts";
import { chunksOf } from "./chunk_index.ts";
import { type FieldForm, readFieldForm } from "./field_form.ts";
import { type Layout, readLayout } from "./layout.ts";
import type { NumberType } from "./number_type.ts";
import { arrayTypeOf, type Numbers, toNumbers } from "./numbers.ts";
import { bodyOf, MESSAGE, type Message } from "./object_header.ts";
import type { Values } from "./values.ts";

/** A field that was judged. */
export interface FieldPlan {
  shape: number[];
  /** Whether its type is one of whole numbers. */
  isInteger: boolean;
  /** Bytes that reading it takes: whole chunks. */
  unpackedBytes: number;
  /** Whether nothing was ever written, and stands for zeros. */
  isEmpty: boolean;
  /**
   * All its numbers.
   *
   * @throws {StorageFault} where the data is damaged
   */
  read(): Numbers;
  /** Its numbers by ranges; faults of the data show when a piece is read. */
  values(): Values;
}

/** Fills bytes with those of the field from this one on. */
type Fill = (target: Uint8Array, from: number) => void;
/** How a field is read: its bytes, as the file holds them. */
type Storage = Pick<FieldPlan, "unpackedBytes" | "isEmpty"> & { open(): Fill; place?: FilePlace | undefined };

const MOST_VALUES = 2 ** 31;

/**
 * Judges a field by its header, before anything is allocated.
 *
 * @param messages of its header
 * @param mostBytes that its chunks may take when they are unpacked
 * @returns the form, the bytes that reading takes, and how to open it
 * @throws {StorageFault} saying why it is not read
 */
export function planField(file: FileBytes, messages: readonly Message[], mostBytes: number): FieldPlan {
  const form = readFieldForm(file, messages);
  const { shape, type } = form;
  const layout = readLayout(bodyOf(messages, MESSAGE.layout)!);
  const unknown = unknownFilter(form.filters);
  if (unknown) {
    throw new StorageFault(
      `the compression filter ${unknown.name || unknown.id} is not read: use gzip or Zstandard`,
    );
  }
  const values = shape.reduce((product, side) => product * side, 1);
  const bytes = values * type.size;
  if (!(values <= MOST_VALUES) || bytes > mostBytes) {
    throw new StorageFault(`the field has too many values for a file of this size: ${shape.join(" x ")}`);
  }
  const storage: Storage = values === 0
    ? { unpackedBytes: 0, isEmpty: false, open: () => () => {} }
    : layout.kind === "whole"
    ? planWhole(file, messages, layout, bytes)
    : planChunks(file, messages, layout, form, mostBytes);
  const { unpackedBytes, isEmpty, open, place } = storage;
  const openValues = () => valuesBy(open(), type, values, place);
  const read = () => openValues().read(0, values);
  return { shape, isInteger: type.kind === "integer", unpackedBytes, isEmpty, read, values: openValues };
}

/**
 * Whether numbers of a type lie in a file as this machine keeps them.
 *
 * @param type of numbers in a file
 * @returns true for float32 and float64, the lowest byte first
 */
export function isPlain({ kind, size, littleEndian }: NumberType): boolean {
  return kind === "float" && size >= 4 && littleEndian;
}

/**
 * Numbers by ranges.
 *
 * @param fill reads the bytes of numbers from a place on
 * @param type of numbers in the file
 * @param length how many numbers
 * @param place where they lie in a file on the disk, if they do so as one piece
 * @returns numbers that {@link toNumbers} makes of ranges
 */
export function valuesBy(
  fill: (target: Uint8Array, from: number) => void,
  type: NumberType,
  length: number,
  place?: FilePlace,
): Values {
  let buffer = new Uint8Array(0);
  return {
    length,
    ...(place && isPlain(type) ? { place } : {}),
    type: arrayTypeOf(type),
    read(from, to) {
      const bytes = (to - from) * type.size;
      if (buffer.length < bytes) buffer = new Uint8Array(bytes);
      const target = buffer.subarray(0, bytes);
      fill(target, from * type.size);
      return toNumbers(target, type);
    },
  };
}

function planWhole(
  file: FileBytes,
  messages: readonly Message[],
  layout: Layout & { kind: "whole" },
  bytes: number,
): Storage {
  if (layout.at === undefined) return { unpackedBytes: bytes, ...emptyField(messages) };
  if (layout.bytes < bytes) throw new StorageFault(DAMAGED);
  const from = cursorAt(file, layout.at, bytes).at;
  const fill: Fill = (target, begin) => file.source.fill(target, from + begin);
  return { unpackedBytes: bytes, isEmpty: false, open: () => fill, place: file.source.place?.(from) };
}

function planChunks(
  file: FileBytes,
  messages: readonly Message[],
  layout: Layout & { kind: "chunked" },
  { shape, mostSides, type, filters }: FieldForm,
  mostBytes: number,
): Storage {
  const { chunk, elementSize } = layout;
  if (chunk.length !== shape.length || elementSize !== type.size) throw new StorageFault(DAMAGED);
  const counts = shape.map((side, i) => Math.ceil(side / chunk[i]!));
  const places = counts.reduce((product, count) => product * count, 1);
  const chunkBytes = chunk.reduce((product, side) => product * side, type.size);
  const unpackedBytes = places * chunkBytes;
  // Each chunk takes an address in the file.
  if (unpackedBytes > mostBytes || places > file.size / 8) {
    throw new StorageFault("its chunks take more than a file of this size can hold");
  }
  const grid: Grid = { shape, chunk, counts, mostSides, places, chunkBytes };
  if (!file.source.inMemory && bandBytes(grid) > MOST_BAND) {
    throw new StorageFault(
      `a row of its chunks takes ${
        bandBytes(grid)
      } bytes, and of a file of this size at most ${MOST_BAND} are read at ` +
        `once: write it in smaller chunks, of about 1 MiB (h5repack -l CHUNK=...)`,
    );
  }
  const chunks = chunksOf(file, layout.index, grid);
  if (chunks.every((found) => found === undefined)) return { unpackedBytes, ...emptyField(messages) };
  const missing = chunks.indexOf(undefined);
  if (missing >= 0) throw neverWritten(grid, missing, chunks.filter((found) => found === undefined).length);
  const stored = { file, grid, chunks: chunks as StoredChunk[], plainEdges: layout.plainEdges, filters };
  return { unpackedBytes, isEmpty: false, open: () => openChunks(stored) };
}

function neverWritten({ counts, chunk, shape }: Grid, missing: number, count: number): StorageFault {
  const [row = 0] = placeOf(missing, counts);
  const first = row * chunk[0]!;
  const last = Math.min(shape[0]!, first + chunk[0]!) - 1;
  return new StorageFault(
    `${count} of its chunks were never written, the first that of rows ${first} to ${last}: ` +
      "write them, or cut the field to the rows that it has",
  );
}

/** Nothing was ever written: zeros, unless the field says something else. */
function emptyField(messages: readonly Message[]): Pick<Storage, "isEmpty" | "open"> {
  if (!messages.every(isZeroFill)) throw new StorageFault("none of its values was ever written");
  return { isEmpty: true, open: () => (target) => target.fill(0) };
}

function isZeroFill({ type, isShared, body }: Message): boolean {
  if (type !== MESSAGE.fill && type !== MESSAGE.oldFill) return true;
  if (isShared) return false;
  const value = type === MESSAGE.oldFill ? valueOfFill({ ...body }) : fillValue({ ...body });
  return value !== undefined && value.every((byte) => byte === 0);
}

/** The fill value's bytes: none stands for zeros, undefined for no defined value. */
function fillValue(body: Cursor): Uint8Array | undefined {
  const version = uint(body, 1);
  if (version < 3) {
    skip(body, 2);
    return uint(body, 1) !== 0 ? valueOfFill(body) : undefined;
  }
  const flags = uint(body, 1);
  if (flags & 0x10) return undefined;
  return flags & 0x20 ? valueOfFill(body) : new Uint8Array(0);
}

function valueOfFill(body: Cursor): Uint8Array {
  const size = uint(body, 4);
  const at = skip(body, size);
  return bytesIn(body.file, at, at + size);
}
