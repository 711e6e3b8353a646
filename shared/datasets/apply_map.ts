/**
 * Arrays made of fields that have names of their own: `observations=x,y,angle`.
 * @module
 */
import type { FieldMap } from "@cugro/protocol";
import { DatasetError, type RawArray, type RawDataset } from "./dataset.ts";
import { besideEachOther, type Matrix, nextOf, NO_ROWS, widthOf } from "./formats/matrix.ts";
import { FIELD_NAMES } from "./field_names.ts";
import { printable } from "./printable.ts";

/**
 * Puts the fields side by side, in the order they were named.
 *
 * @param raw what a reader has found
 * @param map names of fields by the array that they make up
 * @param file named in errors
 * @returns with the arrays of the map in place of their fields
 * @throws {DatasetError} naming a field that is not there, is more than a list a row, or has other rows than those
 *   beside it
 */
export function applyMap(raw: RawDataset, map: FieldMap, file: string): RawDataset {
  const arrays = { ...raw.arrays };
  for (const [array, names] of Object.entries(map)) {
    arrays[array] = sideBySide(names.map((name) => [name, namedField(raw, array, name, file)]), file);
  }
  const states = map.observations ?? [];
  const following = states.map((name) => raw.arrays[nextOf(name)]);
  if (states.length > 0 && !map.next_observations && following.every((field) => field !== undefined)) {
    arrays.next_observations = sideBySide(following.map((field, i) => [states[i]!, field]), file);
  }
  // A field mapped to terminals says nothing about time limits.
  const doneFields = map.dones ? [] : FIELD_NAMES.dones.filter((name) => map.terminals?.includes(name));
  for (const name of doneFields) delete arrays[name];
  return { ...raw, arrays };
}

function namedField({ arrays, present }: RawDataset, array: string, field: string, file: string): RawArray {
  if (Object.hasOwn(arrays, field)) return arrays[field]!;
  const names = (present ?? Object.keys(arrays)).slice(0, 40).map((name) => printable(name, 40)).join(", ");
  throw new DatasetError(
    { file, field },
    `${array} are to be made of it, and it is not there; fields present are ${names}`,
  );
}

function sideBySide(fields: readonly [string, RawArray][], file: string): RawArray {
  const [only] = fields;
  if (fields.length === 1) return only![1];
  const columns = fields.map(([field, { shape, data, integer = false }]): Matrix => {
    const width = widthOf(shape);
    if (width === undefined) throw new DatasetError({ file, field, value: `[${shape}]` }, NO_ROWS);
    return { rows: shape[0] ?? 0, width, data, integer };
  });
  const { rows } = columns[0]!;
  const other = columns.findIndex((column) => column.rows !== rows);
  if (other >= 0) {
    const fault = `it must have ${rows} rows, as ${printable(only![0], 100)} has`;
    throw new DatasetError({ file, field: fields[other]![0], value: columns[other]!.rows }, fault);
  }
  const joined = besideEachOther(columns);
  return { shape: [rows, joined.width], data: joined.data, integer: joined.integer };
}
