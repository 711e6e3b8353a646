/**
 * Rows of numbers: a field's, several fields' side by side, or many episodes' one after the other.
 * @module
 */
import type { Numbers } from "@cugro/hdf5";
import { DatasetError, type RawArray } from "../dataset.ts";

/** `[rows, width]` numbers, row by row. */
export interface Matrix {
  rows: number;
  width: number;
  data: Numbers;
  integer: boolean;
}

/** Why an array is none of rows of numbers. */
export const NO_ROWS =
  "each row must be a list of numbers (images and sequences are not read): leave the field out, " +
  "or name those that are meant with --map";

/** Under which name the next states of a field of states are kept. */
export const nextOf = (field: string): string => `next ${field}`;

/** Numbers a row of a shape, sides of one left out; undefined where a row is more than a list. */
export function widthOf(shape: readonly number[]): number | undefined {
  const sides = shape.slice(1).filter((side) => side !== 1);
  return sides.length > 1 ? undefined : sides[0] ?? 1;
}

/** Matrices of as many rows, side by side. */
export function besideEachOther(parts: readonly Matrix[]): Matrix {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const rows = first?.rows ?? 0;
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const data = emptyLike(parts.map((part) => part.data), rows * width);
  let column = 0;
  for (const part of parts) {
    for (let row = 0; row < rows; row++) {
      const from = row * part.width;
      for (let i = 0; i < part.width; i++) data[row * width + column + i] = part.data[from + i]!;
    }
    column += part.width;
  }
  return { rows, width, data, integer: parts.every(({ integer }) => integer) };
}

/** An array that holds the numbers of all of these exactly. */
function emptyLike(arrays: readonly Numbers[], length: number): Numbers {
  const [first] = arrays;
  const isAlike = arrays.every((one) => one.constructor === first?.constructor);
  return isAlike && first
    ? new (first.constructor as Float64ArrayConstructor)(length) as Numbers
    : new Float64Array(length);
}

/** Episodes of one field, one after the other. */
export interface Stack {
  /** Rows that it has room for. */
  rows: number;
  filled: number;
  width: number;
  data?: Numbers;
  integer: boolean;
  /** Whether a row is one number without a side of its own. */
  isFlat: boolean;
}

/** Room for so many rows. */
export function openStack(rows: number, isFlat = false): Stack {
  return { rows, filled: 0, width: 0, integer: true, isFlat };
}

/** Adds rows of a matrix. @throws {DatasetError} where they have another width than those before */
export function addRows(
  stack: Stack,
  matrix: Matrix,
  place: { file: string; field: string },
  from = 0,
  to = matrix.rows,
) {
  if (stack.data && matrix.width !== stack.width) {
    const fault = `its rows have ${matrix.width} numbers, and those of the episodes before it ${stack.width}`;
    throw new DatasetError(place, fault);
  }
  stack.width = matrix.width;
  stack.data ??= emptyLike([matrix.data], stack.rows * matrix.width);
  const fits = stack.data instanceof Float64Array || stack.data.constructor === matrix.data.constructor;
  if (!fits) stack.data = Float64Array.from(stack.data);
  stack.data.set(
    matrix.data.subarray(from * matrix.width, to * matrix.width) as never,
    stack.filled * stack.width,
  );
  stack.filled += to - from;
  stack.integer &&= matrix.integer;
}

/** What was stacked. */
export function arrayOf({ data, rows, width, integer, isFlat }: Stack): RawArray {
  return {
    shape: isFlat && width === 1 ? [rows] : [rows, width],
    data: data ?? new Float64Array(0),
    integer,
  };
}
