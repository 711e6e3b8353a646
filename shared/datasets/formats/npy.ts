/**
 * One numpy array: a header of a few words, and numbers.
 * @module
 */
import {
  type ByteSource,
  type Numbers,
  type NumberType,
  partOf,
  toNumbers,
  type Values,
  valuesBy,
} from "@cugro/hdf5";
import type { RawArray } from "../dataset.ts";
import { printable } from "../printable.ts";

/** A sentence about the array. */
export class NpyFault extends Error {
  override name = "NpyFault";
}

/** The header as numpy writes it; `save` of other programs differs in spaces only. */
const HEADER =
  /^\s*\{\s*'descr':\s*'([^']{1,40})',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d\s,]{0,400})\),?\s*\}\s*$/;
const DTYPE = /^([<>|=])([fiub])([1248])$/;
const KINDS = { f: "float", i: "integer", u: "integer", b: "integer" } as const;

/**
 * The numbers of an array's file; by ranges where it does not lie in memory.
 *
 * @param source an array's file
 * @returns shape and numbers
 * @throws {NpyFault} where they are none
 * @throws {NpyFault} where they are no numbers, or cut short
 */
export function readNpy(source: ByteSource): RawArray {
  const { type, shape, isByColumn, from } = headerOf(source);
  const count = shape.reduce((product, side) => product * side, 1);
  const size = source.size - from;
  if (size !== count * type.size) {
    throw new NpyFault(
      `its shape (${shape.join(", ")}) takes ${count * type.size} bytes, and it has ${size}`,
    );
  }
  if (isByColumn && shape.length > 2) {
    throw new NpyFault("it lies in Fortran's order: write numpy.ascontiguousarray of it");
  }
  const integer = type.kind === "integer";
  const isTransposed = isByColumn && shape.length === 2;
  if (!source.inMemory) {
    const part = partOf(source, from);
    const values = valuesBy((target, at) => part.fill(target, at), type, count, part.place?.(0));
    return { shape, data: isTransposed ? byRows(values, shape) : values, integer };
  }
  const values = new Uint8Array(size);
  source.fill(values, from);
  const data = toNumbers(values, type);
  if (isTransposed) transpose(data, shape);
  return { shape, data, integer };
}

/** Numbers that lie column by column, row by row. */
function byRows(values: Values, [rows = 0, columns = 1]: readonly number[]): Values {
  const read = (from: number, to: number) => {
    const first = Math.floor(from / columns), last = Math.ceil(to / columns);
    const block = new values.type((last - first) * columns);
    for (let column = 0; column < columns; column++) {
      const part = values.read(column * rows + first, column * rows + last);
      for (let i = 0; i < part.length; i++) block[i * columns + column] = part[i]!;
    }
    return block.subarray(from - first * columns, to - first * columns);
  };
  return { length: values.length, type: values.type, read };
}

function headerOf(
  source: ByteSource,
): { type: NumberType; shape: number[]; isByColumn: boolean; from: number } {
  const bytes = source.read(0, Math.min(source.size, 2 ** 16 + 12));
  const isNumpy = bytes.length >= 12 && new TextDecoder("latin1").decode(bytes.subarray(1, 6)) === "NUMPY";
  if (!isNumpy) throw new NpyFault("it is no numpy array");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const isFirstVersion = bytes[6] === 1;
  const length = isFirstVersion ? view.getUint16(8, true) : view.getUint32(8, true);
  const from = (isFirstVersion ? 10 : 12) + length;
  if (from > source.size || length > 2 ** 16) throw new NpyFault("its header is damaged");
  const text = new TextDecoder("latin1").decode(bytes.subarray(from - length, from));
  const [, descr, order, sides] = HEADER.exec(text) ?? [];
  if (descr === undefined) {
    throw new NpyFault(`its header is none of plain numbers: ${printable(text.trim(), 80)}`);
  }
  const [, endian, kind, size] = DTYPE.exec(descr) ?? [];
  const isRead = kind !== undefined && (kind !== "f" || size !== "1") && (kind !== "b" || size === "1");
  if (!isRead) throw new NpyFault(typeFault(descr));
  const shape = sides!.split(",").map((side) => side.trim()).filter((side) => side !== "").map(Number);
  if (!shape.every(Number.isSafeInteger)) throw new NpyFault("its shape is too large");
  const type: NumberType = {
    kind: KINDS[kind as keyof typeof KINDS],
    size: Number(size) as NumberType["size"],
    signed: kind !== "u" && kind !== "b",
    littleEndian: endian !== ">",
  };
  return { type, shape, isByColumn: order === "True", from };
}

function typeFault(descr: string): string {
  return descr.includes("O")
    ? "it holds Python objects, which would be a pickle and is never opened: write arrays of numbers"
    : `its type ${printable(descr, 40)} is none of plain numbers: write floats, integers or booleans`;
}

function transpose(data: Numbers, [rows, columns]: readonly number[]): void {
  const copy = data.slice();
  for (let row = 0; row < rows!; row++) {
    for (let column = 0; column < columns!; column++) {
      data[row * columns! + column] = copy[column * rows! + row]!;
    }
  }
}
