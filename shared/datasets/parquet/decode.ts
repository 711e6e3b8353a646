/**
 * The values in a page: plain, of a dictionary, in runs, or byte by byte.
 * @module
 */
import { type Numbers, type NumberType, toNumbers } from "@cugro/hdf5";
import type { ColumnType } from "./footer.ts";
import { readRuns } from "./runs.ts";
import { DAMAGED, ParquetFault } from "./thrift.ts";

/** A type that is read. */
export type NumberColumn = Exclude<ColumnType, { other: string }>;

const number = (kind: "float" | "integer", size: 2 | 4 | 8, signed = true) =>
  ({ kind, size, signed, littleEndian: true }) as const;
const TYPES: Readonly<Record<Exclude<NumberColumn, "BOOLEAN">, NumberType>> = {
  INT32: number("integer", 4),
  UINT32: number("integer", 4, false),
  INT64: number("integer", 8),
  UINT64: number("integer", 8, false),
  FLOAT16: number("float", 2),
  FLOAT: number("float", 4),
  DOUBLE: number("float", 8),
};
const ENCODING = { plain: 0, plainDictionary: 2, runs: 3, dictionary: 8, split: 9 };
const NAMES: Readonly<Record<number, string>> = {
  4: "BIT_PACKED",
  5: "DELTA_BINARY_PACKED",
  6: "DELTA_LENGTH_BYTE_ARRAY",
  7: "DELTA_BYTE_ARRAY",
};

/**
 * Whether the type is one of whole numbers.
 *
 * @param type as the file has it
 * @returns true for flags, too
 */
export function isWhole(type: NumberColumn): boolean {
  return type === "BOOLEAN" || TYPES[type].kind === "integer";
}

/**
 * An array for `count` values of the type.
 *
 * @param type as the file has it
 * @param count how many
 * @returns zeros
 */
export function arrayFor(type: NumberColumn, count: number): Numbers {
  if (type === "BOOLEAN") return new Uint8Array(count);
  const { size } = TYPES[type];
  return toNumbers(new Uint8Array(count * size), TYPES[type]);
}

/**
 * `count` values that lie one after the other.
 *
 * @param bytes of the page
 * @param type as the file has it
 * @param count how many
 * @returns an array of its own
 * @throws {ParquetFault} where there are fewer
 */
export function readPlain(bytes: Uint8Array, type: NumberColumn, count: number): Numbers {
  if (type === "BOOLEAN") {
    if (bytes.length < Math.ceil(count / 8)) throw new ParquetFault(DAMAGED);
    return Uint8Array.from({ length: count }, (_, i) => bytes[i >> 3]! >> (i & 7) & 1);
  }
  const size = count * TYPES[type].size;
  if (!(size <= bytes.length)) throw new ParquetFault(DAMAGED);
  const own = new Uint8Array(size);
  own.set(bytes.subarray(0, size));
  return toNumbers(own, TYPES[type]);
}

/**
 * `count` values of a page.
 *
 * @param bytes of the page
 * @param page its encoding, type, number of values, and the dictionary of its piece
 * @returns an array of its own
 * @throws {ParquetFault} for an encoding that is not read, and where there are fewer values
 */
export function readValues(
  bytes: Uint8Array,
  { encoding, type, count, dictionary }: {
    encoding: number;
    type: NumberColumn;
    count: number;
    dictionary: Numbers | undefined;
  },
): Numbers {
  switch (encoding) {
    case ENCODING.plain:
      return readPlain(bytes, type, count);
    case ENCODING.plainDictionary:
    case ENCODING.dictionary:
      return ofDictionary(bytes, count, dictionary);
    case ENCODING.runs:
      if (type !== "BOOLEAN") throw new ParquetFault(DAMAGED);
      // A length of four bytes stands before them.
      return Uint8Array.from(readRuns(bytes.subarray(4), 1, count));
    case ENCODING.split:
      return ofSplitBytes(bytes, type, count);
    default:
      throw new ParquetFault(
        `its encoding ${
          NAMES[encoding] ?? encoding
        } is not read: write the column plainly or with a dictionary`,
      );
  }
}

function ofDictionary(bytes: Uint8Array, count: number, dictionary: Numbers | undefined): Numbers {
  if (count === 0) return new Float64Array(0);
  const [width] = bytes;
  if (!dictionary || width === undefined) throw new ParquetFault(DAMAGED);
  const places = readRuns(bytes.subarray(1), width, count);
  const values = new (dictionary.constructor as Float64ArrayConstructor)(count) as Numbers;
  for (let i = 0; i < count; i++) {
    if (places[i]! >= dictionary.length) throw new ParquetFault(DAMAGED);
    values[i] = dictionary[places[i]!]!;
  }
  return values;
}

function ofSplitBytes(bytes: Uint8Array, type: NumberColumn, count: number): Numbers {
  if (type === "BOOLEAN") throw new ParquetFault(DAMAGED);
  const { size } = TYPES[type];
  if (!(count * size <= bytes.length)) throw new ParquetFault(DAMAGED);
  const own = new Uint8Array(count * size);
  for (let byte = 0; byte < size; byte++) {
    for (let i = 0; i < count; i++) own[i * size + byte] = bytes[byte * count + i]!;
  }
  return toNumbers(own, TYPES[type]);
}
