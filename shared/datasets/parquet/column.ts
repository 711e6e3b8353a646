/**
 * A column's pages put together: one number a row, or a list of as many numbers in each.
 * @module
 */
import { type ByteSource, type Numbers, type NumbersType, valuesIn } from "@cugro/hdf5";
import { type NumbersWriter, openNumbers, type Room } from "../blocks/room.ts";
import { type Matrix, NO_ROWS } from "../formats/matrix.ts";
import { arrayFor, isWhole, type NumberColumn } from "./decode.ts";
import type { Column } from "./footer.ts";
import { type Budget, type Page, pagesOf } from "./pages.ts";
import { DAMAGED, ParquetFault } from "./thrift.ts";

/** Values as they are added, and rows of lists as they are counted. */
interface Filling {
  room: Room;
  /** Values of the whole column. */
  total: number;
  writer: NumbersWriter;
  type: NumbersType;
  rows: number;
  inRow: number;
  /** Numbers of the first row's list. */
  width: number;
}

/** Where a column is, and where it goes. */
export interface ColumnPlace {
  source: ByteSource;
  /** Rows of the whole file. */
  rows: number;
  budget: Budget;
  room: Room;
}

/**
 * Reads a column page by page; numbers that are absent become NaN.
 *
 * @param column with its pieces
 * @param place the file, its rows, and where numbers are kept
 * @returns `[rows, width]`
 * @throws {ParquetFault} naming the row whose list has another length
 */
export function readColumn(column: Column, { source, rows, budget, room }: ColumnPlace): Matrix {
  if (column.mostRepetition > 1) throw new ParquetFault(NO_ROWS);
  if (typeof column.type === "object") throw new ParquetFault(`it holds ${column.type.other} and no numbers`);
  const { type, pieces } = column;
  const total = pieces.reduce((sum, { values }) => sum + values, 0);
  const numbers = arrayFor(type, 0).constructor as NumbersType;
  const writer = openNumbers(room, numbers, total);
  const filling: Filling = { room, total, writer, type: numbers, rows: 0, inRow: 0, width: 0 };
  const add = column.mostRepetition > 0 ? addLists : addNumbers;
  for (const piece of pieces) {
    for (const page of pagesOf(source, column, type, piece, budget)) add(filling, page, column, type);
  }
  if (column.mostRepetition > 0) endRow(filling);
  const width = column.mostRepetition > 0 ? filling.width : 1;
  if (filling.writer.count() !== total || total !== rows * width) throw new ParquetFault(DAMAGED);
  return { rows, width, data: filling.writer.numbers(), integer: isWhole(type) };
}

function addNumbers(filling: Filling, page: Page, { mostDefinition }: Column, type: NumberColumn): void {
  const { count, definitions, values } = page;
  if (values.length === count) return filling.writer.add(asType(filling, values));
  if (isWhole(type)) widen(filling);
  const all = new filling.type(count);
  for (let i = 0, next = 0; i < count; i++) {
    all[i] = definitions[i] === mostDefinition ? values[next++]! : NaN;
  }
  filling.writer.add(all);
}

/** After a page with absent numbers, whole ones are kept as float64. */
function asType({ type }: Filling, values: Numbers): Numbers {
  return values.constructor === type ? values : Float64Array.from(values);
}

function widen(filling: Filling): void {
  if (filling.type === Float64Array) return;
  const before = valuesIn(filling.writer.numbers());
  filling.writer = openNumbers(filling.room, Float64Array, filling.total);
  filling.type = Float64Array;
  for (let from = 0; from < before.length; from += PIECE) {
    filling.writer.add(Float64Array.from(before.read(from, Math.min(before.length, from + PIECE))));
  }
}

const PIECE = 2 ** 17;

function addLists(filling: Filling, page: Page, { mostDefinition }: Column): void {
  const { count, definitions, repetitions, values } = page;
  const areAllThere = values.length >= count;
  for (let i = 0; i < count; i++) {
    if (repetitions[i] === 0) {
      endRow(filling);
      filling.rows++;
    } else if (filling.rows === 0) throw new ParquetFault(DAMAGED);
    filling.inRow++;
    if (!areAllThere && definitions[i] !== mostDefinition) {
      throw new ParquetFault(`row ${filling.rows - 1} has no list there, or a list without numbers`);
    }
  }
  filling.writer.add(values);
}

function endRow(filling: Filling): void {
  if (filling.rows === 1) filling.width = filling.inRow;
  if (filling.rows > 1 && filling.inRow !== filling.width) {
    throw new ParquetFault(
      `row ${filling.rows - 1} has ${filling.inRow} numbers, and the rows before it ${filling.width}`,
    );
  }
  filling.inRow = 0;
}
