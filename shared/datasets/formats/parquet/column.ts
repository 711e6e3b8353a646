/**
 * A column's pages put together: one number a row, or a list of as many numbers in each.
 * @module
 */
import type { Numbers } from "@cugro/hdf5";
import { type Matrix, NO_ROWS } from "../matrix.ts";
import { arrayFor, isWhole, type NumberColumn } from "./decode.ts";
import type { Column } from "./footer.ts";
import { type Budget, type Page, pagesOf } from "./pages.ts";
import { DAMAGED, ParquetFault } from "./thrift.ts";

/** Values as they are filled in, and rows of lists as they are counted. */
interface Filling {
  values: Numbers;
  filled: number;
  rows: number;
  inRow: number;
  /** Numbers of the first row's list. */
  width: number;
}

/**
 * Reads a column; numbers that are absent become NaN.
 *
 * @param rows of the whole file
 * @throws {ParquetFault} naming the row whose list has another length
 */
export function readColumn(
  view: DataView<ArrayBuffer>,
  rows: number,
  column: Column,
  budget: Budget,
): Matrix {
  if (column.mostRepetition > 1) throw new ParquetFault(NO_ROWS);
  if (typeof column.type === "object") throw new ParquetFault(`it holds ${column.type.other} and no numbers`);
  const { type, pieces } = column;
  const total = pieces.reduce((sum, { values }) => sum + values, 0);
  const filling: Filling = { values: arrayFor(type, total), filled: 0, rows: 0, inRow: 0, width: 0 };
  const add = column.mostRepetition > 0 ? addLists : addNumbers;
  for (const piece of pieces) {
    for (const page of pagesOf(view, column, type, piece, budget)) add(filling, page, column, type);
  }
  if (column.mostRepetition > 0) endRow(filling);
  const width = column.mostRepetition > 0 ? filling.width : 1;
  if (filling.filled !== total || total !== rows * width) throw new ParquetFault(DAMAGED);
  return { rows, width, data: filling.values, integer: isWhole(type) };
}

function addNumbers(filling: Filling, page: Page, { mostDefinition }: Column, type: NumberColumn): void {
  const { count, definitions, values } = page;
  if (values.length === count) {
    filling.values.set(values as never, filling.filled);
  } else {
    if (isWhole(type)) filling.values = Float64Array.from(filling.values);
    for (let i = 0, next = 0; i < count; i++) {
      filling.values[filling.filled + i] = definitions[i] === mostDefinition ? values[next++]! : NaN;
    }
  }
  filling.filled += count;
}

function addLists(filling: Filling, page: Page, { mostDefinition }: Column): void {
  const { count, definitions, repetitions, values } = page;
  for (let i = 0; i < count; i++) {
    if (repetitions[i] === 0) endRow(filling);
    else if (filling.rows === 0) throw new ParquetFault(DAMAGED);
    if (repetitions[i] === 0) filling.rows++;
    filling.inRow++;
    if (values.length < count && definitions[i] !== mostDefinition) {
      throw new ParquetFault(`row ${filling.rows - 1} has no list there, or a list without numbers`);
    }
  }
  filling.values.set(values as never, filling.filled);
  filling.filled += count;
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
