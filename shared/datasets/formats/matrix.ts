/**
 * Rows of numbers: a field's, several fields' side by side, or many episodes' one after the other.
 * @module
 */
import { type Numbers, type NumbersType, type Values, valuesIn } from "@cugro/hdf5";
import { DatasetError, type RawArray } from "../dataset.ts";

/** `[rows, width]` numbers, row by row. */
export interface Matrix {
  rows: number;
  width: number;
  data: Numbers | Values;
  integer: boolean;
}

/** Why an array does not consist of rows of numbers. */
export const NO_ROWS =
  "each row must be a list of numbers (images and sequences are not read): leave the field out, " +
  "or name those that are meant with --map";

/** The name of a state field's next states. */
export const nextOf = (field: string): string => `next ${field}`;

/**
 * Numbers per row of a shape, ignoring sides of length one; undefined where a row is more than a list.
 *
 * @param shape rows first
 * @returns 1 for `[N]`
 */
export function widthOf(shape: readonly number[]): number | undefined {
  const sides = shape.slice(1).filter((side) => side !== 1);
  return sides.length > 1 ? undefined : sides[0] ?? 1;
}

/**
 * Matrices with the same number of rows, side by side; joined when they are read.
 *
 * @param parts with the same number of rows
 * @returns with the columns of all of them
 */
export function besideEachOther(parts: readonly Matrix[]): Matrix {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const rows = first?.rows ?? 0;
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const columns = parts.map(({ data, width }) => ({ values: valuesIn(data), width }));
  const type = typeOfAll(columns.map(({ values }) => values.type));
  const data: Values = {
    length: rows * width,
    type,
    read(from, to) {
      const row = Math.floor(from / width), end = Math.ceil(to / width);
      const block = new type((end - row) * width);
      let column = 0;
      for (const part of columns) {
        putColumns(block, width, column, part.values.read(row * part.width, end * part.width), part.width);
        column += part.width;
      }
      return block.subarray(from - row * width, to - row * width);
    },
  };
  return { rows, width, data, integer: parts.every(({ integer }) => integer) };
}

function putColumns(block: Numbers, width: number, column: number, part: Numbers, partWidth: number): void {
  for (let from = 0, to = column; from < part.length; to += width) {
    for (let i = 0; i < partWidth; i++) block[to + i] = part[from++]!;
  }
}

/** A type that holds the numbers of all of these exactly. */
function typeOfAll(types: readonly NumbersType[]): NumbersType {
  const [first = Float64Array] = types;
  return types.every((type) => type === first) ? first : Float64Array;
}

/** Episodes of one field, one after the other. */
export interface Stack {
  width: number;
  parts: { values: Values; from: number; to: number }[];
  integer: boolean;
  /** Whether a row is one number without a side of its own. */
  isFlat: boolean;
}

/**
 * A stack of no episodes.
 *
 * @param isFlat whether it becomes `[N]` where rows have one number
 * @returns to be added to
 */
export function openStack(isFlat = false): Stack {
  return { width: 0, parts: [], integer: true, isFlat };
}

/**
 * Adds rows of a matrix.
 *
 * @param stack of the rows before
 * @param matrix whose rows are added
 * @param place file and field for the error
 * @param from first row
 * @param to row behind the last
 * @throws {DatasetError} where they have another width than those before
 */
export function addRows(
  stack: Stack,
  matrix: Matrix,
  place: { file: string; field: string },
  from = 0,
  to = matrix.rows,
) {
  if (stack.parts.length > 0 && matrix.width !== stack.width) {
    const fault = `its rows have ${matrix.width} numbers, and those of the episodes before it ${stack.width}`;
    throw new DatasetError(place, fault);
  }
  stack.width = matrix.width;
  stack.parts.push({ values: valuesIn(matrix.data), from: from * matrix.width, to: to * matrix.width });
  stack.integer &&= matrix.integer;
}

/**
 * The stacked rows; joined when they are read.
 *
 * @param stack of all rows
 * @returns `[N, width]`, or `[N]` for a flat one
 */
export function arrayOf({ parts, width, integer, isFlat }: Stack): RawArray {
  const begins = new Float64Array(parts.length + 1);
  parts.forEach(({ from, to }, i) => begins[i + 1] = begins[i]! + to - from);
  const length = begins[parts.length]!;
  const rows = width === 0 ? 0 : length / width;
  const type = typeOfAll(parts.map(({ values }) => values.type));
  const read = (from: number, to: number) => {
    const block = new type(to - from);
    for (let i = partAt(begins, from); i < parts.length && begins[i]! < to; i++) {
      const part = parts[i]!;
      const first = Math.max(from, begins[i]!), last = Math.min(to, begins[i + 1]!);
      const shift = part.from - begins[i]!;
      block.set(part.values.read(first + shift, last + shift) as never, first - from);
    }
    return block;
  };
  return { shape: isFlat && width === 1 ? [rows] : [rows, width], data: { length, type, read }, integer };
}

/** The last part that begins at a place or before it. */
function partAt(begins: Float64Array, at: number): number {
  let from = 0, to = begins.length - 1;
  while (from + 1 < to) {
    const middle = (from + to) >>> 1;
    if (begins[middle]! <= at) from = middle;
    else to = middle;
  }
  return from;
}
