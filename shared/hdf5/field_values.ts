/**
 * One field: judged by its header, and then read. Its values come straight from the file's bytes, so that there is no
 * buffer with something else in it.
 * @module
 */
import { type Cursor, cursorAt, DAMAGED, type FileBytes, skip, StorageFault, uint } from "./bytes.ts";
import { type Filter, unfilter, unknownFilter } from "./chunk_filters.ts";
import { type Grid, placeOf, type StoredChunk } from "./chunk_grid.ts";
import { chunksOf } from "./chunk_index.ts";
import { type FieldForm, readFieldForm } from "./field_form.ts";
import { type Layout, readLayout } from "./layout.ts";
import { type Numbers, toNumbers } from "./numbers.ts";
import { bodyOf, MESSAGE, type Message } from "./object_header.ts";

/** A field that was judged. */
export interface FieldPlan {
  shape: number[];
  /** Whether its type is one of whole numbers. */
  isInteger: boolean;
  /** Bytes that reading it takes: whole chunks. */
  unpackedBytes: number;
  /** Whether nothing was ever written, and stands for zeros. */
  isEmpty: boolean;
  /** @throws {StorageFault} where the data is damaged */
  read(): Numbers;
}

/** How a field is read: its bytes, as the file holds them. */
type Storage = Pick<FieldPlan, "unpackedBytes" | "isEmpty"> & { readBytes(): Uint8Array<ArrayBuffer> };

const MOST_VALUES = 2 ** 31;

/**
 * Judges a field by its header, before anything is allocated.
 *
 * @param messages of its header
 * @param mostBytes that its chunks may take when they are unpacked
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
  const storage = values === 0
    ? { unpackedBytes: 0, isEmpty: false, readBytes: () => new Uint8Array(0) }
    : layout.kind === "whole"
    ? planWhole(file, messages, layout, bytes)
    : planChunks(file, messages, layout, form, mostBytes);
  const { unpackedBytes, isEmpty, readBytes } = storage;
  const read = () => toNumbers(readBytes(), type);
  return { shape, isInteger: type.kind === "integer", unpackedBytes, isEmpty, read };
}

function planWhole(
  file: FileBytes,
  messages: readonly Message[],
  layout: Layout & { kind: "whole" },
  bytes: number,
): Storage {
  if (layout.at === undefined) return { unpackedBytes: bytes, ...emptyField(messages, bytes) };
  if (layout.bytes < bytes) throw new StorageFault(DAMAGED);
  const from = cursorAt(file, layout.at, bytes).at;
  return { unpackedBytes: bytes, isEmpty: false, readBytes: () => copy(file.bytes, from, bytes) };
}

/** A copy that begins its buffer. */
function copy(bytes: Uint8Array, from: number, size: number): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(size);
  values.set(bytes.subarray(from, from + size));
  return values;
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
  const bytes = shape.reduce((product, side) => product * side, type.size);
  const unpackedBytes = places * chunkBytes;
  // Each chunk takes an address in the file.
  if (unpackedBytes > mostBytes || places > file.bytes.length / 8) {
    throw new StorageFault("its chunks take more than a file of this size can hold");
  }
  const grid: Grid = { shape, chunk, counts, mostSides, places, chunkBytes };
  const chunks = chunksOf(file, layout.index, grid);
  if (chunks.every((found) => found === undefined)) return { unpackedBytes, ...emptyField(messages, bytes) };
  const missing = chunks.indexOf(undefined);
  if (missing >= 0) throw neverWritten(grid, missing, chunks.filter((found) => found === undefined).length);
  const readBytes = () => readChunks(file, grid, chunks as StoredChunk[], layout.plainEdges, filters, bytes);
  return { unpackedBytes, isEmpty: false, readBytes };
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
function emptyField(messages: readonly Message[], bytes: number): Pick<Storage, "isEmpty" | "readBytes"> {
  if (!messages.every(isZeroFill)) throw new StorageFault("none of its values was ever written");
  return { isEmpty: true, readBytes: () => new Uint8Array(bytes) };
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
  return body.file.bytes.subarray(at, at + size);
}

function readChunks(
  file: FileBytes,
  grid: Grid,
  chunks: readonly StoredChunk[],
  plainEdges: boolean,
  filters: readonly Filter[],
  bytes: number,
): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(bytes);
  chunks.forEach(({ at, size, mask }, number) => {
    const place = placeOf(number, grid.counts);
    const isEdge = place.some((step, side) => (step + 1) * grid.chunk[side]! > grid.shape[side]!);
    const stored = file.bytes.subarray(at, at + size);
    const used = plainEdges && isEdge ? [] : filters;
    put(values, grid, place, unfilter(stored, used, mask, grid.chunkBytes));
  });
  return values;
}

/** Copies the part of a chunk that is inside the field. */
function put(
  values: Uint8Array,
  { shape, chunk, chunkBytes }: Grid,
  place: number[],
  bytes: Uint8Array,
): void {
  const numberBytes = chunkBytes / chunk.reduce((product, side) => product * side, 1);
  // Trailing sides that the chunk has whole are one.
  let last = shape.length - 1;
  let run = numberBytes;
  while (last > 0 && chunk[last] === shape[last]) run *= shape[last--]!;
  const inside = shape.map((side, i) => Math.min(chunk[i]!, side - place[i]! * chunk[i]!));
  const runBytes = inside[last]! * run;
  const rows = inside.slice(0, last).reduce((product, side) => product * side, 1);
  for (let row = 0; row < rows; row++) {
    const step = placeOf(row, inside.slice(0, last));
    let from = 0;
    let to = 0;
    for (let side = 0; side <= last; side++) {
      const within = side < last ? step[side]! : 0;
      from = from * chunk[side]! + within;
      to = to * shape[side]! + place[side]! * chunk[side]! + within;
    }
    values.set(bytes.subarray(from * run, from * run + runBytes), to * run);
  }
}
