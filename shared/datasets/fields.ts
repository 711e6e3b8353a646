/**
 * The known fields of a file as equal numbers of rows: chosen, cut and put in order before anything is computed of them.
 * @module
 */
import { DatasetError, type FaultPlace, type RawArray, type RawDataset } from "./dataset.ts";
import { type Room, roomInMemory } from "./blocks/room.ts";
import { FIELD_NAMES, type FieldName } from "./field_names.ts";
import { printable } from "./printable.ts";

/** One array, with its name in the file. */
export interface Field extends RawArray {
  name: string;
}

/** The fields of a file, row by row. */
export interface Fields {
  file: string;
  /** Rows left: N. */
  size: number;
  found: Partial<Record<FieldName, Field>>;
  /** Row of the file that each row is; undefined: the same. `[N]` */
  rows?: Int32Array;
  /** Rows after which the next one is no successor, known from how the file was read. */
  cuts: ReadonlySet<number>;
  room: Room;
  /** Some rows of fields that were read, as the file holds them (`plausibility/digits.ts`). */
  samples: Map<string, Float64Array>;
}

/** Largest magnitudes that everything computed of them still fits 32 bits: squares of sums over episodes. */
export const LIMITS = { states: 1e12, actions: 1e6, rewards: 1e9, returns: 1e12 } as const;

/**
 * Chooses the fields by their names.
 *
 * @param raw what a reader has found
 * @param file named in errors
 * @param room where matrices are kept
 * @returns fields by what they are
 * @throws {DatasetError} where there are no states, or they are no matrix.
 */
export function findFields(raw: RawDataset, file: string, room: Room = roomInMemory()): Fields {
  const found: Fields["found"] = {};
  for (const key of Object.keys(FIELD_NAMES) as FieldName[]) {
    const name = FIELD_NAMES[key].find((candidate) => raw.arrays[candidate] !== undefined);
    if (name === undefined) continue;
    const array = raw.arrays[name]!;
    found[key] = { name, ...array, shape: withoutUnitSides(array.shape) };
  }
  const states = found.states ?? missing(raw, "states", file);
  const [size] = matrixShape(states, file);
  return { file, size, found, cuts: new Set(), room, samples: new Map() };
}

/** `[N, 1, S]` of one environment is `[N, S]`. */
function withoutUnitSides(shape: readonly number[]): number[] {
  if (shape.length < 3) return [...shape];
  const sides = shape.slice(1).filter((side) => side !== 1);
  return [shape[0]!, ...sides.length > 0 ? sides : [1]];
}

/**
 * The error of a field that is not there.
 *
 * @param key of the field
 * @param orElse what else would do, as the end of a sentence
 * @throws {DatasetError} with the names of the fields that are there
 */
export function missing(raw: RawDataset, key: FieldName, file: string, advice = "", orElse = ""): never {
  const names = (raw.present ?? Object.keys(raw.arrays)).slice(0, 40);
  const present = names.map((name) => printable(name, 40)).join(", ") || "none";
  const ownName = present === "none" || advice
    ? ""
    : `; where it has another name, say which: --map ${FIELD_NAMES[key][0]}=NAME`;
  const fault = `the field is missing; fields present are ${present}${advice || ownName}${orElse}`;
  throw new DatasetError({ file, field: FIELD_NAMES[key][0] }, fault);
}

/**
 * Sizes of a matrix `[rows, columns]`.
 *
 * @param file named in errors
 * @param field with its shape
 * @returns rows and columns, at least one each
 * @throws {DatasetError} where it is none
 */
export function matrixShape({ shape, name }: Field, file: string): [number, number] {
  const [size, columns] = shape;
  if (shape.length === 2 && size && columns) return [size, columns];
  const fault = "the shape must be [rows, columns] with at least one each";
  throw new DatasetError({ file, field: name, value: `[${shape}]` }, fault);
}

/**
 * Numbers a row: `[N]` and `[N, 1]` have one.
 *
 * @param fields of the file, which tell the number of rows
 * @param field with its shape
 * @param columns how many there must be, where that is known
 * @returns numbers in a row
 * @throws {DatasetError} where the rows are others than `size`
 */
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

/**
 * The place of a value, in the file's own rows.
 *
 * @param field of the value
 * @param row as it is now
 * @returns for an error: file, field, row of the file, column and value
 */
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

/**
 * Keeps these rows, in this order.
 *
 * @param fields of the file
 * @param kept places of rows, `[n]`
 * @param cuts rows of the result after which the next one is no successor
 * @returns the same fields with n rows
 */
export function keepRows(fields: Fields, kept: Int32Array, cuts: ReadonlySet<number>): Fields {
  const { rows } = fields;
  const places = rows ? kept.map((row) => rows[row]!) : kept;
  return { ...fields, size: kept.length, rows: places, cuts, samples: new Map() };
}
