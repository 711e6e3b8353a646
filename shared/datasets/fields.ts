/**
 * The known fields of a file as equal numbers of rows: chosen, cut and put in order before anything is computed of them.
 * @module
 */
import { DatasetError, type FaultPlace, type RawArray, type RawDataset } from "./dataset.ts";
import type { Numbers } from "@cugro/hdf5";
import { FIELD_NAMES, type FieldName } from "./names.ts";
import { printable } from "./printable.ts";

/** One array, with its name in the file. */
export interface Field extends RawArray {
  name: string;
}

/** What a file holds, row by row. */
export interface Fields {
  file: string;
  /** Rows left: N. */
  size: number;
  found: Partial<Record<FieldName, Field>>;
  /** Row of the file that each row is; undefined: the same. `[N]` */
  rows?: Int32Array;
  /** Rows after which the next one is no successor, known from how the file was read. */
  cuts: ReadonlySet<number>;
}

/** Largest magnitudes that everything computed of them still fits 32 bits: squares of sums over episodes. */
export const LIMITS = { states: 1e12, actions: 1e6, rewards: 1e9, returns: 1e12 } as const;

/**
 * Chooses the fields by their names.
 *
 * @throws {DatasetError} where there are no states, or they are no matrix.
 */
export function findFields(raw: RawDataset, file: string): Fields {
  const found: Fields["found"] = {};
  for (const key of Object.keys(FIELD_NAMES) as FieldName[]) {
    const name = FIELD_NAMES[key].find((candidate) => raw.arrays[candidate] !== undefined);
    if (name === undefined) continue;
    const array = raw.arrays[name]!;
    found[key] = { name, ...array, shape: withoutUnitSides(array.shape) };
  }
  const states = found.states ?? missing(raw, "states", file);
  const [size] = matrixShape(states, file);
  return { file, size, found, cuts: new Set() };
}

/** `[N, 1, S]` of one environment is `[N, S]`. */
function withoutUnitSides(shape: readonly number[]): number[] {
  if (shape.length < 3) return [...shape];
  const sides = shape.slice(1).filter((side) => side !== 1);
  return [shape[0]!, ...sides.length > 0 ? sides : [1]];
}

/** The error of a field that is not there. */
export function missing(raw: RawDataset, key: FieldName, file: string, advice = ""): never {
  const names = (raw.present ?? Object.keys(raw.arrays)).slice(0, 40);
  const present = names.map((name) => printable(name, 40)).join(", ") || "none";
  const fault = `the field is missing; fields present are ${present}${advice}`;
  throw new DatasetError({ file, field: FIELD_NAMES[key][0] }, fault);
}

/** Sizes of a matrix `[rows, columns]`. @throws {DatasetError} where it is none */
export function matrixShape({ shape, name }: Field, file: string): [number, number] {
  const [size, columns] = shape;
  if (shape.length === 2 && size && columns) return [size, columns];
  const fault = "the shape must be [rows, columns] with at least one each";
  throw new DatasetError({ file, field: name, value: `[${shape}]` }, fault);
}

/** Numbers a row: `[N]` and `[N, 1]` have one. @throws {DatasetError} where the rows are others than `size` */
export function columnsOf(fields: Fields, field: Field, columns?: number): number {
  const { shape, name } = field;
  const width = shape.length === 1 ? 1 : shape.length === 2 ? shape[1]! : 0;
  const fileSize = fields.found.states!.shape[0]!;
  if (shape[0] === fileSize && width > 0 && (columns === undefined || width === columns)) return width;
  const wanted = columns === 1
    ? `[${fileSize}] or [${fileSize}, 1]`
    : `[${fileSize}, ${columns ?? "columns"}]`;
  throw new DatasetError(
    { file: fields.file, field: name, value: `[${shape}]` },
    `the shape must be ${wanted}`,
  );
}

/** The place of a value, in the file's own rows. */
export function placeOf(
  fields: Fields,
  field: Field,
  row: number,
  column?: number,
  value?: unknown,
): FaultPlace {
  const place: FaultPlace = { file: fields.file, field: field.name, row: fields.rows?.[row] ?? row };
  if (column !== undefined) place.column = column;
  if (value !== undefined) place.value = value;
  return place;
}

/** The values of a field in the order of the rows, as the file holds them. `[N * columns]` */
export function valuesOf(fields: Fields, field: Field, columns: number): Numbers {
  const { rows } = fields;
  if (!rows) return field.data;
  const values = new (field.data.constructor as Float64ArrayConstructor)(rows.length * columns) as Numbers;
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row]! * columns;
    values.set(field.data.subarray(from, from + columns) as never, row * columns);
  }
  return values;
}

/**
 * A field as float32, `[N * columns]`.
 *
 * @param limit largest magnitude
 * @param skip rows whose values are not used, `[N]`; they become 0
 * @throws {DatasetError} naming the first value that is not finite or too large, as the file holds it
 */
export function floatsOf(
  fields: Fields,
  field: Field,
  columns: number,
  limit: number,
  skip?: Uint8Array,
): Float32Array {
  columnsOf(fields, field, columns);
  const values = valuesOf(fields, field, columns);
  const floats = Float32Array.from(values);
  for (let i = 0; i < floats.length; i++) {
    if (Math.abs(values[i]!) <= limit) continue;
    const row = Math.floor(i / columns);
    if (skip?.[row]) floats[i] = 0;
    else throw unusable(fields, field, row, columns === 1 ? undefined : i % columns, values[i]!, limit);
  }
  return floats;
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

/** A field of 0 and 1, `[N]`. @throws {DatasetError} naming the first other value */
export function flagsOf(fields: Fields, field: Field): Uint8Array {
  columnsOf(fields, field, 1);
  const values = valuesOf(fields, field, 1);
  const row = values.findIndex((value: number) => value !== 0 && value !== 1);
  if (row >= 0) {
    throw new DatasetError(placeOf(fields, field, row, undefined, values[row]), "a flag must be 0 or 1");
  }
  return Uint8Array.from(values);
}

/**
 * Keeps these rows, in this order.
 *
 * @param cuts rows of the result after which the next one is no successor
 */
export function keepRows(fields: Fields, kept: Int32Array, cuts: ReadonlySet<number>): Fields {
  const { rows } = fields;
  return { ...fields, size: kept.length, rows: rows ? kept.map((row) => rows[row]!) : kept, cuts };
}
