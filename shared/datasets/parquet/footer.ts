/**
 * A Parquet file's footer: which columns it has, of which type, and where their pieces lie.
 * @module
 */
import type { ByteSource } from "@cugro/hdf5";
import {
  DAMAGED,
  numberOf,
  ParquetFault,
  readStruct,
  type Struct,
  structOf,
  structsOf,
  textOf,
  viewOf,
} from "./thrift.ts";

/** Physical types by their numbers. */
export const PHYSICAL = [
  "BOOLEAN",
  "INT32",
  "INT64",
  "INT96",
  "FLOAT",
  "DOUBLE",
  "BYTE_ARRAY",
  "FIXED_LEN_BYTE_ARRAY",
] as const;
/** A column's type: what is read, or what it is instead. */
export type ColumnType =
  | "BOOLEAN"
  | "INT32"
  | "UINT32"
  | "INT64"
  | "UINT64"
  | "FLOAT16"
  | "FLOAT"
  | "DOUBLE"
  | { other: string };

/** One piece of a column, of one row group. */
export interface Piece {
  codec: number;
  values: number;
  from: number;
  to: number;
}

/** One column of numbers, or of lists of them. */
export interface Column {
  name: string;
  type: ColumnType;
  /** Levels of values that may be absent, and of lists. */
  mostDefinition: number;
  mostRepetition: number;
  pieces: Piece[];
}

/** The contents of the footer. */
export interface Footer {
  rows: number;
  columns: Column[];
  /** Texts beside the data, by their names. */
  texts: Record<string, string>;
}

const MOST_BYTES = 16 * 2 ** 20;
const REPEATED = 2;
const REQUIRED = 0;
const LIST = 3;
const DECIMAL = 5;
const UNSIGNED = [11, 12, 13, 14];

/**
 * Reads the footer.
 *
 * @param source the file
 * @returns rows, columns with their pieces, and texts
 * @throws {ParquetFault} for a file that is cut or damaged
 */
export function readFooter(source: ByteSource): Footer {
  const end = source.size - 8;
  const tail = end >= 4 ? viewOf(source.read(end, source.size)) : undefined;
  if (tail?.getUint32(4, true) !== 0x31524150) {
    throw new ParquetFault("its end is missing: the file is cut short, or still being written");
  }
  const size = tail.getUint32(0, true);
  if (size > end - 4) throw new ParquetFault(DAMAGED);
  if (size > MOST_BYTES) {
    throw new ParquetFault(`its footer takes ${size} bytes: at most ${MOST_BYTES} are read`);
  }
  const top = readStruct({ view: viewOf(source.read(end - size, end)), at: 0, end: size });
  const columns = columnsOf(structsOf(top, 2));
  for (const group of structsOf(top, 4)) addPieces(columns, structsOf(group, 1), end - size);
  return { rows: numberOf(top, 3), columns, texts: textsOf(structsOf(top, 5)) };
}

function textsOf(pairs: readonly Struct[]): Record<string, string> {
  return Object.fromEntries(
    pairs.filter((pair) => pair.has(2)).map((pair) => [textOf(pair.get(1)), textOf(pair.get(2))]),
  );
}

interface Place {
  path: string[];
  inList: boolean;
  definition: number;
  repetition: number;
}

/** The columns: leaves of the schema, which lists a tree's nodes from the top. */
function columnsOf(elements: readonly Struct[]): Column[] {
  const columns: Column[] = [];
  let next = 1;
  const walk = (above: Place, children: number): void => {
    if (above.path.length > 16) throw new ParquetFault(DAMAGED);
    for (let i = 0; i < children; i++) {
      const element = elements[next++];
      if (!element) throw new ParquetFault(DAMAGED);
      const place = placeBelow(above, element);
      const below = numberOf(element, 5, 0);
      if (below > elements.length) throw new ParquetFault(DAMAGED);
      if (below > 0) walk(place, below);
      else columns.push(columnAt(place, element));
    }
  };
  const [root] = elements;
  if (!root) throw new ParquetFault(DAMAGED);
  walk({ path: [], inList: false, definition: 0, repetition: 0 }, numberOf(root, 5, 0));
  return columns;
}

/** Elements of a list have the list's name. */
function placeBelow({ path, inList, definition, repetition }: Place, element: Struct): Place {
  const kind = numberOf(element, 3, REQUIRED);
  const logical = element.get(10);
  const isList = element.get(6) === LIST || (logical instanceof Map && logical.has(3)) || kind === REPEATED;
  return {
    path: inList ? path : [...path, textOf(element.get(4))],
    inList: inList || isList,
    definition: definition + (kind === REQUIRED ? 0 : 1),
    repetition: repetition + (kind === REPEATED ? 1 : 0),
  };
}

function columnAt({ path, definition, repetition }: Place, element: Struct): Column {
  return {
    name: path.join("."),
    type: typeOf(element),
    mostDefinition: definition,
    mostRepetition: repetition,
    pieces: [],
  };
}

function typeOf(element: Struct): ColumnType {
  const physical = PHYSICAL[numberOf(element, 1)];
  const converted = element.get(6);
  const logical = element.get(10);
  const has = (id: number) => logical instanceof Map && logical.has(id);
  if (converted === DECIMAL || has(5)) return { other: "decimal numbers" };
  if (has(15) && physical === "FIXED_LEN_BYTE_ARRAY") {
    return element.get(2) === 2 ? "FLOAT16" : { other: "bytes" };
  }
  if (physical === "INT32" || physical === "INT64") {
    const isUnsigned = typeof converted === "number" && UNSIGNED.includes(converted);
    return isUnsigned ? `U${physical}` : physical;
  }
  if (physical === "BOOLEAN" || physical === "FLOAT" || physical === "DOUBLE") return physical;
  return {
    other: physical === "BYTE_ARRAY"
      ? "text or bytes"
      : physical === undefined
      ? "an unknown type"
      : `${physical}`,
  };
}

function addPieces(columns: readonly Column[], chunks: readonly Struct[], end: number): void {
  if (chunks.length !== columns.length) throw new ParquetFault(DAMAGED);
  for (const [i, chunk] of chunks.entries()) {
    const column = columns[i]!;
    if (chunk.has(1)) column.type = { other: "values in another file" };
    const meta = structOf(chunk, 3);
    const data = numberOf(meta, 9);
    const dictionary = numberOf(meta, 11, 0);
    const from = dictionary > 0 && dictionary < data ? dictionary : data;
    const to = from + numberOf(meta, 7);
    if (!(from >= 4 && to >= from && to <= end)) throw new ParquetFault(DAMAGED);
    const values = numberOf(meta, 5);
    if (!(Number.isSafeInteger(values) && values >= 0)) throw new ParquetFault(DAMAGED);
    column.pieces.push({ codec: numberOf(meta, 4), values, from, to });
  }
}
