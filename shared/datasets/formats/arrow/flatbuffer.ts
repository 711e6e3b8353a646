/**
 * Flatbuffers, as Arrow describes its columns in them: tables of numbered fields, at places that a file names itself. Strangers wrote
 * them: a place outside the file is damage, and lists are as long as the file can hold.
 * @module
 */

/** A sentence about the file. */
export class ArrowFault extends Error {
  override name = "ArrowFault";
}

/** The message where no more is known. */
export const DAMAGED = "its data is damaged; write the file again";

/** Letters of a name; a file could name the same ones in every column. */
const MOST_LETTERS = 4096;

/** A table, or a structure in a list. */
export interface Table {
  view: DataView<ArrayBuffer>;
  at: number;
}

/**
 * The table that a buffer begins with.
 *
 * @param view of the whole buffer
 * @returns where its fields are found
 */
export function rootOf(view: DataView<ArrayBuffer>): Table {
  return { view, at: view.getUint32(0, true) };
}

/** Where a field lies; undefined where the table leaves it out. */
function placeOf({ view, at }: Table, field: number): number | undefined {
  const layout = at - view.getInt32(at, true);
  const slot = 4 + 2 * field;
  const offset = slot < view.getUint16(layout, true) ? view.getUint16(layout + slot, true) : 0;
  return offset === 0 ? undefined : at + offset;
}

/**
 * A whole number of 1, 2, 4 or 8 bytes.
 *
 * @param table that has the field
 * @param field its number
 * @param bytes how many
 * @param otherwise its value where it is left out
 * @returns signed, if it is of 4 or 8 bytes
 */
export function numberIn(table: Table, field: number, bytes: 1 | 2 | 4 | 8, otherwise = 0): number {
  const at = placeOf(table, field);
  if (at === undefined) return otherwise;
  const { view } = table;
  if (bytes === 8) return longAt(view, at);
  return bytes === 4 ? view.getInt32(at, true) : bytes === 2 ? view.getInt16(at, true) : view.getUint8(at);
}

/**
 * A length or a place.
 *
 * @param view of the buffer
 * @param at first byte
 * @returns a whole number
 * @throws {ArrowFault} for one that no file has
 */
export function longAt(view: DataView<ArrayBuffer>, at: number): number {
  const value = Number(view.getBigInt64(at, true));
  if (!Number.isSafeInteger(value) || value < 0) throw new ArrowFault(DAMAGED);
  return value;
}

/**
 * A table inside a table.
 *
 * @param table that has the field
 * @param field its number
 * @returns undefined where it is left out
 */
export function tableIn(table: Table, field: number): Table | undefined {
  const at = placeOf(table, field);
  return at === undefined ? undefined : { view: table.view, at: at + table.view.getUint32(at, true) };
}

/**
 * The beginning and the number of a list's items.
 *
 * @param table that has the field
 * @param field its number
 * @param itemBytes of each; there cannot be more than the file holds
 * @returns the first byte; no items where it is left out
 * @throws {ArrowFault} where there would be more than the buffer holds
 */
export function listIn(table: Table, field: number, itemBytes: number): { at: number; count: number } {
  const list = tableIn(table, field);
  if (!list) return { at: 0, count: 0 };
  const count = list.view.getUint32(list.at, true);
  if (list.at + 4 + count * itemBytes > list.view.byteLength) throw new ArrowFault(DAMAGED);
  return { at: list.at + 4, count };
}

/**
 * Tables in a list.
 *
 * @param table that has the field
 * @param field its number
 * @returns in their order
 */
export function tablesIn(table: Table, field: number): Table[] {
  const { at, count } = listIn(table, field, 4);
  const { view } = table;
  return Array.from(
    { length: count },
    (_, i) => ({ view, at: at + 4 * i + view.getUint32(at + 4 * i, true) }),
  );
}

/**
 * A text.
 *
 * @param table that has the field
 * @param field its number
 * @returns empty where it is left out
 * @throws {ArrowFault} for one that is too long
 */
export function textIn(table: Table, field: number): string {
  const { at, count } = listIn(table, field, 1);
  if (count > MOST_LETTERS) throw new ArrowFault(DAMAGED);
  const { view } = table;
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, count));
}
