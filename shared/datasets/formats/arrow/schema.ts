/**
 * Which columns an Arrow file has, and how many buffers of a batch each of them takes.
 * @module
 */
import { ArrowFault, DAMAGED, numberIn, type Table, tableIn, tablesIn, textIn } from "./flatbuffer.ts";

/** The type of a column of numbers. */
export type NumberKind = { kind: "integer"; bytes: number; signed: boolean } | {
  kind: "float";
  bytes: number;
} | {
  kind: "bits";
};
/** A column, or a part of one. */
export interface Field {
  name: string;
  /** Numbers, lists of as many items, columns side by side, or what it is instead. */
  type: NumberKind | { kind: "list"; size: number } | { kind: "struct" } | { kind: "other" };
  /** Buffers of its own. */
  buffers: number;
  children: Field[];
}

const MOST_DEPTH = 8;
const MOST_FIELDS = 4096;
/** Types by their numbers, with the buffers that a batch has for each; of others no column behind them can be found. */
const BUFFERS: Readonly<Record<number, number>> = {
  ...{
    1: 0,
    2: 2,
    3: 2,
    4: 3,
    5: 3,
    6: 2,
    7: 2,
    8: 2,
    9: 2,
    10: 2,
    11: 2,
    12: 2,
    13: 1,
    15: 2,
    16: 1,
    17: 2,
  },
  ...{ 18: 2, 19: 3, 20: 3, 21: 2 },
};
const TYPE = { integer: 2, float: 3, bits: 6, struct: 13, list: 16 };

/**
 * The columns of a schema.
 *
 * @param schema of the file
 * @returns with their children
 * @throws {ArrowFault} for types that are not known at all
 */
export function fieldsOf(schema: Table): Field[] {
  if (numberIn(schema, 0, 2) !== 0) throw new ArrowFault("its numbers are big-endian, which is not read");
  let left = MOST_FIELDS;
  const read = (table: Table, depth: number): Field => {
    if (depth > MOST_DEPTH || left-- === 0) throw new ArrowFault(DAMAGED);
    const name = textIn(table, 0);
    const type = numberIn(table, 2, 1);
    const buffers = BUFFERS[type];
    // A dictionary's column holds numbers of its entries.
    const isCoded = tableIn(table, 4) !== undefined;
    if (buffers === undefined) throw new ArrowFault(`its column ${name} has a type that is not read`);
    const children = isCoded ? [] : tablesIn(table, 5).map((child) => read(child, depth + 1));
    return {
      name,
      type: isCoded ? { kind: "other" } : typeOf(type, tableIn(table, 3)),
      buffers: isCoded ? 2 : buffers,
      children,
    };
  };
  return tablesIn(schema, 1).map((table) => read(table, 0));
}

function typeOf(type: number, table: Table | undefined): Field["type"] {
  if (type === TYPE.struct) return { kind: "struct" };
  if (type === TYPE.bits) return { kind: "bits" };
  if (!table) return { kind: "other" };
  if (type === TYPE.list) return { kind: "list", size: numberIn(table, 0, 4) };
  if (type === TYPE.float) return { kind: "float", bytes: [2, 4, 8][numberIn(table, 0, 2)] ?? 0 };
  if (type !== TYPE.integer) return { kind: "other" };
  return { kind: "integer", bytes: numberIn(table, 0, 4) / 8, signed: numberIn(table, 1, 1) === 1 };
}
