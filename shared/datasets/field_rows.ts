/**
 * The rows of a field: read block by block in the order that `fields.ts` put them in, and judged value by value.
 * @module
 */
import { type Numbers, type Values, valuesIn } from "@cugro/hdf5";
import { gather } from "./blocks/gather_rows.ts";
import { openRows, rowsAt } from "./blocks/room.ts";
import { blockRowsOf, type Rows, rowsIn, visitBlocks } from "./blocks/block_rows.ts";
import { DatasetError } from "./dataset.ts";
import { columnsOf, type Field, type Fields, placeOf } from "./fields.ts";

/** Rows `from` up to `to` of a field, as the file holds them, `[to - from, columns]`: to be used before the next call. */
function blockOf(fields: Fields, values: Values, columns: number, from: number, to: number): Numbers {
  const { rows } = fields;
  return rows ? gather(values, columns, rows, { from, to }) : values.read(from * columns, to * columns);
}

/**
 * Visits the values of a field in blocks, in the order of the rows.
 *
 * @param visit false ends it
 */
export function visitField(
  fields: Fields,
  field: Field,
  columns: number,
  visit: (block: Numbers, from: number, to: number) => boolean | void,
): void {
  const values = valuesIn(field.data);
  const blockRows = blockRowsOf(columns, fields.room.blockBytes);
  visitBlocks(
    { size: fields.size, blockRows },
    (from, to) => visit(blockOf(fields, values, columns, from, to), from, to),
  );
}

/**
 * A field of one number a row, in the order of the rows, as the file holds them. `[N]`
 *
 * @param fields of the file
 * @param field of one number a row
 * @returns `[N]`
 */
export function columnOf(fields: Fields, field: Field): Numbers {
  const { data } = field;
  if (!fields.rows && ArrayBuffer.isView(data)) return data;
  const column = new (valuesIn(data).type)(fields.size);
  visitField(fields, field, 1, (block, from) => column.set(block as never, from));
  return column;
}

/** Rows whose values are not used, `[N]`; and those of them that hold something that is no number. */
export interface Unused {
  flags: Uint8Array;
  noNumbers: number[];
}

/**
 * A field as float32.
 *
 * @param fields of the file
 * @param field of `columns` numbers a row
 * @param columns how many
 * @param limit largest magnitude
 * @param unused rows whose values become 0 where they cannot be used
 * @returns `[N, columns]`
 * @throws {DatasetError} naming the first value that is not finite or too large, as the file holds it
 */
export function rowsOf(fields: Fields, field: Field, columns: number, limit: number, unused?: Unused): Rows {
  columnsOf(fields, field, columns);
  const { size, room } = fields;
  const sample = openSample(fields, field, columns);
  const asItIs = rowsOfFile(fields, field, columns);
  if (asItIs) {
    let isUsable = true;
    visitField(fields, field, columns, (block, from, to) => {
      sample(block, from, to);
      return isUsable = firstBeyond(block, limit) < 0;
    });
    if (isUsable) return asItIs;
  }
  const writer = openRows(room, size, columns);
  visitField(fields, field, columns, (block, from, to) => {
    sample(block, from, to);
    const floats = new Float32Array(block);
    for (let at = firstBeyond(block, limit); at >= 0; at = firstBeyond(block, limit, at + 1)) {
      const row = from + Math.floor(at / columns);
      if (!unused?.flags[row]) {
        throw unusable(fields, field, row, columns === 1 ? undefined : at % columns, block[at]!, limit);
      }
      floats[at] = 0;
      if (!Number.isFinite(block[at]) && unused.noNumbers.at(-1) !== row) unused.noNumbers.push(row);
    }
    writer.add(floats);
  });
  return writer.rows();
}

/** The first value from a place on that is not finite or too large; -1: none. */
function firstBeyond(block: Numbers, limit: number, from = 0): number {
  for (let i = from; i < block.length; i++) if (!(Math.abs(block[i]!) <= limit)) return i;
  return -1;
}

/** Rows of float32 that need not be copied: nobody may change them. */
function rowsOfFile({ rows, size, room }: Fields, { data }: Field, columns: number): Rows | undefined {
  const { blockBytes } = room;
  if (rows) return undefined;
  if (data instanceof Float32Array) return rowsIn(data, columns, { blockBytes, isShared: true });
  const { type, place } = valuesIn(data);
  if (type !== Float32Array || !place || !room.openFile) return undefined;
  return rowsAt({ file: room.openFile(place.path), ...place }, { size, columns, blockBytes });
}

/**
 * A field of one number a row as float32, `[N]`.
 *
 * @param fields of the file
 * @param field of one number a row
 * @param limit largest magnitude
 * @returns `[N]`
 * @throws {DatasetError} as {@link rowsOf}
 */
export function floatsOf(fields: Fields, field: Field, limit: number): Float32Array {
  columnsOf(fields, field, 1);
  const floats = new Float32Array(fields.size);
  const sample = openSample(fields, field, 1);
  visitField(fields, field, 1, (block, from, to) => {
    sample(block, from, to);
    const beyond = firstBeyond(block, limit);
    if (beyond >= 0) throw unusable(fields, field, from + beyond, undefined, block[beyond]!, limit);
    floats.set(block, from);
  });
  return floats;
}

const SAMPLES = 4096;

/**
 * The rows of a field's sample, spread evenly over all.
 *
 * @param size rows in all
 * @param i place in the sample
 * @returns a row
 */
export function sampledRow(size: number, i: number): number {
  return Math.floor(i * size / Math.min(size, SAMPLES));
}

/**
 * Keeps a sample of a field while its blocks pass in order.
 *
 * @param fields of the file, which get the sample
 * @param columns numbers in a row
 */
export function openSample(fields: Fields, { name }: Field, columns: number) {
  const { size, samples } = fields;
  const count = Math.min(size, SAMPLES);
  const sample = new Float64Array(count * columns);
  let next = 0;
  return (block: Numbers, from: number, to: number) => {
    if (from === 0) {
      next = 0;
      samples.set(name, sample);
    }
    for (let row = sampledRow(size, next); next < count && row < to; row = sampledRow(size, next)) {
      for (let column = 0; column < columns; column++) {
        sample[next * columns + column] = block[(row - from) * columns + column]!;
      }
      next++;
    }
  };
}

function unusable(
  fields: Fields,
  field: Field,
  row: number,
  column: number | undefined,
  value: number,
  limit: number,
): DatasetError {
  const fault = Number.isFinite(value)
    ? `the value is too large for what is computed from it, at most ${limit}: divide the numbers by a power of ten, or ` +
      "subtract what is common to all (a start time)"
    : "every value must be a finite number";
  return new DatasetError(placeOf(fields, field, row, column, value), fault);
}

/**
 * A field of 0 and 1, `[N]`.
 *
 * @param fields of the file
 * @param field of one number a row
 * @returns `[N]`
 * @throws {DatasetError} naming the first other value
 */
export function flagsOf(fields: Fields, field: Field): Uint8Array {
  columnsOf(fields, field, 1);
  const flags = new Uint8Array(fields.size);
  visitField(fields, field, 1, (block, from) => {
    for (let i = 0; i < block.length; i++) {
      const value = block[i]!;
      if (value === 0 || value === 1) flags[from + i] = value;
      else {throw new DatasetError(
          placeOf(fields, field, from + i, undefined, value),
          "a flag must be 0 or 1",
        );}
    }
  });
  return flags;
}
