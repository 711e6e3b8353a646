/**
 * Reads the columns of numbers of a Parquet file: any table by convention, LeRobot's data files among them.
 *
 * Not left to a library: those for JavaScript believe what a page says of itself. A run of two thousand million equal values takes
 * seven bytes, and grows an array until the process is gone; thread and limits do not help against that; a negative length keeps their Snappy going forever.
 * @module
 */
import type { ByteSource } from "@cugro/hdf5";
import { type Room, roomInMemory } from "../blocks/room.ts";
import { DatasetError, type RawArray, type RawDataset } from "../dataset.ts";
import { unpackedLimit } from "../read_limits.ts";
import { readColumn } from "../parquet/column.ts";
import { type Column, type Footer, readFooter } from "../parquet/footer.ts";
import { DAMAGED, ParquetFault } from "../parquet/thrift.ts";
import { arrayOfColumns, chooseColumns } from "./table_columns.ts";
import { attributesOfTexts } from "./text_attributes.ts";

/** Bytes that a number takes at most when it is read: whole ones become float64 where some are absent. */
const numberBytes = ({ type }: Column) => type === "FLOAT" || type === "FLOAT16" ? 4 : 8;

/**
 * Reads the wanted columns; the footer's texts become attributes.
 *
 * @param source the file, of which a page of a column is held at a time
 * @param file name used in errors
 * @param wanted names of arrays, and of further columns
 * @param room where the columns are kept
 * @returns arrays by name, and the texts as attributes
 * @throws {DatasetError} naming the column that is damaged, too large or no numbers
 */
export function readParquet(
  source: ByteSource,
  file: string,
  wanted: ReadonlySet<string>,
  room: Room = roomInMemory(),
): RawDataset {
  const footer = faultsOf({ file }, () => readFooter(source));
  const names = footer.columns.map(({ name }) => name);
  const parts = chooseColumns(names, wanted, file);
  const byName = new Map(footer.columns.map((column) => [column.name, column]));
  const columnOf = (name: string) => byName.get(name)!;
  checkSizes([...parts.values()].flat().map(columnOf), footer, source.size, file);
  const budget = { left: unpackedLimit(source.size), windowBytes: room.blockBytes };
  const place = { source, rows: footer.rows, budget, room };
  const arrays: Record<string, RawArray> = {};
  for (const [array, columns] of parts) {
    arrays[array] = arrayOfColumns(
      columns.map((field) => faultsOf({ file, field }, () => readColumn(columnOf(field), place))),
    );
  }
  const isLerobot = names.includes("observation.state") && names.includes("episode_index");
  const origin = isLerobot ? { origin: "a data file of LeRobot" } : {};
  return { arrays, attributes: attributesOfTexts(footer.texts, file), present: names, ...origin };
}

function faultsOf<T>(place: { file: string; field?: string }, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (!(cause instanceof ParquetFault)) throw cause;
    const whole = cause.message === DAMAGED && place.field === undefined;
    throw new DatasetError(place, whole ? "the Parquet file is damaged or cut short" : cause.message, {
      cause,
    });
  }
}

/** Before anything is allocated; what pages unpack to is counted as they are read. */
function checkSizes(columns: readonly Column[], { rows }: Footer, fileBytes: number, file: string): void {
  let left = unpackedLimit(fileBytes);
  for (const column of columns) {
    const { name: field, pieces, mostRepetition } = column;
    const values = pieces.reduce((sum, piece) => sum + piece.values, 0);
    left -= numberBytes(column) * values;
    if (left < 0) {
      throw new DatasetError(
        { file, field, value: values },
        "it has too many values for a file of this size",
      );
    }
    if (mostRepetition === 0 && values !== rows) {
      throw new DatasetError(
        { file, field, value: values },
        `it must have ${rows} values, as the file has rows`,
      );
    }
  }
}
